/// CelebA-HQ: 30,000 faces, in any of the copies that are handed around, with attributes if their list is there.
enum CelebAHQ {
  private static let imageCount = 30_000
  private static let listName = "CelebAMask-HQ-attribute-anno.txt"

  static let pictures = RemoteFile(
    "images", [], role: "pictures",
    places: [.init("images", "plain")]
      + ["CelebA-HQ-img", "CelebAMask-HQ/CelebA-HQ-img"].map { .init($0, "CelebAMask-HQ") }
      + ["celeba_hq_256", "celebahq256", "celeba-hq-256", "data256x256", "celeba_hq"].map {
        .init($0, "resized copy")
      }
      + ["data1024x1024", "data512x512"].map { .init($0, "TensorFlow Datasets") }
      + ["images.zip", "celeba_hq_256.zip"].map { .init($0, "archive") },
    pictureCount: imageCount)

  static let list = RemoteFile(
    listName, [], role: "attributes",
    places: [
      .init(listName, "CelebAMask-HQ"), .init("CelebAMask-HQ/\(listName)", "CelebAMask-HQ"),
    ],
    substitute: "there are no attributes")

  /// Opens the dataset; the pictures' numbers must be those of the list, or there are no attributes.
  static func open(
    folder: String, request: PictureRequest, miniatureCount: Int?
  ) throws(DatasetError) -> any ImageDataset {
    let place = pictures.found(in: folder) ?? .init(pictures.path, "plain")
    let list = list.found(in: folder).map { "\(folder)/\($0.path)" }
    let files = try Pictures.open("\(folder)/\(place.path)")
    var source = try NumberedPictures(files)
    // Copies that number the faces as CelebA does have numbers beyond these.
    let isOfList = source.numbers.allSatisfy { $0 < imageCount }
    if let list, !isOfList {
      source = try NumberedPictures(
        files,
        notes: [
          "\(list): left out, for it numbers the faces from 0 to \(imageCount - 1) and the pictures are numbered "
            + "otherwise"
        ])
    }
    try source.require(count: miniatureCount ?? imageCount)
    let request =
      place.path == pictures.path
      ? request
      : try request.ofCopy(nil, storedSide: source.storedSide(), file: "\(folder)/\(place.path)")
    let opened = try PictureDataset(source, request, cacheFolder: "\(folder)/cache")
    guard let list, isOfList else { return opened }
    let table = try AttributeTable(path: list, allowsFewerRows: miniatureCount != nil)
    // The list calls pictures `0.jpg`, whatever the copy's files are called.
    let wanted = source.numbers.map { "\($0).jpg" }
    return AttributePictureDataset(opened, try table.selecting(wanted, file: list))
  }
}
