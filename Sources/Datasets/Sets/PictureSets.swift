/// Pictures that are no dataset of the catalog.
enum PictureSets {
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
}
