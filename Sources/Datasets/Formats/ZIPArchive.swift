internal import CZlibShims

/// A ZIP archive, whose members are read without unpacking it to disk.
///
/// Reads stored and deflated members and ZIP64 (PKWARE's APPNOTE.TXT 6.3.10). Refused by name:
/// encryption, other compressions, archives in several parts, members that overlap, and members
/// that claim to be larger than their compressed bytes can hold.
package final class ZIPArchive: Sendable {
  /// One member of the archive.
  package struct Member: Sendable, Equatable {
    /// The name as stored; may contain folders.
    package let name: String
    /// Bytes in the archive.
    let compressedCount: Int
    /// Bytes after decompression.
    package let byteCount: Int
    let isDeflated: Bool
    let checksum: UInt32
    let headerOffset: Int
  }

  let file: InputFile
  /// The members in the order of the archive's directory; folders are left out.
  package let members: [Member]
  private let indices: [String: Int]

  /// Opens an archive and reads its directory.
  package init(path: String) throws(DatasetError) {
    file = try InputFile(path: path)
    let directory = try ZIPDirectory(file)
    members = try directory.members()
    var indices: [String: Int] = [:]
    for (index, member) in members.enumerated() {
      guard indices.updateValue(index, forKey: member.name) == nil else {
        throw .malformed(
          file: path, format: "ZIP", reason: "two members are named '\(member.name)'")
      }
    }
    self.indices = indices
  }

  /// The member of that name, if there is one.
  package func member(_ name: String) -> Member? { indices[name].map { members[$0] } }

  /// Where the member's compressed bytes lie in the file.
  func dataRange(of member: Member) throws(DatasetError) -> Range<Int> {
    let header = try file.bytes(in: member.headerOffset..<member.headerOffset + 30)
    var reader = ByteReader(header[...], file: file.path, format: "ZIP")
    guard try reader.integer(UInt32.self) == 0x0403_4b50 else {
      throw reader.malformed("member '\(member.name)' has no header at its place")
    }
    try reader.skip(22)
    let nameLength = Int(try reader.integer(UInt16.self))
    let extraLength = Int(try reader.integer(UInt16.self))
    let start = member.headerOffset + 30 + nameLength + extraLength
    guard file.byteCount - start >= member.compressedCount else {
      throw reader.malformed("member '\(member.name)' ends beyond the end of the file")
    }
    return start..<start + member.compressedCount
  }

  /// The member's decompressed bytes; its length and checksum are verified when the end is read.
  func stream(_ member: Member) throws(DatasetError) -> some ByteStream {
    let name = "\(file.path):\(member.name)"
    let stored = FileStream(file, range: try dataRange(of: member), name: name)
    let source: any ByteStream =
      member.isDeflated ? try InflatingStream(stored, .raw) : stored
    return CheckedStream(source, byteCount: member.byteCount, checksum: member.checksum)
  }

  /// All bytes of a member, decompressed and verified.
  package func contents(of member: Member) throws(DatasetError) -> [UInt8] {
    let stream = try stream(member)
    let bytes = try stream.readExactly(member.byteCount)
    try stream.finish()
    return bytes
  }
}

extension ByteStream {
  /// Reads to the end, so that what is verified there has been verified; nothing may be left.
  func finish() throws(DatasetError) {
    var byte: [UInt8] = [0]
    let count = try byte.withMutableBytes { (buffer) throws(DatasetError) in
      try read(into: buffer)
    }
    guard count == 0 else {
      throw .malformed(
        file: name, format: "archive member", reason: "it is longer than its contents")
    }
  }
}

/// A stream whose length and CRC-32 are known and are checked where it ends.
private final class CheckedStream: ByteStream {
  let name: String
  private let source: any ByteStream
  private let checksum: UInt32
  private var remaining: Int
  private var running: UInt32 = 0

  init(_ source: any ByteStream, byteCount: Int, checksum: UInt32) {
    self.source = source
    self.checksum = checksum
    name = source.name
    remaining = byteCount
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    // One byte more than is left shows a member that is longer than it claims.
    let wanted = min(buffer.count, remaining == 0 ? 1 : remaining)
    let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    guard count <= remaining else { throw malformed("it is longer than its directory entry says") }
    guard count > 0 else {
      guard remaining == 0 else { throw malformed("it is \(remaining) bytes too short") }
      guard running == checksum else { throw malformed("its checksum (CRC-32) is wrong") }
      return 0
    }
    running = czlib_crc32(running, buffer.baseAddress, count)
    remaining -= count
    return count
  }

  private func malformed(_ reason: String) -> DatasetError {
    .malformed(file: name, format: "ZIP", reason: reason)
  }
}
