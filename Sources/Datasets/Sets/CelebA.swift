/// CelebA: 202,599 aligned faces of 178×218 with 40 binary attributes.
///
/// Liu et al., ICCV 2015. Read as its authors hand it out (an archive or folders `Anno`, `Eval`, `Img`), as torchvision
/// unpacks it and as Kaggle has it (a folder in a folder, lists with commas), and any mixture of these; the pictures may
/// be PNG copies of other endings than the lists say.
public enum CelebA {
  /// The official splits.
  public enum Split: Int, Sendable, CaseIterable {
    /// Images 1 to 162,770.
    case train = 0
    /// The next 19,867.
    case validation = 1
    /// The last 19,962.
    case test = 2

    /// The split of a picture by the number in its name.
    init(number: Int) {
      self = number <= 162_770 ? .train : number <= 182_637 ? .validation : .test
    }
  }

  static let imageCount = 202_599

  static let pictures = RemoteFile(
    "img_align_celeba.zip", [], checksum: .md5("00d2c5bc6d35e252742224ab0c1e8fcb"),
    role: "pictures",
    places: [
      .init("img_align_celeba/img_align_celeba", "Kaggle"),
      .init("img_align_celeba", "torchvision"),
      .init("img_align_celeba.zip", "official"),
      .init("img_align_celeba_png", "PNG copy"),
      .init("Img/img_align_celeba", "official folders"),
      .init("Img/img_align_celeba.zip", "official folders"),
      .init("Img/img_align_celeba_png", "official folders, PNG copy"),
    ], pictureCount: imageCount)

  static let list = RemoteFile(
    "list_attr_celeba.txt", [], checksum: .md5("75e246fa4810816ffd6ee81facbd244c"),
    role: "attributes", places: places(of: "list_attr_celeba", below: "Anno"))

  static let partition = RemoteFile(
    "list_eval_partition.txt", [], checksum: .md5("d32c9cbf5e040fd4025c592c306e6668"),
    role: "splits", places: places(of: "list_eval_partition", below: "Eval"),
    substitute:
      "pictures 1 to 162,770 are for training, the next 19,867 for validation, the last 19,962"
      + " for testing, as officially")

  private static func places(of name: String, below folder: String) -> [RemoteFile.Place] {
    [
      .init("\(name).txt", "official"), .init("\(name).csv", "Kaggle"),
      .init("\(folder)/\(name).txt", "official folders"),
    ]
  }

  /// Opens the dataset.
  static func open(
    folder: String, request: PictureRequest, miniatureCount: Int?
  ) throws(DatasetError) -> AttributePictureDataset {
    func path(_ file: RemoteFile) -> String {
      "\(folder)/\(file.found(in: folder)?.path ?? file.path)"
    }
    let list = path(list)
    let table = try AttributeTable(path: list, allowsFewerRows: miniatureCount != nil)
    let source = try Pictures.open(path(pictures))
    try source.require(count: miniatureCount ?? imageCount)
    guard miniatureCount != nil || table.rows.count == imageCount else {
      throw .contentMismatch(
        file: list, expected: "\(imageCount) rows", found: "\(table.rows.count)")
    }
    let selected = try table.selecting(source.names.map { lastComponent($0) }, file: list)
    return AttributePictureDataset(
      try PictureDataset(source, request, cacheFolder: "\(folder)/cache"), selected)
  }

  /// The images of a split, by the official partition list in the dataset's folder, or by the numbers in
  /// the pictures' names where there is no list.
  ///
  /// - Parameters:
  ///   - split: Which split.
  ///   - dataset: The opened dataset.
  ///   - folder: The folder it was opened from.
  /// - Returns: Indices into `dataset`, in order.
  /// - Throws: ``DatasetError`` if the list is damaged or lacks a picture, or if there is none and a
  ///   picture has no number.
  public static func indices(
    of split: Split, in dataset: AttributePictureDataset, folder: String
  ) throws(DatasetError) -> [Int] {
    let place = partition.found(in: folder)
    let splits = try place.map { (place) throws(DatasetError) in
      try partition(of: "\(folder)/\(place.path)")
    }
    var selected: [Int] = []
    for (index, name) in dataset.pictureNames.enumerated() {
      let found: Split?
      if let splits {
        found = splits[AttributeTable.stem(name)]
      } else {
        found = NumberedPictures.number(in: name).map { Split(number: $0) }
      }
      guard let found else {
        throw .contentMismatch(
          file: "\(folder)/\(place?.path ?? partition.path)", expected: "a row for \(name)",
          found: "none")
      }
      if found == split { selected.append(index) }
    }
    return selected
  }

  /// The split of every picture in a partition list, by the picture's name without its ending.
  private static func partition(of path: String) throws(DatasetError) -> [String: Split] {
    let file = try InputFile(path: path)
    guard file.byteCount <= 1 << 26 else {
      throw .tooLarge(file: path, byteCount: file.byteCount, limit: 1 << 26)
    }
    var splits: [String: Split] = [:]
    for (row, line) in TextLines(try file.bytes(in: 0..<file.byteCount)).enumerated() {
      let fields = TextLines.fields(line).map { String(decoding: $0, as: UTF8.self) }
      // Kaggle's list has a line of names.
      if row == 0, fields.first == "image_id" { continue }
      guard fields.count == 2, let number = Int(fields[1]), let split = Split(rawValue: number)
      else {
        throw .malformed(
          file: path, format: "partition list", reason: "row \(row + 1) is not 'picture 0|1|2'")
      }
      splits[AttributeTable.stem(fields[0])] = split
    }
    return splits
  }
}
