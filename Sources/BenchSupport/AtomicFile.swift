import FoundationEssentials
import Glibc

/// Files that appear whole or not at all.
public enum AtomicFile {
  /// Writes `data` to `path`: to a temporary file beside it, synced, then renamed over it.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)``; what was at `path` before is then untouched.
  ///   ``FileError/writtenInPart(path:reason:)`` if the new file is there but may not survive a crash.
  public static func write(_ data: some Sequence<UInt8>, to path: String) throws(FileError) {
    let temporary = "\(path).tmp-\(getpid())"
    // Of a process of the same number that was killed.
    unlink(temporary)
    do {
      try writeSynced(Array(data), to: temporary)
    } catch {
      throw .cannotWrite(path: path, reason: error.reason)
    }
    do {
      try rename(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Renames a file or folder and syncs the folder it lies in, so that the new name survives a crash.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)`` if it still has its old name,
  ///   ``FileError/writtenInPart(path:reason:)`` if it has the new one but may not survive a crash.
  public static func rename(_ source: String, to target: String) throws(FileError) {
    guard Glibc.rename(source, target) == 0 else { throw writeError(target) }
    do {
      try syncFolder(of: target)
    } catch {
      throw .writtenInPart(path: target, reason: "its folder cannot be synced: \(error.reason)")
    }
  }

  /// Adds `bytes` to the end of a file, which is created if need be; one process at a time may.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)`` if nothing was added,
  ///   ``FileError/writtenInPart(path:reason:)`` if a part was and cannot be taken back.
  public static func append(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0o644)
    guard descriptor >= 0 else { throw writeError(path) }
    let end = lseek(descriptor, 0, SEEK_END)
    do {
      try write(bytes, to: descriptor, path)
    } catch {
      // A line that is cut off would be read as a damaged one.
      let isUndone = end >= 0 && ftruncate(descriptor, end) == 0
      close(descriptor)
      throw isUndone ? error : .writtenInPart(path: path, reason: error.reason)
    }
    // Network file systems may say only now that there was no room.
    guard close(descriptor) == 0 else {
      throw .writtenInPart(path: path, reason: String(cString: strerror(errno)))
    }
  }

  /// Writes `bytes` to a new file and waits until they are on the disk.
  ///
  /// - Throws: ``FileError/cannotWrite(path:reason:)`` if they are not, or if there is a file of that
  ///   name already; nothing is then left of it.
  public static func writeSynced(_ bytes: [UInt8], to path: String) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw writeError(path) }
    do throws(FileError) {
      try write(bytes, to: descriptor, path)
      guard fsync(descriptor) == 0 else { throw writeError(path) }
    } catch {
      close(descriptor)
      unlink(path)
      throw error
    }
    guard close(descriptor) == 0 else {
      let error = writeError(path)
      unlink(path)
      throw error
    }
  }

  private static func write(
    _ bytes: [UInt8], to descriptor: Int32, _ path: String
  ) throws(FileError) {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
      }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw writeError(path) }
      offset += written
    }
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
