import FoundationEssentials

/// Creates a folder for what is about to be written, with the folders above it.
///
/// - Throws: `FileError/cannotWrite(path:reason:)`.
public func createFolder(_ path: String) throws(FileError) {
  do {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  } catch {
    throw .cannotWrite(path: path, reason: "the folder cannot be created")
  }
}
