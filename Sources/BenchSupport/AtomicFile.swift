import FoundationEssentials
import Glibc

/// Files that appear whole or not at all.
public enum AtomicFile {
  /// Writes `data` to `path`: to a temporary file beside it, synced, then renamed over it.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)``; what was at `path` before is then untouched.
  public static func write(_ data: some Sequence<UInt8>, to path: String) throws(FileError) {
    let temporary = "\(path).tmp-\(getpid())"
    do {
      try writeSynced(Array(data), to: temporary)
      try rename(temporary, to: path)
    } catch {
      unlink(temporary)
      throw .cannotWrite(path: path, reason: error.reason)
    }
  }

  /// Renames a file or folder and syncs the folder it lies in, so that the new name survives a crash.
  public static func rename(_ source: String, to target: String) throws(FileError) {
    guard Glibc.rename(source, target) == 0 else { throw writeError(target) }
    try syncFolder(of: target)
  }

  /// Adds `bytes` to the end of a file, which is created if need be.
  public static func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    try write(bytes, to: path, flags: O_APPEND, isSynced: false)
  }

  /// Writes `bytes` to a file of that name and waits until they are on the disk.
  public static func writeSynced(_ bytes: [UInt8], to path: String) throws(FileError) {
    try write(bytes, to: path, flags: O_TRUNC, isSynced: true)
  }

  private static func write(_ bytes: [UInt8], to path: String, flags: Int32, isSynced: Bool)
    throws(FileError)
  {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o644)
    guard descriptor >= 0 else { throw writeError(path) }
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else {
        let error = writeError(path)
        close(descriptor)
        throw error
      }
      offset += written
    }
    let synced = !isSynced || fsync(descriptor) == 0
    let error = writeError(path)
    guard close(descriptor) == 0 && synced else { throw error }
  }

  private static func syncFolder(of path: String) throws(FileError) {
    let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    let name = folder.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : folder
    let descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw writeError(name) }
    defer { close(descriptor) }
    // Some file systems cannot sync a folder and say EINVAL; there is nothing more to do on those.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw writeError(name) }
  }

  private static func writeError(_ path: String) -> FileError {
    .cannotWrite(path: path, reason: String(cString: strerror(errno)))
  }
}

extension FileError {
  /// Why, without the path.
  var reason: String {
    switch self {
    case .cannotRead(_, let reason), .cannotWrite(_, let reason): reason
    }
  }
}
