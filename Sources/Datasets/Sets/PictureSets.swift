/// Datasets that are pictures without factors.
enum PictureSets {
  /// CelebA-HQ: 30,000 faces; `images/` holds `0.jpg` … or taming's `imgHQ00000.npy` …, and
  /// `CelebAMask-HQ-attribute-anno.txt` the attributes if there.
  static func celebAHQ(
    folder: String, request: PictureRequest, miniatureCount: Int?
  ) throws(DatasetError) -> any ImageDataset {
    let source = try FolderPictures(below: "\(folder)/images").sortedByNumber()
    try require(source, count: miniatureCount ?? 30_000)
    let pictures = try PictureDataset(source, request, cacheFolder: "\(folder)/cache")
    let list = "\(folder)/CelebAMask-HQ-attribute-anno.txt"
    guard exists(list) else { return pictures }
    let table = try AttributeTable(path: list, allowsFewerRows: miniatureCount != nil)
    // The list calls pictures `0.jpg`, whatever the copy's files are called.
    let wanted = source.names.map { "\(FolderPictures.number(in: $0) ?? 0).jpg" }
    return AttributePictureDataset(pictures, try table.selecting(wanted, file: list))
  }

  /// FFHQ: 70,000 faces; `images1024x1024/` or `thumbnails128x128/`, in folders of a thousand or not.
  static func ffhq(
    folder: String, inner: String, request: PictureRequest, miniatureCount: Int?
  ) throws(DatasetError) -> any ImageDataset {
    let source = try FolderPictures(below: "\(folder)/\(inner)").sortedByNumber()
    try require(source, count: miniatureCount ?? 70_000)
    return try PictureDataset(source, request, cacheFolder: "\(folder)/cache")
  }

  /// LSUN: an LMDB database of encoded pictures.
  static func lsun(
    folder: String, inner: String, request: PictureRequest
  ) throws(DatasetError) -> any ImageDataset {
    let database = "\(folder)/\(inner)"
    guard exists(database) || !exists("\(database).zip") else {
      throw .unsupported(
        file: "\(database).zip", format: "LSUN",
        reason: "a database inside an archive cannot be read at any place; unpack it where it lies")
    }
    return try PictureDataset(
      try LMDBPictures(path: database), request, cacheFolder: "\(folder)/cache")
  }

  /// Any folder, zip, tar or LMDB of pictures; nothing is written beside it.
  static func folder(
    path: String, request: DatasetRequest, cacheFolder: String
  ) throws(DatasetError) -> any ImageDataset {
    let name = lastComponent(path.hasSuffix("/") ? String(path.dropLast()) : path)
    let label = name == "." || name == ".." || name.isEmpty ? "folder" : name
    let pictures = try PictureRequest(request, name: label, known: PictureProtocol.folder)
    return try PictureDataset(try source(path), pictures, cacheFolder: cacheFolder)
  }

  /// Pictures in a folder or an archive.
  static func source(_ path: String) throws(DatasetError) -> any PictureSource {
    guard exists(path) else {
      throw .cannotRead(path: path, reason: "there is no such folder or archive")
    }
    if exists("\(path)/data.mdb") { return try LMDBPictures(path: path) }
    if isFolder(path) { return try FolderPictures(below: path) }
    if path.hasSuffix(".zip") { return try ZIPPictures(path: path) }
    if path.hasSuffix(".tar") { return try TARPictures(path: path) }
    throw .unsupported(
      file: path, format: "dataset", reason: "it is not a folder, .zip, .tar or LMDB of pictures")
  }

  private static func require(_ source: FolderPictures, count: Int) throws(DatasetError) {
    guard source.names.count == count else {
      throw .contentMismatch(
        file: source.folder, expected: "\(count) pictures", found: "\(source.names.count)")
    }
  }
}

extension FolderPictures {
  /// The digits at the end of a file's name, before its suffix.
  static func number(in name: String) -> Int? {
    let stem = lastComponent(name).prefix { $0 != "." }
    return Int(String(stem.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()))
  }

  /// The same pictures in the order of their numbers: `2.jpg` before `10.jpg`.
  func sortedByNumber() throws(DatasetError) -> FolderPictures {
    var numbered: [(number: Int, name: String)] = []
    for name in names {
      guard let number = Self.number(in: name) else {
        throw .contentMismatch(
          file: "\(folder)/\(name)", expected: "pictures named by their numbers", found: name)
      }
      numbered.append((number, name))
    }
    numbered.sort { ($0.number, $0.name) < ($1.number, $1.name) }
    return FolderPictures(folder: folder, names: numbered.map(\.name))
  }
}
