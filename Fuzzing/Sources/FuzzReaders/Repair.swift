import CFuzzingZlib

/// Makes the checksums of mutated archives right again, as a crafted archive has them.
///
/// Else nearly every mutation ends at the first check, and what lies behind is never tried. Places are
/// found as the readers find them, but nothing of the readers' code is used.
enum Repair {
  /// A tar archive: the checksum of every header.
  static func tar(_ bytes: inout [UInt8]) {
    var next = 0
    for block in stride(from: 0, to: bytes.count - 511, by: 512) {
      let isHeader = bytes[(block + 257)..<(block + 262)].elementsEqual("ustar".utf8)
      guard isHeader || block == next, bytes[block..<(block + 512)].contains(where: { $0 != 0 })
      else { continue }
      var sum = 0
      for place in 0..<512 { sum += (148..<156).contains(place) ? 32 : Int(bytes[block + place]) }
      let digits = String(sum, radix: 8)
      let text = String(repeating: "0", count: 6 - digits.count) + digits + "\0 "
      bytes.replaceSubrange((block + 148)..<(block + 156), with: text.utf8)
      let size = bytes[(block + 124)..<(block + 136)].reduce(0) { size, byte in
        (48...55).contains(byte) ? (size << 3 | Int(byte - 48)) & 0xFFFF_FFFF : size
      }
      next = block + 512 + (size + 511) / 512 * 512
    }
  }

  /// A ZIP archive: the CRC-32 of every member, in the directory at the end.
  static func zip(_ bytes: inout [UInt8]) {
    guard bytes.count >= 22,
      let end = (0...bytes.count - 22).reversed().first(where: {
        bytes[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 5, 6])
      })
    else { return }
    var entry = number(bytes, end + 16, 4)
    while entry + 46 <= end, bytes[entry..<entry + 4].elementsEqual([0x50, 0x4B, 1, 2]) {
      let (method, size) = (number(bytes, entry + 10, 2), number(bytes, entry + 20, 4))
      let local = number(bytes, entry + 42, 4)
      if local + 30 <= bytes.count {
        let start = local + 30 + number(bytes, local + 26, 2) + number(bytes, local + 28, 2)
        if start <= bytes.count, size <= bytes.count - start {
          let stored = Array(bytes[start..<start + size])
          let contents = method == 8 ? inflated(stored, number(bytes, entry + 24, 4)) : stored
          let sum = contents.withUnsafeBufferPointer {
            crc32_z(0, $0.baseAddress, $0.count)
          }
          for place in 0..<4 {
            bytes[entry + 16 + place] = UInt8(truncatingIfNeeded: sum >> (8 * UInt(place)))
          }
        }
      }
      entry +=
        46 + number(bytes, entry + 28, 2) + number(bytes, entry + 30, 2)
        + number(bytes, entry + 32, 2)
    }
  }

  private static func number(_ bytes: [UInt8], _ place: Int, _ count: Int) -> Int {
    bytes[place..<place + count].reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// What raw deflated data unpacks to, up to `size`, 1 MiB or the first error.
  private static func inflated(_ bytes: [UInt8], _ size: Int) -> [UInt8] {
    var input = bytes
    var output = [UInt8](repeating: 0, count: min(size, 1 << 20))
    let count = input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output -> Int in
        var stream = z_stream()
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        guard
          inflateInit2_(
            &stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { return 0 }
        defer { inflateEnd(&stream) }
        _ = inflate(&stream, Z_FINISH)
        return Int(stream.total_out)
      }
    }
    return Array(output.prefix(count))
  }
}
