internal import CTIFF

/// Reads TIFF pictures through libtiff.
enum TIFF {
  /// Decodes a file of one picture, turned as its orientation tag says, which Pillow does too.
  ///
  /// - Returns: A grey or RGB picture.
  /// - Throws: ``DatasetError`` if it is damaged, has several pages or uses what is not read.
  static func decode(_ bytes: [UInt8], name: String) throws(DatasetError) -> RasterImage {
    var image = ctiff_image()
    var message = [CChar](repeating: 0, count: 256)
    let status = bytes.withUnsafeBufferPointer {
      ctiff_decode($0.baseAddress, $0.count, ImageFile.byteLimit, &image, &message, message.count)
    }
    guard status == 0 else {
      throw .decoding(name, "TIFF", isMalformed: status == 1, message)
    }
    defer { ctiff_free(image.pixels) }
    let (height, width) = (Int(image.height), Int(image.width))
    let count = height * width * Int(image.channels)
    return RasterImage(
      height: height, width: width, channelCount: Int(image.channels),
      pixels: Array(UnsafeBufferPointer(start: image.pixels, count: count))
    ).oriented(Int(image.orientation))
  }
}
