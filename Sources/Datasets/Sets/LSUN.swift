/// LSUN's bedrooms: an LMDB database of encoded pictures, or a copy as a folder or an archive.
enum LSUN {
  private static let database = "bedroom_train_lmdb"

  static let bedrooms = RemoteFile(
    "\(database).zip", ["http://dl.yf.io/lsun/scenes/bedroom_train_lmdb.zip"], role: "pictures",
    places: [.init(database, "official database"), .init("lsun/\(database)", "official database")]
      + ["copy", "bedroom_train", "lsun_bedrooms256", "lsun_bedroom", "bedroom"].map {
        .init($0, "exported pictures")
      }
      + ["copy.zip", "bedroom_train.zip", "lsun_bedroom.zip", "lsunbedroom.zip"].map {
        .init($0, "exported pictures in a zip")
      }
      + [.init("\(database).zip", "official archive")])

  /// Opens the database, or the copy that is there.
  static func open(
    folder: String, request: PictureRequest
  ) throws(DatasetError) -> any ImageDataset {
    let place = bedrooms.found(in: folder) ?? .init(database, "official database")
    let path = "\(folder)/\(place.path)"
    guard !bedrooms.isOriginal(place) else {
      throw .unsupported(
        file: path, format: "LSUN",
        reason: "a database inside an archive cannot be read at any place; unpack it where it lies")
    }
    let source = try Pictures.open(path)
    guard place.layout.hasPrefix("exported") else {
      return try PictureDataset(source, request, cacheFolder: "\(folder)/cache")
    }
    let copy = try request.ofCopy("copy", storedSide: source.storedSide(), file: path)
    return try PictureDataset(source, copy, cacheFolder: "\(folder)/cache")
  }
}
