import Glibc

/// A file mapped into memory for reading; only the pages touched take memory.
final class MappedFile: Sendable {
  let path: String
  let byteCount: Int
  // Never changes after the initialiser and points to read-only memory.
  private nonisolated(unsafe) let base: UnsafeRawPointer

  /// Maps a file that is not empty.
  init(path: String) throws(DatasetError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .reading(path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .reading(path) }
    guard status.st_mode & S_IFMT == S_IFREG && status.st_size > 0 else {
      throw .cannotRead(path: path, reason: "it is empty or not a regular file")
    }
    let size = Int(status.st_size)
    guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
      address != MAP_FAILED
    else { throw .reading(path) }
    self.path = path
    byteCount = size
    base = UnsafeRawPointer(address)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }

  /// Copies bytes that must lie inside the file.
  func copy(from offset: Int, into buffer: UnsafeMutableRawBufferPointer) {
    precondition(
      offset >= 0 && buffer.count <= byteCount - offset,
      "bytes \(offset)+\(buffer.count) of \(byteCount)")
    guard let target = buffer.baseAddress else { return }
    target.copyMemory(from: base + offset, byteCount: buffer.count)
  }
}
