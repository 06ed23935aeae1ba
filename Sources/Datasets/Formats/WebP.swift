internal import CWebP

/// Reads WebP pictures through libwebp.
enum WebP {
  /// Decodes a file of one picture, lossy or lossless, to RGB; alpha is dropped.
  ///
  /// - Throws: ``DatasetError`` if it is damaged or animated.
  static func decode(_ bytes: [UInt8], name: String) throws(DatasetError) -> RasterImage {
    var image = cwebp_image()
    var message = [CChar](repeating: 0, count: 256)
    let status = bytes.withUnsafeBufferPointer {
      cwebp_decode($0.baseAddress, $0.count, ImageFile.byteLimit, &image, &message, message.count)
    }
    guard status == 0 else {
      throw .decoding(name, "WebP", isMalformed: status == 1, message)
    }
    defer { cwebp_free(image.pixels) }
    let (height, width) = (Int(image.height), Int(image.width))
    return RasterImage(
      height: height, width: width, channelCount: 3,
      pixels: Array(UnsafeBufferPointer(start: image.pixels, count: height * width * 3)))
  }
}

extension DatasetError {
  /// What a C decoder says of a file that is damaged, or whole and not read.
  static func decoding(
    _ name: String, _ format: String, isMalformed: Bool, _ message: [CChar]
  ) -> DatasetError {
    let reason = String(
      decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return isMalformed
      ? .malformed(file: name, format: format, reason: reason)
      : .unsupported(file: name, format: format, reason: reason)
  }
}
