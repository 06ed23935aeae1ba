import BenchSupport

/// Every dataset by name.
public enum DatasetCatalog {
  /// The datasets that can be opened by name, in the order they are listed.
  public static let entries: [DatasetEntry] =
    [.scenes3D, .shapes3D, .dSprites] + MPI3D.Version.allCases.map { .mpi3D($0) }

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
    try entry(name).open(dataDirectory: dataDirectory)
  }
}
