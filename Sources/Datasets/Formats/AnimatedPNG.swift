import BenchSupport
internal import CZlibShims

/// Writes animated PNG files, which every browser plays.
///
/// A frame's picture is encoded as an ordinary PNG and its data is carried over into the animation's
/// chunks: *Portable Network Graphics (Third Edition)*, W3C 2025, §11.3.6 (`acTL`, `fcTL`, `fdAT`).
public enum AnimatedPNG {
  /// Encodes frames of one shape, played in a loop.
  ///
  /// - Parameters:
  ///   - frames: The pictures, at least one.
  ///   - milliseconds: How long each is shown.
  /// - Returns: The file.
  public static func encode(_ frames: [RasterImage], milliseconds: Int) -> [UInt8] {
    precondition(!frames.isEmpty, "an animation without frames")
    precondition(
      frames.allSatisfy { $0.shape == frames[0].shape }, "frames of different shapes")
    let first = chunks(PNG.encode(frames[0]))
    guard let header = first.first(where: { $0.type == "IHDR" }) else {
      preconditionFailure("a PNG without IHDR")
    }
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", header.data)
    file += chunk("acTL", bytes(UInt32(frames.count)) + bytes(UInt32(0)))
    var sequence: UInt32 = 0
    for (index, frame) in frames.enumerated() {
      let control =
        bytes(sequence) + bytes(UInt32(frame.width)) + bytes(UInt32(frame.height))
        + bytes(UInt32(0)) + bytes(UInt32(0)) + bytes(UInt16(milliseconds)) + bytes(UInt16(1000))
        + [0, 0]
      file += chunk("fcTL", control)
      sequence += 1
      let parts = index == 0 ? first : chunks(PNG.encode(frame))
      for part in parts where part.type == "IDAT" {
        if index == 0 {
          file += chunk("IDAT", part.data)
        } else {
          file += chunk("fdAT", bytes(sequence) + part.data)
          sequence += 1
        }
      }
    }
    return file + chunk("IEND", [])
  }

  /// Writes an animation that appears whole or not at all.
  ///
  /// - Throws: ``DatasetError/cannotWrite(path:reason:)``.
  public static func write(_ frames: [RasterImage], milliseconds: Int, to path: String)
    throws(DatasetError)
  {
    do {
      try AtomicFile.write(encode(frames, milliseconds: milliseconds), to: path)
    } catch {
      throw DatasetError(error)
    }
  }

  private static func chunks(_ file: [UInt8]) -> [(type: String, data: [UInt8])] {
    var chunks: [(String, [UInt8])] = []
    var offset = 8
    while offset + 12 <= file.count {
      let length = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
      let type = String(decoding: file[offset + 4..<offset + 8], as: UTF8.self)
      chunks.append((type, Array(file[offset + 8..<offset + 8 + length])))
      offset += 12 + length
    }
    return chunks
  }

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(type.utf8) + data
    let checksum = body.withUnsafeBytes { czlib_crc32(0, $0.baseAddress, $0.count) }
    return bytes(UInt32(data.count)) + body + bytes(checksum)
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
  }
}
