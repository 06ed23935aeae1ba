/// The directory at the end of a ZIP archive.
struct ZIPDirectory {
  private let file: InputFile
  private let memberCount: Int
  private let range: Range<Int>

  /// Finds the directory of `file`.
  init(_ file: InputFile) throws(DatasetError) {
    self.file = file
    func malformed(_ reason: String) -> DatasetError {
      .malformed(file: file.path, format: "ZIP", reason: reason)
    }
    // The end record is 22 bytes and a comment of at most 65,535.
    let tailStart = max(0, file.byteCount - 22 - 65_535)
    let tail = try file.bytes(in: tailStart..<file.byteCount)
    guard let end = Self.endRecord(in: tail) else {
      let start = try file.bytes(in: 0..<min(512, file.byteCount))
      if FileKind(start: start) != .zip,
        let error = DatasetError.otherKind(file: file.path, expected: "a ZIP archive", start: start)
      {
        throw error
      }
      throw malformed("it has no end-of-archive record")
    }
    var reader = ByteReader(tail[end...], file: file.path, format: "ZIP")
    try reader.skip(4)
    let disk = try reader.integer(UInt16.self)
    let directoryDisk = try reader.integer(UInt16.self)
    try reader.skip(2)
    var count = Int(try reader.integer(UInt16.self))
    var size = Int(try reader.integer(UInt32.self))
    var offset = Int(try reader.integer(UInt32.self))
    if count == 0xFFFF || size == 0xFFFF_FFFF || offset == 0xFFFF_FFFF,
      let large = try Self.largeEndRecord(file, before: tailStart + end)
    {
      (count, size, offset) = large
    } else {
      guard (disk == 0 || disk == 0xFFFF) && directoryDisk == disk else {
        throw .unsupported(
          file: file.path, format: "ZIP", reason: "it is one part of an archive in several parts")
      }
    }
    guard offset <= file.byteCount && size <= file.byteCount - offset && count <= size / 46 else {
      throw malformed("its directory does not lie inside the file")
    }
    memberCount = count
    range = offset..<offset + size
  }

  private static func endRecord(in tail: [UInt8]) -> Int? {
    guard tail.count >= 22 else { return nil }
    return (0...tail.count - 22).reversed().first { start in
      tail[start] == 0x50 && tail[start + 1] == 0x4b && tail[start + 2] == 5
        && tail[start + 3] == 6
        && start + 22 + Int(tail[start + 20]) + Int(tail[start + 21]) << 8 == tail.count
    }
  }

  /// The ZIP64 record that holds what does not fit the ordinary one.
  private static func largeEndRecord(
    _ file: InputFile, before end: Int
  ) throws(DatasetError) -> (count: Int, size: Int, offset: Int)? {
    guard end >= 20 else { return nil }
    let bytes = try file.bytes(in: end - 20..<end)
    var locator = ByteReader(bytes[...], file: file.path, format: "ZIP")
    guard try locator.integer(UInt32.self) == 0x0706_4b50 else { return nil }
    try locator.skip(4)
    let place = try locator.count(UInt64.self)
    guard place <= file.byteCount - 56 else {
      throw locator.malformed("its ZIP64 record does not lie inside the file")
    }
    let recordBytes = try file.bytes(in: place..<place + 56)
    var record = ByteReader(recordBytes[...], file: file.path, format: "ZIP")
    guard try record.integer(UInt32.self) == 0x0606_4b50 else {
      throw record.malformed("it has no ZIP64 record where one should be")
    }
    try record.skip(28)
    let count = try record.count(UInt64.self)
    let size = try record.count(UInt64.self)
    let offset = try record.count(UInt64.self)
    return (count, size, offset)
  }

  /// The archive's files, in the order of the directory.
  func members() throws(DatasetError) -> [ZIPArchive.Member] {
    let bytes = try file.bytes(in: range)
    var reader = ByteReader(bytes[...], file: file.path, format: "ZIP")
    var members: [ZIPArchive.Member] = []
    members.reserveCapacity(memberCount)
    for _ in 0..<memberCount {
      if let member = try member(&reader) { members.append(member) }
    }
    try checkDisjoint(members)
    return members
  }

  /// One directory entry; nil for a folder.
  private func member(_ reader: inout ByteReader) throws(DatasetError) -> ZIPArchive.Member? {
    guard try reader.integer(UInt32.self) == 0x0201_4b50 else {
      throw reader.malformed("its directory is damaged")
    }
    try reader.skip(4)
    let flags = try reader.integer(UInt16.self)
    let method = try reader.integer(UInt16.self)
    try reader.skip(4)
    let checksum = try reader.integer(UInt32.self)
    var compressed = Int(try reader.integer(UInt32.self))
    var size = Int(try reader.integer(UInt32.self))
    let nameLength = Int(try reader.integer(UInt16.self))
    let extraLength = Int(try reader.integer(UInt16.self))
    let commentLength = Int(try reader.integer(UInt16.self))
    try reader.skip(8)
    var offset = Int(try reader.integer(UInt32.self))
    let name = String(decoding: try reader.take(nameLength), as: UTF8.self)
    let extra = try reader.take(extraLength)
    try reader.skip(commentLength)
    try readLargeSizes(extra, &size, &compressed, &offset)
    if name.hasSuffix("/") { return nil }

    guard flags & 1 == 0 else { throw unsupported(name, "is encrypted") }
    guard method == 0 || method == 8 else {
      throw unsupported(
        name, "uses compression method \(method); only stored and deflated are read")
    }
    guard offset <= file.byteCount - 30 && compressed <= file.byteCount - offset - 30 else {
      throw reader.malformed("member '\(name)' does not lie inside the file")
    }
    guard method == 8 || size == compressed else {
      throw reader.malformed("member '\(name)' has two different lengths")
    }
    // Deflate cannot expand by more than 1,032: a larger claim only asks for memory.
    guard size / 1032 <= compressed else {
      throw reader.malformed("member '\(name)' claims more bytes than its data can hold")
    }
    return ZIPArchive.Member(
      name: name, compressedCount: compressed, byteCount: size, isDeflated: method == 8,
      checksum: checksum, headerOffset: offset)
  }

  /// Replaces the sizes that did not fit 32 bits by those of the ZIP64 extra field.
  private func readLargeSizes(
    _ extra: ArraySlice<UInt8>, _ size: inout Int, _ compressed: inout Int, _ offset: inout Int
  ) throws(DatasetError) {
    guard size == 0xFFFF_FFFF || compressed == 0xFFFF_FFFF || offset == 0xFFFF_FFFF else { return }
    var fields = ByteReader(extra, file: file.path, format: "ZIP")
    while fields.remaining >= 4 {
      let identifier = try fields.integer(UInt16.self)
      let body = try fields.take(Int(try fields.integer(UInt16.self)))
      guard identifier == 1 else { continue }
      var large = ByteReader(body, file: file.path, format: "ZIP")
      if size == 0xFFFF_FFFF { size = try large.count(UInt64.self) }
      if compressed == 0xFFFF_FFFF { compressed = try large.count(UInt64.self) }
      if offset == 0xFFFF_FFFF { offset = try large.count(UInt64.self) }
      return
    }
  }

  /// Members that share bytes are how small archives unpack to huge ones.
  private func checkDisjoint(_ members: [ZIPArchive.Member]) throws(DatasetError) {
    let ordered = members.sorted { $0.headerOffset < $1.headerOffset }
    for (first, second) in zip(ordered, ordered.dropFirst()) {
      guard first.headerOffset + 30 + first.compressedCount <= second.headerOffset else {
        throw .malformed(
          file: file.path, format: "ZIP",
          reason: "members '\(first.name)' and '\(second.name)' overlap")
      }
    }
  }

  private func unsupported(_ name: String, _ reason: String) -> DatasetError {
    .unsupported(file: file.path, format: "ZIP", reason: "member '\(name)' \(reason)")
  }
}
