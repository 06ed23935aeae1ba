import BenchSupport
import FoundationEssentials
import Glibc

extension FileLock {
  /// Waits until the lock at `path` is free and takes it.
  static func waiting(for path: String) throws(DatasetError) -> FileLock {
    do throws(FileError) { return try FileLock(waitingFor: path) } catch {
      throw DatasetError(error)
    }
  }
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
  do throws(FileError) { try createFolder(path) } catch { throw DatasetError(error) }
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

/// The path from the root of the file system.
func absolutePath(_ path: String) -> String {
  path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
}

/// The part of a path after the last slash.
func lastComponent(_ path: String) -> String {
  path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
}
