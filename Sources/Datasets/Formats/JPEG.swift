internal import CJPEG

/// Reads JPEG pictures through libjpeg.
public enum JPEG {
  /// The decoder's library and version; pixels can differ between decoders by a level or two.
  public static var decoderName: String { String(cString: cjpeg_version()) }

  /// Decodes a JPEG file's bytes, baseline or progressive, grey, YCbCr, RGB, CMYK or YCCK.
  ///
  /// Pixels are those of libjpeg's defaults (accurate integer DCT, triangle chroma filter), which
  /// Pillow uses too. A truncated or corrupt file is an error even where libjpeg only warns, an odd header is
  /// not.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - channelCount: 1 (grey files only) or 3 channels; nil for whichever the file has.
  ///   - appliesOrientation: Turns the picture as its EXIF block says; Pillow's `open` does not.
  ///   - name: What errors call the file.
  /// - Returns: The picture.
  /// - Throws: ``DatasetError/malformed(file:format:reason:)``.
  public static func decode(
    _ bytes: [UInt8], channelCount: Int? = 3, appliesOrientation: Bool = false, name: String
  ) throws(DatasetError) -> RasterImage {
    var image = cjpeg_image()
    var message = [CChar](repeating: 0, count: 256)
    let status = bytes.withUnsafeBufferPointer {
      cjpeg_decode(
        $0.baseAddress, $0.count, UInt32(channelCount ?? 0), ImageFile.byteLimit, &image, &message,
        message.count)
    }
    guard status == 0 else {
      let text = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      throw .malformed(file: name, format: "JPEG", reason: String(decoding: text, as: UTF8.self))
    }
    defer { cjpeg_free(image.pixels) }
    let count = Int(image.width) * Int(image.height) * Int(image.channels)
    let decoded = RasterImage(
      height: Int(image.height), width: Int(image.width), channelCount: Int(image.channels),
      pixels: Array(UnsafeBufferPointer(start: image.pixels, count: count)))
    return appliesOrientation ? decoded.oriented(Int(image.orientation)) : decoded
  }
}

extension RasterImage {
  /// The picture turned and mirrored as an EXIF orientation, 1 to 8, asks for.
  func oriented(_ orientation: Int) -> RasterImage {
    guard (2...8).contains(orientation) else { return self }
    let swapsAxes = orientation >= 5
    let newHeight = swapsAxes ? width : height
    let newWidth = swapsAxes ? height : width
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count)
    for y in 0..<newHeight {
      for x in 0..<newWidth {
        let (row, column) = swapsAxes ? (x, y) : (y, x)
        // 2 mirrors, 3 turns by 180, 4 flips, 5 transposes, 6 turns right, 7 transverses, 8 left.
        let flipsRow = [3, 4, 6, 7].contains(orientation)
        let flipsColumn = [2, 3, 7, 8].contains(orientation)
        let sourceRow = flipsRow ? height - 1 - row : row
        let sourceColumn = flipsColumn ? width - 1 - column : column
        let start = (sourceRow * width + sourceColumn) * channelCount
        result += pixels[start..<start + channelCount]
      }
    }
    return RasterImage(
      height: newHeight, width: newWidth, channelCount: channelCount, pixels: result)
  }
}
