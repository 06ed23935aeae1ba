/// FFHQ: 70,000 faces of 1024×1024, or copies that somebody resized.
enum FFHQ {
  private static let thumbnailPlaces: [RemoteFile.Place] = [
    .init("thumbnails128x128", "official thumbnails"),
    .init("thumbnails128x128.zip", "official thumbnails"),
  ]

  static let pictures = RemoteFile(
    "images1024x1024", [], role: "pictures",
    places: [.init("images1024x1024", "official")]
      + [
        "copy", "ffhq256", "ffhq_256", "ffhq-256", "ffhq256x256", "ffhq-256x256", "images256x256",
        "ffhq512", "images512x512",
      ].map { .init($0, "resized copy") }
      + [
        "copy.zip", "ffhq256.zip", "ffhq-256x256.zip", "ffhq256x256.zip", "ffhq-512x512.zip",
        "ffhq-1024x1024.zip", "ffhq.zip",
      ].map { .init($0, "resized copy in a zip, as StyleGAN's") }
      + thumbnailPlaces,
    pictureCount: 70_000)

  static let thumbnails = RemoteFile(
    "thumbnails128x128", [], role: "pictures", places: thumbnailPlaces, pictureCount: 70_000)

  /// Opens the pictures that a folder has.
  static func open(
    _ file: RemoteFile, folder: String, request: PictureRequest, miniatureCount: Int?
  ) throws(DatasetError) -> any ImageDataset {
    let place = file.found(in: folder) ?? .init(file.path, "official")
    let path = "\(folder)/\(place.path)"
    let files = try Pictures.open(path)
    guard place.layout == "resized copy" || place.layout.hasPrefix("resized copy in") else {
      let source = try NumberedPictures(files)
      try source.require(count: miniatureCount ?? 70_000)
      // The thumbnails by the name of the whole are the dataset of the thumbnails.
      let isOther = place.layout == thumbnailPlaces[0].layout && file.path != thumbnails.path
      let named =
        isOther
        ? request.renamed(
          "ffhq-128\(miniatureCount == nil ? "" : "-miniature")", defaultSide: 128) : request
      return try PictureDataset(source, named, cacheFolder: "\(folder)/cache")
    }
    let side = try files.storedSide()
    let source = try NumberedPictures(
      files,
      notes: [
        "\(path): faces of \(side)×\(side) that somebody resized; how is not known, so scores compare only "
          + "with those on the same copy"
      ])
    try source.require(count: miniatureCount ?? 70_000)
    return try PictureDataset(
      source, request.ofCopy("copy", storedSide: side, file: path), cacheFolder: "\(folder)/cache")
  }
}
