import FoundationEssentials

/// The images of a folder, in the order of their paths.
public struct ImageFolder: Sendable, Equatable {
  /// The folder.
  public let path: String
  /// The images' paths, in the order of their bytes.
  public let files: [String]

  /// Endings that pytorch-fid looks for.
  static let endings: Set<String> = [
    "bmp", "jpg", "jpeg", "pgm", "png", "ppm", "tif", "tiff", "webp",
  ]

  /// Lists the images of a folder; if it has none itself, those of the folders in it.
  ///
  /// - Parameter path: The folder.
  /// - Throws: ``GenerationError/noImages(path:reason:)`` if there are none.
  public init(path: String) throws(GenerationError) {
    self.path = path
    let direct: [String]
    var nested: [String] = []
    do {
      direct = try Self.pictures(FileManager.default.contentsOfDirectory(atPath: path), in: path)
      if direct.isEmpty {
        nested = try Self.pictures(FileManager.default.subpathsOfDirectory(atPath: path), in: path)
      }
    } catch {
      throw .noImages(path: path, reason: "it cannot be listed")
    }
    files = direct.isEmpty ? nested : direct
    guard !files.isEmpty else {
      throw .noImages(path: path, reason: "it holds no image files (PNG or JPEG)")
    }
  }

  private static func pictures(_ names: [String], in folder: String) -> [String] {
    names.filter { name in
      guard let dot = name.lastIndex(of: ".") else { return false }
      let ending = name[name.index(after: dot)...].lowercased()
      // Names that begin with a dot are other programs' bookkeeping.
      let isHidden = name.split(separator: "/").last?.hasPrefix(".") == true
      return endings.contains(ending) && !isHidden
    }
    .map { folder.hasSuffix("/") ? folder + $0 : "\(folder)/\($0)" }
    .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
