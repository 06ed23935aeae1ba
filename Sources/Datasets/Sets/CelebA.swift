/// CelebA: 202,599 aligned faces of 178×218 with 40 binary attributes.
///
/// Liu et al., ICCV 2015. The folder holds `img_align_celeba.zip`, or its contents in
/// `img_align_celeba/`, and `list_attr_celeba.txt`; `list_eval_partition.txt` names the splits.
public enum CelebA {
  /// The official splits.
  public enum Split: Int, Sendable, CaseIterable {
    /// Images 1 to 162,770.
    case train = 0
    /// The next 19,867.
    case validation = 1
    /// The last 19,962.
    case test = 2
  }

  static let imageCount = 202_599
  static let listName = "list_attr_celeba.txt"
  static let partitionName = "list_eval_partition.txt"

  /// Opens the dataset.
  static func open(
    folder: String, request: PictureRequest, miniatureCount: Int?
  ) throws(DatasetError) -> AttributePictureDataset {
    let list = "\(folder)/\(listName)"
    let table = try AttributeTable(path: list, allowsFewerRows: miniatureCount != nil)
    let source = try pictures(in: folder)
    let expected = miniatureCount ?? imageCount
    let names = source.names.map { lastComponent($0) }
    guard names.count == expected else {
      throw .contentMismatch(
        file: source.files.first ?? folder, expected: "\(expected) pictures",
        found: "\(names.count)")
    }
    guard miniatureCount != nil || table.rows.count == imageCount else {
      throw .contentMismatch(
        file: list, expected: "\(imageCount) rows", found: "\(table.rows.count)")
    }
    let selected = try table.selecting(names, file: list)
    return AttributePictureDataset(
      try PictureDataset(source, request, cacheFolder: "\(folder)/cache"), selected)
  }

  private static func pictures(in folder: String) throws(DatasetError) -> any PictureSource {
    let unpacked = "\(folder)/img_align_celeba"
    if isFolder(unpacked) { return try FolderPictures(below: unpacked) }
    return try ZIPPictures(path: "\(unpacked).zip")
  }

  /// The images of a split, by the official partition list in the dataset's folder.
  ///
  /// - Parameters:
  ///   - split: Which split.
  ///   - dataset: The opened dataset.
  ///   - folder: The folder it was opened from.
  /// - Returns: Indices into `dataset`, in order.
  /// - Throws: ``DatasetError`` if the list is missing, damaged, or lacks a picture.
  public static func indices(
    of split: Split, in dataset: AttributePictureDataset, folder: String
  ) throws(DatasetError) -> [Int] {
    let path = "\(folder)/\(partitionName)"
    let file = try InputFile(path: path)
    guard file.byteCount <= 1 << 26 else {
      throw .tooLarge(file: path, byteCount: file.byteCount, limit: 1 << 26)
    }
    var splits: [String: Int] = [:]
    for line in TextLines(try file.bytes(in: 0..<file.byteCount)) {
      let fields = TextLines.fields(line).map { String(decoding: $0, as: UTF8.self) }
      guard fields.count == 2, let number = Int(fields[1]), (0...2).contains(number) else {
        throw .malformed(
          file: path, format: "partition list", reason: "a row is not 'picture 0|1|2'")
      }
      splits[fields[0]] = number
    }
    var selected: [Int] = []
    for (index, name) in dataset.pictureNames.enumerated() {
      guard let number = splits[lastComponent(name)] else {
        throw .contentMismatch(file: path, expected: "a row for \(name)", found: "none")
      }
      if number == split.rawValue { selected.append(index) }
    }
    return selected
  }
}
