import FoundationEssentials

/// A fresh folder that is deleted when the value goes out of scope.
package struct TemporaryFolder: ~Copyable {
  /// The folder's path, without a trailing slash.
  package let path: String

  /// Creates the folder.
  package init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("bench-test-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}
