/// Walks through the members of a tar archive, in order, without unpacking it.
///
/// POSIX ustar with GNU and pax long names, and sizes in base 256. Names are only ever compared and
/// listed; nothing is written to them.
package struct TARStream {
  /// One member: its name, and how many bytes of it follow in the stream.
  package struct Member {
    package let name: String
    package let byteCount: Int
    /// Whether it is a file, not a folder, link or device.
    package let isFile: Bool
  }

  /// Longest name that is read; longer ones are refused.
  private static let nameLimit = 1 << 16
  private let stream: any ByteStream
  private var unread = 0
  /// Bytes read so far: where the current member's contents begin.
  private(set) var position = 0

  /// Walks through what `stream` holds.
  init(_ stream: any ByteStream) {
    self.stream = stream
  }

  /// Walks through a file, compressed with gzip or not, whichever its bytes say.
  package init(path: String) throws(DatasetError) {
    let file = try InputFile(path: path)
    let isCompressed = try file.bytes(in: 0..<min(2, file.byteCount)) == [0x1F, 0x8B]
    let plain = FileStream(file)
    stream = isCompressed ? try InflatingStream(plain, .gzip) : plain
  }

  /// The next file, folder or link; nil at the end of the archive.
  package mutating func next() throws(DatasetError) -> Member? {
    try skip(unread)
    unread = 0
    var longName: String?
    var longSize: Int?
    while true {
      guard let header = try nextHeader() else { return nil }
      guard Self.hasValidChecksum(header) else { throw malformed("a header's checksum is wrong") }
      let byteCount = try size(header[124..<136])
      let padded = try padded(byteCount)
      switch header[156] {
      case UInt8(ascii: "L"):
        longName = Self.text(try smallContents(byteCount, padded)[...])
      case UInt8(ascii: "x"):
        let records = Self.paxRecords(try smallContents(byteCount, padded))
        longName = records["path"] ?? longName
        longSize = try records["size"].map { (text) throws(DatasetError) in try decimal(text) }
      case UInt8(ascii: "g"), UInt8(ascii: "K"), UInt8(ascii: "V"):
        try skip(padded)
      default:
        let prefix = Self.isUstar(header) ? Self.text(header[345..<500]) : ""
        let name = Self.text(header[0..<100])
        let count = longSize ?? byteCount
        unread = try self.padded(count)
        return Member(
          name: longName ?? (prefix.isEmpty ? name : "\(prefix)/\(name)"), byteCount: count,
          isFile: header[156] == UInt8(ascii: "0") || header[156] == 0)
      }
    }
  }

  /// The contents of the member that ``next()`` returned last, from its start.
  package mutating func contents(of member: Member, limit: Int) throws(DatasetError) -> [UInt8] {
    guard member.byteCount <= limit else {
      throw .tooLarge(
        file: "\(stream.name):\(member.name)", byteCount: member.byteCount, limit: limit)
    }
    let bytes = try stream.readExactly(member.byteCount)
    unread -= bytes.count
    position += bytes.count
    return bytes
  }

  // MARK: - Headers

  /// The next header that is not empty; nil at the end mark or the end of the stream.
  private mutating func nextHeader() throws(DatasetError) -> [UInt8]? {
    var header = [UInt8](repeating: 0, count: 512)
    var done = 0
    while done < 512 {
      let count = try header.withMutableBytes { (buffer) throws(DatasetError) in
        try stream.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      }
      // Two empty blocks should mark the end; archives without them are in use.
      guard count > 0 else {
        guard done == 0 else { throw malformed("it ends inside a header") }
        return nil
      }
      done += count
    }
    position += 512
    guard header.contains(where: { $0 != 0 }) else {
      try drain()
      return nil
    }
    return header
  }

  /// Reads to the end, where a compressed archive has its checksum.
  private func drain() throws(DatasetError) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var count = 1
    while count > 0 {
      count = try buffer.withMutableBytes { (bytes) throws(DatasetError) in
        try stream.read(into: bytes)
      }
    }
  }

  private mutating func smallContents(
    _ byteCount: Int, _ padded: Int
  ) throws(DatasetError) -> [UInt8] {
    guard byteCount <= Self.nameLimit else {
      throw malformed("an extended header of \(byteCount) bytes")
    }
    let bytes = try stream.readExactly(padded)
    position += padded
    return Array(bytes.prefix(byteCount))
  }

  private mutating func skip(_ count: Int) throws(DatasetError) {
    try stream.skip(count)
    position += count
  }

  /// The whole blocks that a member of `byteCount` bytes takes.
  private func padded(_ byteCount: Int) throws(DatasetError) -> Int {
    let (rounded, overflow) = byteCount.addingReportingOverflow(511)
    guard !overflow else { throw malformed("a member of \(byteCount) bytes") }
    return rounded / 512 * 512
  }

  /// A size: octal digits, or base 256 if the first bit is set.
  private func size(_ field: ArraySlice<UInt8>) throws(DatasetError) -> Int {
    if let first = field.first, first & 0x80 != 0 {
      let value = field.dropFirst().reduce(into: (value: 0, overflow: first != 0x80)) {
        result, byte in
        let (shifted, overflow) = result.value.multipliedReportingOverflow(by: 256)
        result = (shifted | Int(byte), result.overflow || overflow)
      }
      guard !value.overflow, value.value >= 0 else {
        throw malformed("a member's size is impossible")
      }
      return value.value
    }
    let digits = Self.text(field).filter { $0 != " " }
    guard let value = Int(digits.isEmpty ? "0" : digits, radix: 8), value >= 0 else {
      throw malformed("a member's size is not a number")
    }
    return value
  }

  private func decimal(_ text: String) throws(DatasetError) -> Int {
    guard let value = Int(text), value >= 0 else {
      throw malformed("a member's size is not a number")
    }
    return value
  }

  /// The sum of all bytes, those of the checksum itself counted as spaces.
  private static func hasValidChecksum(_ header: [UInt8]) -> Bool {
    let stored = Int(text(header[148..<156]).filter { $0 != " " }, radix: 8)
    let sum = header.indices.reduce(0) { $0 + ((148..<156).contains($1) ? 32 : Int(header[$1])) }
    return stored == sum
  }

  private static func isUstar(_ header: [UInt8]) -> Bool {
    header[257..<262].elementsEqual("ustar".utf8) && header[262] == 0
  }

  /// The text before the first zero byte.
  private static func text(_ field: ArraySlice<UInt8>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Records of the form `length key=value` and a line feed.
  private static func paxRecords(_ bytes: [UInt8]) -> [String: String] {
    var records: [String: String] = [:]
    var rest = bytes[...]
    while let space = rest.firstIndex(of: 32),
      let length = Int(String(decoding: rest[..<space], as: UTF8.self)),
      length > space - rest.startIndex, length <= rest.count
    {
      let record = rest[(space + 1)..<(rest.startIndex + length)].dropLast()
      if let equals = record.firstIndex(of: UInt8(ascii: "=")) {
        let key = String(decoding: record[..<equals], as: UTF8.self)
        records[key] = String(decoding: record[(equals + 1)...], as: UTF8.self)
      }
      rest = rest.dropFirst(length)
    }
    return records
  }

  private func malformed(_ reason: String) -> DatasetError {
    .malformed(file: stream.name, format: "tar", reason: reason)
  }
}
