import BenchSupport
import FoundationEssentials
import Glibc

/// An advisory lock between processes, held on a file of its own.
struct FileLock: ~Copyable {
  private let descriptor: Int32

  /// Waits until the lock at `path` is free and takes it.
  init(_ path: String) throws(DatasetError) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .writing(path) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        let error = DatasetError.writing(path)
        close(descriptor)
        throw error
      }
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Lets the lock go at the end of the scope that calls this.
  borrowing func release() { flock(descriptor, LOCK_UN) }
}

/// Room on the disk.
enum DiskSpace {
  /// Throws unless the file system of `path`'s folder has `byteCount` free bytes.
  static func require(_ byteCount: Int, at path: String) throws(DatasetError) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var status = statvfs()
    guard statvfs(folder.isEmpty ? "/" : folder, &status) == 0 else { throw .writing(path) }
    let free = Int(
      clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        .partialValue)
    guard free >= byteCount else {
      throw .cannotWrite(
        path: path,
        reason: "\(byteText(byteCount)) are needed and \(byteText(free)) are free on that disk")
    }
  }
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws(DatasetError) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw .cannotWrite(path: path, reason: "the folder cannot be made")
  }
}

/// A size for people, for instance `12.7 GB`.
func byteText(_ count: Int) -> String {
  var value = Double(count)
  for unit in ["bytes", "kB", "MB", "GB"] {
    if value < 1000 { return unit == "bytes" ? "\(count) bytes" : "\(value.fixed(1)) \(unit)" }
    value /= 1000
  }
  return "\(value.fixed(1)) TB"
}

/// Whether there is a folder at a path.
func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Whether there is anything at a path.
func exists(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0
}
