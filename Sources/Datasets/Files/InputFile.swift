import Glibc

/// A file open for reading at any position, from any thread.
///
/// Reads go through `pread`, so a file that shrinks while it is open gives an error, not a crash.
final class InputFile: Sendable {
  let path: String
  let byteCount: Int
  private let descriptor: Int32

  /// Opens a regular file.
  init(path: String) throws(DatasetError) {
    // Without O_NONBLOCK a named pipe would be waited for before it can be refused.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .reading(path) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = DatasetError.reading(path)
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .cannotRead(path: path, reason: "it is not a regular file")
    }
    self.path = path
    self.descriptor = descriptor
    byteCount = Int(status.st_size)
  }

  /// A copy of what `stream` holds, in a temporary file that has no name and goes with this object.
  ///
  /// - Parameters:
  ///   - stream: What is copied, to its end.
  ///   - path: What errors call it.
  /// - Throws: ``DatasetError`` if the stream cannot be read or the copy not be written.
  init(unpacking stream: some ByteStream, of path: String) throws(DatasetError) {
    // Not /tmp: where that is memory, an archive may not fit.
    let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    func failure() -> DatasetError {
      .cannotWrite(
        path: folder,
        reason:
          "\(String(cString: strerror(errno))), and \(path) must be unpacked there; point TMPDIR at a folder with room"
      )
    }
    // mkstemp puts characters of its own into the place of six Xs.
    let pattern = String(repeating: "X", count: 6)
    var template = Array("\(folder)/bench-\(pattern)".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw failure() }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
    self.path = path
    self.descriptor = descriptor
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    var written = 0
    while true {
      let count = try buffer.withMutableBytes { (bytes) throws(DatasetError) in
        try stream.read(into: bytes)
      }
      guard count > 0 else { break }
      var done = 0
      while done < count {
        let step = buffer.withUnsafeBytes { bytes in
          let rest = UnsafeRawBufferPointer(rebasing: bytes[done..<count])
          return pwrite(descriptor, rest.baseAddress, rest.count, off_t(written))
        }
        if step < 0 && errno == EINTR { continue }
        guard step > 0 else { throw failure() }
        done += step
        written += step
      }
    }
    byteCount = written
  }

  deinit { close(descriptor) }

  /// Reads up to `buffer.count` bytes at `offset`; 0 only at the end of the file.
  func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(DatasetError) -> Int
  {
    guard buffer.count > 0 else { return 0 }
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(offset))
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw .reading(path) }
      return count
    }
  }

  /// Fills `buffer` from `offset`.
  func readExactly(
    at offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws(DatasetError) {
    var done = 0
    while done < buffer.count {
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = try read(at: offset + done, into: piece)
      guard count > 0 else {
        throw .cannotRead(
          path: path,
          reason:
            "it ends at byte \(offset + done), inside a part that is \(buffer.count) bytes long")
      }
      done += count
    }
  }

  /// The bytes in `range`, which must lie inside the file.
  func bytes(in range: Range<Int>) throws(DatasetError) -> [UInt8] {
    guard range.lowerBound >= 0 && range.upperBound <= byteCount else {
      throw .cannotRead(
        path: path,
        reason:
          "it has \(byteCount) bytes, and a part that ends at byte \(range.upperBound) is missing")
    }
    var bytes = [UInt8](repeating: 0, count: range.count)
    try bytes.withMutableBytes { (buffer) throws(DatasetError) in
      try readExactly(at: range.lowerBound, into: buffer)
    }
    return bytes
  }
}

extension DatasetError {
  /// The reading error that `errno` stands for.
  static func reading(_ path: String) -> DatasetError {
    .cannotRead(path: path, reason: String(cString: strerror(errno)))
  }

  /// The writing error that `errno` stands for.
  static func writing(_ path: String) -> DatasetError {
    .cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }
}
