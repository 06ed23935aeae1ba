import FoundationEssentials
import Glibc

/// A file or folder of this machine that serves as one of a dataset's files.
struct LocalCopy {
  /// Where it lies.
  let source: String
  /// Where it belongs below the dataset's folder.
  let place: RemoteFile.Place

  /// Finds what serves as `file`.
  ///
  /// - Parameters:
  ///   - file: The dataset's file.
  ///   - mirror: A folder that holds it in any of its places, or is one of them itself, or a file of that name.
  ///   - isOnly: Whether the dataset lacks nothing else, so that a file of any name is meant for it.
  ///   - pictureCount: How many pictures a folder of another name must have to be taken for the file.
  /// - Throws: ``DatasetError`` if a folder cannot be listed.
  init?(
    of file: RemoteFile, in mirror: DatasetEntry.Mirror, isOnly: Bool, pictureCount: Int?
  ) throws(DatasetError) {
    switch mirror {
    case .url: return nil
    case .folder(let folder):
      var path = folder[...]
      while path.count > 1, path.last == "/" { path.removeLast() }
      let folder = String(path)
      if let found = file.found(in: folder),
        let place = file.places.first(where: { found.path.hasSuffix($0.path) })
      {
        self.init(source: "\(folder)/\(found.path)", place: place)
      } else if let place = Self.place(named: lastComponent(folder), of: file) {
        self.init(source: folder, place: place)
      } else if let pictureCount, let place = file.copyFolder,
        try Self.pictureCount(in: folder) == pictureCount
      {
        self.init(source: folder, place: place)
      } else {
        return nil
      }
    case .file(let path):
      if let place = Self.place(named: lastComponent(path), of: file) {
        self.init(source: path, place: place)
      } else if let place = file.copyArchive, path.lowercased().hasSuffix(".zip") {
        self.init(source: path, place: place)
      } else if isOnly, file.pictureCount == nil {
        self.init(source: path, place: file.places.first { $0.path == file.path } ?? file.places[0])
      } else {
        return nil
      }
    }
  }

  private init(source: String, place: RemoteFile.Place) {
    self.source = source
    self.place = place
  }

  private static func place(named name: String, of file: RemoteFile) -> RemoteFile.Place? {
    file.places.first { lastComponent($0.path) == name }
  }

  /// How many pictures a folder holds, itself or in the folders below.
  private static func pictureCount(in folder: String) throws(DatasetError) -> Int {
    do throws(DatasetError) {
      return try Pictures.open(folder).names.count
    } catch DatasetError.contentMismatch { return 0 }
  }

  /// Puts a link to the folder in its place, or copies the file and checks it.
  ///
  /// - Parameters:
  ///   - file: The dataset's file.
  ///   - folder: The dataset's folder.
  ///   - options: Whether progress is shown.
  /// - Returns: Where it lies then.
  /// - Throws: ``DatasetError`` if it cannot be placed or is not what was published.
  func take(
    as file: RemoteFile, into folder: String, options: DownloadOptions
  ) throws(DatasetError) -> DatasetEntry.FetchedFile {
    let target = "\(folder)/\(place.path)"
    if let slash = target.lastIndex(of: "/") { try makeFolder(String(target[..<slash])) }
    guard isFolder(source) else {
      let isOriginal = file.isOriginal(place)
      let expected = isOriginal ? file : RemoteFile(place.path, [])
      try Download(url: source, path: target, expected: expected, options: options)
        .copy(from: source)
      return .init(path: target, state: .fetched(isVerified: expected.checksum != nil))
    }
    guard symlink(absolutePath(source), target) == 0 else { throw .writing(target) }
    return .init(path: target, state: .linked(to: absolutePath(source)))
  }
}

extension RemoteFile {
  /// Where a folder of pictures under another name goes.
  fileprivate var copyFolder: Place? {
    places.first { $0.path == "copy" } ?? places.first { !$0.path.contains(".") }
  }

  /// Where an archive of pictures under another name goes.
  fileprivate var copyArchive: Place? { places.first { $0.path == "copy.zip" } }
}
