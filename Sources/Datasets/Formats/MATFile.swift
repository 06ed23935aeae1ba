/// A numeric array of a MATLAB file.
package struct MATArray: Equatable {
  /// Sizes of the axes, fastest first: MATLAB stores columns.
  package let shape: [Int]
  /// The type the elements are stored as.
  package let dataType: NPYDataType
  /// The elements, little-endian, first axis fastest.
  package let bytes: [UInt8]
}

/// Reads numeric arrays from MATLAB 5 `.mat` files, plain or compressed, of either byte order.
///
/// *MAT-File Format*, MathWorks, level 5. Cells, structures, objects, sparse and complex arrays are
/// refused if asked for and passed over if not; version 7.3 files are HDF5 and refused as such.
package enum MATFile {
  /// How many bytes one array may take in memory.
  package static let defaultMemoryLimit = 1 << 30

  /// Reads the array called `name`.
  ///
  /// - Throws: ``DatasetError`` if the file is missing or damaged, has no such array, or it is too
  ///   large or not numeric.
  package static func array(
    _ name: String, of path: String, memoryLimit: Int = defaultMemoryLimit
  ) throws(DatasetError) -> MATArray {
    let file = try InputFile(path: path)
    return try array(name, in: FileStream(file), memoryLimit: memoryLimit)
  }

  /// Reads the array called `name` from a file that is part of an archive.
  static func array(
    _ name: String, in stream: any ByteStream, memoryLimit: Int = defaultMemoryLimit
  ) throws(DatasetError) -> MATArray {
    let isBigEndian = try readHeader(stream)
    var parser = MATParser(
      source: stream, isBigEndian: isBigEndian, name: name, memoryLimit: memoryLimit)
    return try parser.find()
  }

  /// Checks the 128 bytes at the start; returns the byte order.
  private static func readHeader(_ stream: any ByteStream) throws(DatasetError) -> Bool {
    let header = try stream.readExactly(128)
    func malformed(_ reason: String) -> DatasetError {
      .malformed(file: stream.name, format: "MATLAB", reason: reason)
    }
    let isBigEndian: Bool
    switch (header[126], header[127]) {
    case (0x49, 0x4D): isBigEndian = false
    case (0x4D, 0x49): isBigEndian = true
    default: throw malformed("it does not begin with MATLAB's header")
    }
    let version = isBigEndian ? [header[124], header[125]] : [header[125], header[124]]
    guard version != [2, 0] else {
      throw .unsupported(
        file: stream.name, format: "MATLAB", reason: "version 7.3 is HDF5; save it with -v7")
    }
    guard version == [1, 0] else { throw malformed("its version is unknown") }
    return isBigEndian
  }
}

/// Walks through the elements of a MATLAB file until it meets the array asked for.
private struct MATParser {
  private struct Tag {
    var type: UInt32
    var byteCount: Int
    /// The data of a small element, which lies inside the tag.
    var small: ArraySlice<UInt8>?
  }

  let source: any ByteStream
  let isBigEndian: Bool
  let name: String
  let memoryLimit: Int
  private var found: [String] = []

  init(source: any ByteStream, isBigEndian: Bool, name: String, memoryLimit: Int) {
    self.source = source
    self.isBigEndian = isBigEndian
    self.name = name
    self.memoryLimit = memoryLimit
  }

  mutating func find() throws(DatasetError) -> MATArray {
    while let start = try nextByte() {
      let tag = try readTag(source, first: start)
      let part = LimitedStream(source, count: tag.byteCount)
      switch tag.type {
      case 14:
        if let array = try matrix(part) { return array }
      case 15:
        let inflated = try InflatingStream(part, .zlib)
        let inner = try readTag(inflated, first: nil)
        guard inner.type == 14 else { throw malformed("a compressed element holds no array") }
        if let array = try matrix(LimitedStream(inflated, count: inner.byteCount)) { return array }
      default: break
      }
      try part.skipRest()
    }
    throw .missingArray(file: source.name, array: name, found: found)
  }

  /// One byte, to see whether the file goes on; nil at its end.
  private func nextByte() throws(DatasetError) -> UInt8? {
    var byte: [UInt8] = [0]
    let count = try byte.withMutableBytes { (buffer) throws(DatasetError) in
      try source.read(into: buffer)
    }
    return count == 0 ? nil : byte[0]
  }

  private func readTag(_ stream: any ByteStream, first: UInt8?) throws(DatasetError) -> Tag {
    let start = first.map { [$0] } ?? []
    let bytes = start + (try stream.readExactly(8 - start.count))
    var reader = reader(bytes[...])
    let word = try reader.integer(UInt32.self)
    let smallCount = Int(word >> 16)
    guard smallCount == 0 else {
      guard smallCount <= 4 else { throw malformed("a small element of \(smallCount) bytes") }
      return Tag(type: word & 0xFFFF, byteCount: smallCount, small: bytes[4..<4 + smallCount])
    }
    return Tag(type: word, byteCount: Int(try reader.integer(UInt32.self)))
  }

  /// An element whose data is small enough to be read at once.
  private func element(
    _ stream: LimitedStream, limit: Int
  ) throws(DatasetError) -> (type: UInt32, bytes: ArraySlice<UInt8>) {
    let tag = try readTag(stream, first: nil)
    if let small = tag.small { return (tag.type, small) }
    guard tag.byteCount <= limit else {
      throw malformed("an element of \(tag.byteCount) bytes where at most \(limit) belong")
    }
    let bytes = try stream.readExactly(tag.byteCount)
    try stream.skip(min(stream.remaining, (8 - tag.byteCount % 8) % 8))
    return (tag.type, bytes[...])
  }

  /// The array in `stream` if it is the one asked for, else nil.
  private mutating func matrix(_ stream: LimitedStream) throws(DatasetError) -> MATArray? {
    let flags = try element(stream, limit: 16)
    guard flags.type == 6, flags.bytes.count >= 4 else { throw malformed("an array has no flags") }
    var flagReader = reader(flags.bytes)
    let flagWord = try flagReader.integer(UInt32.self)
    let dimensions = try element(stream, limit: 4 * 64)
    var sizeReader = reader(dimensions.bytes)
    var shape: [Int] = []
    while sizeReader.remaining >= 4 { shape.append(Int(try sizeReader.integer(Int32.self))) }
    let label = String(decoding: try element(stream, limit: 1 << 16).bytes, as: UTF8.self)
    found.append(label)
    guard label == name else { return nil }

    let arrayClass = flagWord & 0xFF
    guard (6...15).contains(arrayClass), flagWord & 0x800 == 0 else {
      throw .unsupported(
        file: source.name, format: "MATLAB", reason: "'\(name)' is not an array of real numbers")
    }
    guard dimensions.type == 5, let count = checkedProduct(shape), count <= memoryLimit else {
      throw malformed("'\(name)' has the impossible shape \(shape)")
    }
    let tag = try readTag(stream, first: nil)
    guard let type = Self.types[tag.type] else {
      throw malformed("'\(name)' has elements of the unknown type \(tag.type)")
    }
    let byteCount = count * type.byteCount
    guard byteCount <= memoryLimit else {
      throw .tooLarge(file: source.name, byteCount: byteCount, limit: memoryLimit)
    }
    guard tag.byteCount == byteCount else {
      throw malformed("'\(name)' has \(tag.byteCount) bytes where \(shape) needs \(byteCount)")
    }
    var bytes = tag.small.map { Array($0) } ?? []
    if tag.small == nil { bytes = try stream.readExactly(byteCount) }
    if isBigEndian { bytes.swapBytes(inUnitsOf: type.byteCount) }
    // The checksum of a compressed element comes after its last byte.
    try stream.skipRest()
    return MATArray(shape: shape, dataType: type, bytes: bytes)
  }

  private static let types: [UInt32: NPYDataType] = [
    1: .int8, 2: .uint8, 3: .int16, 4: .uint16, 5: .int32, 6: .uint32, 7: .float32, 9: .float64,
    12: .int64, 13: .uint64,
  ]

  private func reader(_ bytes: ArraySlice<UInt8>) -> ByteReader {
    ByteReader(bytes, file: source.name, format: "MATLAB", isBigEndian: isBigEndian)
  }

  private func malformed(_ reason: String) -> DatasetError {
    .malformed(file: source.name, format: "MATLAB", reason: reason)
  }
}

/// The next bytes of another stream, up to a count.
final class LimitedStream: ByteStream {
  let name: String
  private let source: any ByteStream
  private(set) var remaining: Int

  init(_ source: any ByteStream, count: Int) {
    self.source = source
    name = source.name
    remaining = count
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    let wanted = min(buffer.count, remaining)
    guard wanted > 0 else { return 0 }
    let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    remaining -= count
    return count
  }

  /// Reads to the end, so that checks at the end of compressed data are made.
  func skipRest() throws(DatasetError) {
    try skip(remaining)
  }
}
