import BenchSupport
internal import CPNG

/// Reads and writes PNG pictures through libpng.
public enum PNG {
  /// Decodes a PNG file's bytes.
  ///
  /// Alpha is dropped, not composited; palettes and greys are expanded; 16-bit colour keeps its high
  /// byte and 16-bit grey is clipped, all as Pillow's `convert("RGB")`. No gamma correction.
  ///
  /// - Parameters:
  ///   - bytes: The file.
  ///   - channelCount: 1, 3 or 4 channels; nil for 1 or 3 as the file has it.
  ///   - name: What errors call the file.
  /// - Returns: The picture.
  /// - Throws: ``DatasetError/malformed(file:format:reason:)``.
  public static func decode(
    _ bytes: [UInt8], channelCount: Int? = 3, name: String
  ) throws(DatasetError) -> RasterImage {
    var image = cpng_image()
    var message = [CChar](repeating: 0, count: 256)
    let status = bytes.withUnsafeBufferPointer {
      cpng_decode(
        $0.baseAddress, $0.count, UInt32(channelCount ?? 0), ImageFile.byteLimit, &image, &message,
        message.count)
    }
    guard status == 0 else {
      throw .malformed(file: name, format: "PNG", reason: text(message))
    }
    defer { cpng_free(image.pixels) }
    let count = Int(image.width) * Int(image.height) * Int(image.channels)
    return RasterImage(
      height: Int(image.height), width: Int(image.width), channelCount: Int(image.channels),
      pixels: Array(UnsafeBufferPointer(start: image.pixels, count: count)))
  }

  /// Encodes a picture of 1, 3 or 4 channels; equal pictures give equal bytes.
  public static func encode(_ image: RasterImage) -> [UInt8] {
    precondition(
      [1, 3, 4].contains(image.channelCount) && image.height > 0 && image.width > 0,
      "a picture of \(image.height) x \(image.width) x \(image.channelCount) cannot be a PNG")
    var data: UnsafeMutablePointer<UInt8>?
    var count = 0
    var message = [CChar](repeating: 0, count: 256)
    let status = image.pixels.withUnsafeBufferPointer {
      cpng_encode(
        $0.baseAddress, UInt32(image.width), UInt32(image.height), UInt32(image.channelCount),
        &data, &count, &message, message.count)
    }
    precondition(status == 0, "libpng: \(text(message))")
    defer { cpng_free(data) }
    return Array(UnsafeBufferPointer(start: data, count: count))
  }

  /// Writes a picture as a PNG file that appears whole or not at all.
  ///
  /// - Throws: ``DatasetError/cannotWrite(path:reason:)``.
  public static func write(_ image: RasterImage, to path: String) throws(DatasetError) {
    do { try AtomicFile.write(encode(image), to: path) } catch { throw DatasetError(error) }
  }

  private static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
