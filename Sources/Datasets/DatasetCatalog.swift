import BenchSupport

/// Every dataset by name.
public enum DatasetCatalog {
  /// The datasets that can be opened by name, in the order they are listed.
  public static let entries: [DatasetEntry] = [.scenes3D]

  /// The names of ``entries``.
  public static var names: [String] { entries.map(\.name) }

  /// The dataset of that name.
  ///
  /// - Throws: ``DatasetError/unknownDataset(name:near:)`` with the nearest names.
  public static func entry(_ name: String) throws(DatasetError) -> DatasetEntry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      throw .unknownDataset(name: name, near: nearestNames(to: name, in: names))
    }
    return entry
  }

  /// Opens a dataset.
  ///
  /// - Parameters:
  ///   - name: One of ``names``.
  ///   - dataDirectory: The folder that holds one folder per dataset.
  /// - Returns: The dataset, ready to be read.
  /// - Throws: ``DatasetError`` if the name is unknown, or the files are missing or not what they
  ///   should be.
  public static func open(
    _ name: String, dataDirectory: String
  ) throws(DatasetError) -> any ImageDataset {
    try entry(name).open(dataDirectory)
  }
}

/// What is known about a dataset without opening it.
public struct DatasetEntry: Sendable {
  /// The name in the catalog.
  public let name: String
  /// One line that says what the images show.
  public let summary: String
  /// Opens the dataset from a data folder.
  let open: @Sendable (_ dataDirectory: String) throws(DatasetError) -> any ImageDataset
}

extension DatasetEntry {
  /// The built-in scenes, which need no files.
  static let scenes3D = DatasetEntry(
    name: "scenes3d", summary: "Built-in rendered rooms with one object; six factors."
  ) { (_) throws(DatasetError) in Scenes3D() }
}
