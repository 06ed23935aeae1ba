/// Opens pictures wherever they lie.
public enum Pictures {
  /// What can be opened, for messages.
  static let kinds = "a folder, .zip, .tar, .tar.gz, LMDB, .npz or .npy of pictures"

  /// The formats of picture files that are read, for people.
  public static var formats: String { PictureEnding.formats }

  /// Endings of the files that can be opened.
  private static let endings = [".zip", ".npz", ".npy", ".tar", ".tar.gz", ".tgz", ".mdb"]

  /// Opens a folder, archive, database or array of pictures; bytes decide which, not the name.
  ///
  /// - Parameters:
  ///   - path: Where it lies.
  ///   - range: What black and white are in arrays of floating point samples, which are refused
  ///     without it.
  /// - Returns: At least one picture.
  /// - Throws: ``DatasetError`` if it is missing, damaged, of another kind or without pictures.
  public static func open(
    _ path: String, range: SampleRange? = nil
  ) throws(DatasetError) -> any PictureSource {
    guard exists(path) else {
      throw .cannotRead(path: path, reason: "there is no such folder or file")
    }
    guard !isFolder(path) else {
      return exists("\(path)/data.mdb")
        ? try LMDBPictures(path: path) : try FolderPictures(below: path)
    }
    let file = try InputFile(path: path)
    let start = try file.bytes(in: 0..<min(512, file.byteCount))
    switch FileKind(start: start) {
    case .zip: return try zip(path, range)
    case .numpy: return try ArrayPictures(npy: path, range: range)
    case .tar, .gzip: return try TARPictures(path: path)
    case .lmdb: return try LMDBPictures(path: path)
    case _ where path.hasSuffix(".tar"): return try TARPictures(path: path)
    default:
      throw .otherKind(file: path, expected: kinds, start: start)
        ?? .unsupported(file: path, format: "dataset", reason: "it is not \(kinds)")
    }
  }

  /// The images of a `.npz` file that may hold other arrays as well; nil if there are none.
  ///
  /// - Throws: ``DatasetError`` if there are and they cannot be read.
  package static func images(
    in archive: NPZArchive, range: SampleRange?
  ) throws(DatasetError) -> (any PictureSource)? {
    try ArrayPictures.images(in: archive, range: range)
  }

  /// Whether a `.npy` file holds images and no features.
  ///
  /// - Throws: ``DatasetError`` if it cannot be read.
  package static func isImages(npy path: String) throws(DatasetError) -> Bool {
    ArrayPictures.isBatch(try NPYHeader(FileStream(InputFile(path: path))).shape)
  }

  private static func zip(
    _ path: String, _ range: SampleRange?
  ) throws(DatasetError) -> any PictureSource {
    let archive = try ZIPArchive(path: path)
    guard holdsArrays(archive) else { return try ZIPPictures(archive) }
    let arrays = try NPZArchive(path: path)
    guard let images = try ArrayPictures.images(in: arrays, range: range) else {
      throw .contentMismatch(
        file: path, expected: "an array of images [N, height, width, 3 or 1]",
        found: arrays.names.isEmpty ? "no arrays" : arrays.names.joined(separator: ", "))
    }
    return images
  }

  /// Whether a ZIP archive is a `.npz` file, whatever its name ends in.
  ///
  /// - Throws: ``DatasetError`` if it cannot be read.
  package static func holdsArrays(zip path: String) throws(DatasetError) -> Bool {
    holdsArrays(try ZIPArchive(path: path))
  }

  private static func holdsArrays(_ archive: ZIPArchive) -> Bool {
    let name = archive.file.path.lowercased()
    guard !name.hasSuffix(".npz") else { return true }
    // Pictures may be arrays in an archive too.
    return !name.hasSuffix(".zip") && !archive.members.isEmpty
      && archive.members.allSatisfy { $0.name.hasSuffix(".npy") }
  }

  /// A name without the ending that says how its pictures are packed.
  package static func nameWithoutEnding(_ name: String) -> String {
    guard let ending = endings.first(where: { name.lowercased().hasSuffix($0) }),
      name.count > ending.count
    else {
      return name
    }
    return String(name.dropLast(ending.count))
  }

  /// Whether a name of a dataset is rather that of a file.
  static func isFileName(_ name: String) -> Bool {
    endings.contains { name.lowercased().hasSuffix($0) }
  }
}
