internal import CZlibShims

/// Bytes read one after another: a file, a part of one, or what it decompresses to.
protocol ByteStream: AnyObject {
  /// What errors call the source.
  var name: String { get }
  /// Reads up to `buffer.count` bytes; 0 only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int
}

extension ByteStream {
  /// Fills `buffer`; fewer bytes are an error.
  func readExactly(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) {
    var done = 0
    while done < buffer.count {
      let count = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[done...]))
      guard count > 0 else {
        throw .cannotRead(
          path: name,
          reason: "it ends after \(done) of \(buffer.count) bytes of a part that must be whole")
      }
      done += count
    }
  }

  /// The next `count` bytes; memory grows with what is really there, not with `count`.
  func readExactly(_ count: Int) throws(DatasetError) -> [UInt8] {
    let piece = 1 << 24
    var bytes: [UInt8] = []
    while bytes.count < count {
      let start = bytes.count
      bytes.append(contentsOf: repeatElement(0, count: min(piece, count - start)))
      try bytes.withMutableBytes { (buffer) throws(DatasetError) in
        try readExactly(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
      }
    }
    return bytes
  }

  /// Reads and drops `count` bytes.
  func skip(_ count: Int) throws(DatasetError) {
    var left = count
    while left > 0 {
      let step = min(left, 1 << 20)
      _ = try readExactly(step)
      left -= step
    }
  }
}

/// A range of a file.
final class FileStream: ByteStream {
  let name: String
  private let file: InputFile
  private var position: Int
  private let end: Int

  /// Streams `range` of `file`, or all of it.
  init(_ file: InputFile, range: Range<Int>? = nil, name: String? = nil) {
    self.file = file
    self.name = name ?? file.path
    position = range?.lowerBound ?? 0
    end = range?.upperBound ?? file.byteCount
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    let wanted = min(buffer.count, end - position)
    guard wanted > 0 else { return 0 }
    let count = try file.read(
      at: position, into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    guard count > 0 else {
      throw .cannotRead(path: file.path, reason: "it ends at byte \(position), before byte \(end)")
    }
    position += count
    return count
  }
}

/// What another stream decompresses to.
final class InflatingStream: ByteStream {
  /// How deflated data is wrapped.
  enum Wrapping { case raw, zlib, gzip }

  let name: String
  private let source: any ByteStream
  private let wrapping: Wrapping
  private let inflater: OpaquePointer
  private var input = [UInt8](repeating: 0, count: 1 << 16)
  private var inputRange = 0..<0
  private var isEnded = false

  /// Decompresses `source`.
  init(_ source: any ByteStream, _ wrapping: Wrapping) throws(DatasetError) {
    self.source = source
    self.wrapping = wrapping
    name = source.name
    let format =
      switch wrapping {
      case .raw: czlib_raw
      case .zlib: czlib_zlib
      case .gzip: czlib_gzip
      }
    guard let inflater = czlib_inflater_create(format) else {
      throw .cannotRead(path: source.name, reason: "there is no memory to decompress it")
    }
    self.inflater = inflater
  }

  deinit { czlib_inflater_free(inflater) }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    guard buffer.count > 0 else { return 0 }
    while !isEnded {
      if inputRange.isEmpty { try refill() }
      var consumed = 0
      var produced = 0
      let status = input.withUnsafeBytes { bytes in
        czlib_inflater_step(
          inflater, bytes.baseAddress.map { $0 + inputRange.lowerBound }, inputRange.count,
          buffer.baseAddress, buffer.count, &consumed, &produced)
      }
      inputRange = inputRange.lowerBound + consumed..<inputRange.upperBound
      switch status {
      case czlib_end: try endMember()
      case czlib_more:
        guard produced > 0 || consumed > 0 else {
          throw malformed("the compressed data does not go on")
        }
      case czlib_no_memory:
        throw .cannotRead(path: name, reason: "there is no memory to decompress it")
      default:
        throw malformed(
          czlib_inflater_message(inflater).map { String(cString: $0) } ?? "corrupt data")
      }
      if produced > 0 { return produced }
    }
    return 0
  }

  /// Gets the next piece of compressed data; its end comes too early here.
  private func refill() throws(DatasetError) {
    guard try fill() else { throw malformed("the compressed data ends too early") }
  }

  private func fill() throws(DatasetError) -> Bool {
    let count = try input.withMutableBytes { (buffer) throws(DatasetError) in
      try source.read(into: buffer)
    }
    inputRange = 0..<count
    return count > 0
  }

  /// A gzip file may have several members, one after another.
  private func endMember() throws(DatasetError) {
    guard wrapping == .gzip else {
      isEnded = true
      return
    }
    if inputRange.isEmpty { isEnded = try !fill() }
    guard !isEnded else { return }
    _ = czlib_inflater_reset(inflater)
  }

  private func malformed(_ reason: String) -> DatasetError {
    .malformed(file: name, format: wrapping == .gzip ? "gzip" : "deflate", reason: reason)
  }
}

/// Bytes that are already in memory.
final class BytesStream: ByteStream {
  let name: String
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8], name: String) {
    rest = bytes[...]
    self.name = name
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int {
    let count = min(buffer.count, rest.count)
    buffer.copyBytes(from: rest.prefix(count))
    rest = rest.dropFirst(count)
    return count
  }
}
