/// Reads pictures of any format this package knows.
public enum ImageFile {
  /// Largest decoded picture in bytes: 1 GiB.
  static let byteLimit = 1 << 30
  /// Largest picture file in bytes: 1 GiB.
  static let fileLimit = 1 << 30

  /// Reads a PNG or JPEG file or a `.npy` picture; the bytes decide which, not the name.
  ///
  /// - Throws: ``DatasetError`` if it is missing, damaged, or of another format.
  public static func read(
    _ path: String, channelCount: Int? = 3
  ) throws(DatasetError) -> RasterImage {
    try decode(try bytes(of: path), channelCount: channelCount, name: path)
  }

  /// All bytes of a picture's file.
  ///
  /// - Throws: ``DatasetError`` if it is missing or too large.
  static func bytes(of path: String) throws(DatasetError) -> [UInt8] {
    let file = try InputFile(path: path)
    guard file.byteCount <= fileLimit else {
      throw .tooLarge(file: path, byteCount: file.byteCount, limit: fileLimit)
    }
    return try file.bytes(in: 0..<file.byteCount)
  }

  /// Decodes the bytes of a PNG or JPEG file or a `.npy` picture.
  ///
  /// - Throws: ``DatasetError`` if they are damaged or of another format.
  public static func decode(
    _ bytes: [UInt8], channelCount: Int? = 3, name: String
  ) throws(DatasetError) -> RasterImage {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
      return try PNG.decode(bytes, channelCount: channelCount, name: name)
    }
    if bytes.starts(with: [0xFF, 0xD8]) {
      return try JPEG.decode(bytes, channelCount: channelCount, name: name)
    }
    if bytes.starts(with: [0x93] + Array("NUMPY".utf8)) {
      return try decodeArray(bytes, name: name)
    }
    throw .unsupported(
      file: name, format: "image", reason: "it is \(FileKind(start: Array(bytes.prefix(512))))")
  }

  /// A NumPy array of bytes, `[1, 3, height, width]`, as some copies of CelebA-HQ keep pictures.
  private static func decodeArray(
    _ bytes: [UInt8], name: String
  ) throws(DatasetError) -> RasterImage {
    let array = try NPYArray(
      BytesStream(bytes, name: name), byteCount: bytes.count, memoryLimit: byteLimit)
    guard array.dataType == .uint8 else {
      throw .typeMismatch(
        file: name, array: "picture", expected: "uint8", found: array.dataType.name)
    }
    let shape = array.shape
    guard shape.count == 4, shape[0] == 1, shape[1] == 3, array.count > 0 else {
      throw .shapeMismatch(
        file: name, array: "picture", expected: [1, 3, 1024, 1024], found: shape)
    }
    let planeSize = shape[2] * shape[3]
    var pixels = [UInt8](repeating: 0, count: array.count)
    for place in 0..<planeSize {
      for channel in 0..<3 {
        pixels[3 * place + channel] = array.bytes[channel * planeSize + place]
      }
    }
    return RasterImage(height: shape[2], width: shape[3], channelCount: 3, pixels: pixels)
  }
}
