/// Reads an LMDB database (`data.mdb`): its keys in order and where their values lie.
///
/// A reader of our own, because liblmdb maps the file and trusts every offset in it: a damaged
/// download would end the process. It reads the main database of a 64-bit little-endian file without
/// duplicate keys: meta pages, branch pages, leaf pages and overflow pages, as laid out in LMDB 0.9's
/// `mdb.c`. Every offset is checked, and no page is visited twice.
package final class LMDBFile: Sendable {
  /// One key and the place of its value.
  package struct Entry: Sendable {
    package let key: [UInt8]
    let valueOffset: Int
    let valueCount: Int
  }

  private static let headerByteCount = 16
  private let file: InputFile
  private let pageByteCount: Int
  /// The database's entries, in the order of their keys.
  package let entries: [Entry]

  /// Opens `data.mdb`, or the folder that holds it, and reads all keys.
  package init(path: String) throws(DatasetError) {
    let inside = "\(path)/data.mdb"
    let file = try InputFile(path: isFolder(path) ? inside : path)
    var tree = try LMDBTree(file)
    try tree.walk()
    self.file = file
    pageByteCount = tree.pageByteCount
    entries = tree.entries
  }

  /// The bytes stored for an entry.
  package func value(of entry: Entry) throws(DatasetError) -> [UInt8] {
    try file.bytes(in: entry.valueOffset..<entry.valueOffset + entry.valueCount)
  }
}

/// The B+tree of an LMDB file.
private struct LMDBTree {
  private(set) var entries: [LMDBFile.Entry] = []
  let pageByteCount: Int
  private let file: InputFile
  private let root: UInt64
  private let entryCount: Int
  private let pageCount: Int
  private var visited: Set<Int> = []

  private struct Meta {
    let pageByteCount: Int
    let transaction: UInt64
    let entryCount: Int
    let root: UInt64
    let hasDuplicates: Bool
  }

  init(_ file: InputFile) throws(DatasetError) {
    self.file = file
    let first = try Self.meta(file, at: 0)
    // The second copy lies one page on; the one of the later transaction counts.
    let second = try? Self.meta(file, at: first.pageByteCount)
    let meta = second.map { $0.transaction > first.transaction ? $0 : first } ?? first
    guard !meta.hasDuplicates else {
      throw .unsupported(file: file.path, format: "LMDB", reason: "its keys have several values")
    }
    pageByteCount = first.pageByteCount
    pageCount = file.byteCount / first.pageByteCount
    root = meta.root
    entryCount = meta.entryCount
    // A leaf spends at least 10 bytes on an entry.
    guard entryCount <= file.byteCount / 10 else {
      throw malformed("it claims \(entryCount) entries")
    }
  }

  private static func meta(_ file: InputFile, at offset: Int) throws(DatasetError) -> Meta {
    let bytes = try file.bytes(in: offset..<offset + 152)
    var reader = ByteReader(bytes[...], file: file.path, format: "LMDB")
    try reader.skip(16)
    guard try reader.integer(UInt32.self) == 0xBEEF_C0DE else {
      throw reader.malformed("it does not begin with LMDB's magic number")
    }
    guard try reader.integer(UInt32.self) == 1 else {
      throw .unsupported(file: file.path, format: "LMDB", reason: "its version is not 1")
    }
    try reader.skip(16)
    let pageByteCount = Int(try reader.integer(UInt32.self))
    guard (512...65_536).contains(pageByteCount), pageByteCount & (pageByteCount - 1) == 0 else {
      throw reader.malformed("pages of \(pageByteCount) bytes")
    }
    try reader.skip(44)
    try reader.skip(4)
    let flags = try reader.integer(UInt16.self)
    try reader.skip(26)
    let entryCount = try reader.count(UInt64.self)
    let root = try reader.integer(UInt64.self)
    try reader.skip(8)
    return Meta(
      pageByteCount: pageByteCount, transaction: try reader.integer(UInt64.self),
      entryCount: entryCount, root: root, hasDuplicates: flags & 0x04 != 0)
  }

  /// Collects all entries, leaf after leaf.
  mutating func walk() throws(DatasetError) {
    // All bits set: an empty database.
    guard root != .max else {
      guard entryCount == 0 else { throw malformed("it has entries but no pages") }
      return
    }
    try visit(root, depth: 0)
    guard entries.count == entryCount else {
      throw malformed("it has \(entries.count) entries where its header says \(entryCount)")
    }
  }

  private mutating func visit(_ number: UInt64, depth: Int) throws(DatasetError) {
    guard let number = Int(exactly: number), number < pageCount, depth < 64 else {
      throw malformed("page \(number) does not exist")
    }
    guard visited.insert(number).inserted else { throw malformed("page \(number) is used twice") }
    let start = number * pageByteCount
    let page = try file.bytes(in: start..<start + pageByteCount)
    let flags = Self.short(page, 10)
    let lower = Self.short(page, 12)
    guard lower >= 16, lower <= pageByteCount, lower % 2 == 0 else {
      throw malformed("page \(number) is damaged")
    }
    let isLeaf = flags & 0x02 != 0
    guard isLeaf != (flags & 0x01 != 0), flags & 0x20 == 0 else {
      throw malformed("page \(number) is of an unexpected kind")
    }
    for place in stride(from: 16, to: lower, by: 2) {
      let node = Self.short(page, place)
      guard node >= lower, node + 8 <= pageByteCount else {
        throw malformed("page \(number) is damaged")
      }
      if isLeaf {
        entries.append(try entry(page, node, pageStart: start))
        guard entries.count <= entryCount else { throw malformed("it has too many entries") }
      } else {
        let child =
          UInt64(Self.short(page, node)) | UInt64(Self.short(page, node + 2)) << 16
          | UInt64(Self.short(page, node + 4)) << 32
        try visit(child, depth: depth + 1)
      }
    }
  }

  private func entry(
    _ page: [UInt8], _ node: Int, pageStart: Int
  ) throws(DatasetError) -> LMDBFile.Entry {
    let valueCount = Self.short(page, node) | Self.short(page, node + 2) << 16
    let flags = Self.short(page, node + 4)
    let keyEnd = node + 8 + Self.short(page, node + 6)
    guard keyEnd <= pageByteCount, flags & ~0x01 == 0 else {
      throw malformed("an entry is damaged or of an unexpected kind")
    }
    let key = Array(page[(node + 8)..<keyEnd])
    guard flags & 0x01 != 0 else {
      guard valueCount <= pageByteCount - keyEnd else { throw malformed("a value is cut off") }
      return LMDBFile.Entry(
        key: key, valueOffset: pageStart + keyEnd, valueCount: valueCount)
    }
    // The value lies on overflow pages of its own.
    guard keyEnd + 8 <= pageByteCount else { throw malformed("an entry is cut off") }
    let number = (0..<8).reduce(UInt64(0)) { $0 | UInt64(page[keyEnd + $1]) << UInt64(8 * $1) }
    guard let first = Int(exactly: number), first < pageCount,
      valueCount <= file.byteCount - first * pageByteCount - 16
    else { throw malformed("a value lies beyond the end of the file") }
    let header = try file.bytes(in: first * pageByteCount..<first * pageByteCount + 16)
    guard Self.short(header, 10) & 0x04 != 0 else { throw malformed("a value's page is damaged") }
    return LMDBFile.Entry(
      key: key, valueOffset: first * pageByteCount + 16, valueCount: valueCount)
  }

  private static func short(_ bytes: [UInt8], _ offset: Int) -> Int {
    Int(bytes[offset]) | Int(bytes[offset + 1]) << 8
  }

  private func malformed(_ reason: String) -> DatasetError {
    .malformed(file: file.path, format: "LMDB", reason: reason)
  }
}
