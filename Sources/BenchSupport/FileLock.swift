import Glibc

/// An advisory lock between processes (`flock`), held on a file of its own.
///
/// It is free again when the value goes out of scope or the process ends, however it ends. The file
/// says which process holds the lock.
public struct FileLock: ~Copyable, Sendable {
  private let path: String
  private let descriptor: Int32

  /// Waits until the lock at `path` is free and takes it.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)`` if the file cannot be made or locked.
  public init(waitingFor path: String) throws(FileError) {
    self.path = path
    descriptor = try Self.locked(path, LOCK_EX)
  }

  /// Takes the lock at `path`; nil if it is not free.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)`` if the file cannot be made or locked.
  public init?(ifFree path: String) throws(FileError) {
    let descriptor = try Self.locked(path, LOCK_EX | LOCK_NB)
    guard descriptor >= 0 else { return nil }
    self.path = path
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Lets the lock go at the end of the scope that calls this.
  ///
  /// - Parameter removingFile: Also removes the file, also while others wait for it.
  public borrowing func release(removingFile: Bool = false) {
    if removingFile { unlink(path) }
    flock(descriptor, LOCK_UN)
  }

  /// Whether a process holds the lock at `path`.
  public static func isTaken(_ path: String) -> Bool {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  /// Who holds the lock at `path`, as its holder wrote it, for instance `process 12`.
  public static func owner(of path: String) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "another process" }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    return count > 0 ? String(decoding: bytes.prefix(count), as: UTF8.self) : "another process"
  }

  /// The locked file, or -1 if it is not free and `operation` does not wait.
  private static func locked(_ path: String, _ operation: Int32) throws(FileError) -> Int32 {
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else { throw error(path) }
      while flock(descriptor, operation) != 0 {
        if errno == EINTR { continue }
        let error = errno == EWOULDBLOCK ? nil : error(path)
        close(descriptor)
        guard let error else { return -1 }
        throw error
      }
      // The holder before may have removed the file. Whoever comes next makes a new one and locks that:
      // a lock on the old one would exclude nobody.
      guard isAt(path, descriptor) else {
        close(descriptor)
        continue
      }
      let text = Array("process \(getpid())".utf8)
      ftruncate(descriptor, 0)
      _ = pwrite(descriptor, text, text.count, 0)
      return descriptor
    }
  }

  /// Whether an open file is the one that has the name `path` now.
  private static func isAt(_ path: String, _ descriptor: Int32) -> Bool {
    var (named, opened) = (stat(), stat())
    return stat(path, &named) == 0 && fstat(descriptor, &opened) == 0
      && named.st_dev == opened.st_dev && named.st_ino == opened.st_ino
  }

  private static func error(_ path: String) -> FileError {
    .cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }
}
