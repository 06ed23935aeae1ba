/// Pictures that are no dataset of the catalog.
enum PictureSets {
  /// Any folder, archive, LMDB or array of pictures; nothing is written beside it.
  static func folder(
    path: String, request: DatasetRequest, cacheFolder: String
  ) throws(DatasetError) -> any ImageDataset {
    let name = lastComponent(path.hasSuffix("/") ? String(path.dropLast()) : path)
    let label = name == "." || name == ".." || name.isEmpty ? "folder" : name
    let pictures = try PictureRequest(request, name: label, known: PictureProtocol.folder)
    return try PictureDataset(try Pictures.open(path), pictures, cacheFolder: cacheFolder)
  }
}
