/// Reads pictures of any format this package knows.
public enum ImageFile {
  /// Largest decoded picture in bytes: 1 GiB.
  static let byteLimit = 1 << 30
  /// Largest picture file in bytes: 1 GiB.
  static let fileLimit = 1 << 30

  /// Reads a PNG, JPEG, WebP, TIFF, BMP, PNM or GIF file or a `.npy` picture; the bytes decide which, not
  /// the name.
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

  /// Decodes the bytes of a picture.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - channelCount: 1 (grey pictures only) or 3 channels; nil for whichever it has.
  ///   - name: What errors call it.
  /// - Returns: The picture; alpha is dropped.
  /// - Throws: ``DatasetError`` if it is damaged, animated or of another format.
  public static func decode(
    _ bytes: [UInt8], channelCount: Int? = 3, name: String
  ) throws(DatasetError) -> RasterImage {
    let kind = FileKind(start: Array(bytes.prefix(512)))
    switch kind {
    // These decode to the channels that are wanted.
    case .png: return try PNG.decode(bytes, channelCount: channelCount, name: name)
    case .jpeg: return try JPEG.decode(bytes, channelCount: channelCount, name: name)
    default: break
    }
    let image =
      switch kind {
      case .webP: try WebP.decode(bytes, name: name)
      case .tiff: try TIFF.decode(bytes, name: name)
      case .bmp: try BMP.decode(bytes, name: name)
      case .pnm: try PNM.decode(bytes, name: name)
      case .gif: try GIF.decode(bytes, name: name)
      case .numpy: try decodeArray(bytes, name: name)
      default:
        throw DatasetError.unsupported(file: name, format: "image", reason: "it is \(kind)")
      }
    guard let matching = image.converted(to: channelCount) else {
      throw .malformed(
        file: name, format: "image", reason: "it has colours where grey is needed")
    }
    return matching
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
