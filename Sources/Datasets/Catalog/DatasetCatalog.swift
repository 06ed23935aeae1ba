import BenchSupport

/// Every dataset by name.
public enum DatasetCatalog {
  /// The datasets that can be opened by name, in the order they are listed.
  public static let entries = DatasetEntry.withFactors + DatasetEntry.ofPictures

  /// The names of ``entries``.
  public static var names: [String] { entries.map(\.name) }

  /// The dataset of that name; what follows a colon or an at sign is not looked at.
  ///
  /// - Throws: ``DatasetError/unknownDataset(name:near:)`` with the nearest names.
  public static func entry(_ name: String) throws(DatasetError) -> DatasetEntry {
    let base = DatasetRequest(name).base
    guard let entry = entries.first(where: { $0.name == base }) else {
      let other = otherNames[base.lowercased().filter { !"-_ ".contains($0) }]
      throw .unknownDataset(
        name: base, near: other.map { [$0] } ?? nearestNames(to: base, in: names))
    }
    return entry
  }

  /// What other libraries and files call the datasets, without hyphens and underscores.
  private static let otherNames = [
    "3dshapes": "shapes3d", "dspritesfull": "dsprites", "colordsprites": "dsprites-color",
    "noisydsprites": "dsprites-noise", "screamdsprites": "dsprites-scream",
    "imgalignceleba": "celeba", "celebamaskhq": "celebahq", "ffhqdataset": "ffhq",
    "lsun": "lsun-bedroom",
  ]

  /// The path of a folder or a file that a name is, without protocol and side; nil if it is looked up.
  public static func path(_ name: String) -> String? {
    let request = DatasetRequest(name)
    return request.isPath ? request.base : nil
  }

  /// Opens a dataset.
  ///
  /// - Parameters:
  ///   - name: One of ``names``; datasets of pictures also take a protocol and a side, as in
  ///     `celeba:d2c@128`, those with factors a part, as in `scenes3d:train`
  ///     (``FactorSubset/init(_:of:)``). Or the path of a folder, archive,
  ///     LMDB or array of pictures, with a slash or an ending: `./flowers@128`, `batch.npz@64`.
  ///   - dataDirectory: The folder that holds one folder per dataset.
  /// - Returns: The dataset, ready to be read.
  /// - Throws: ``DatasetError`` if the name is unknown, or the files are missing or not what they
  ///   should be.
  public static func open(
    _ name: String, dataDirectory: String
  ) throws(DatasetError) -> any ImageDataset {
    let request = DatasetRequest(name)
    guard request.isPath else {
      return try entry(name).open(request, dataDirectory: dataDirectory)
    }
    // Nothing is written beside the pictures; a path has one cache, whatever it is called by.
    let path = absolutePath(request.base)
    let cache = "\(dataDirectory)/folders/\(Digest.of(Array(path.utf8)).prefix(16))"
    return try PictureSets.folder(path: request.base, request: request, cacheFolder: cache)
  }
}
