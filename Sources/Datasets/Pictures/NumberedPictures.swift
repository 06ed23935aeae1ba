/// Pictures of another source in the order of the numbers in their names: `2.jpg` before `10.jpg`.
struct NumberedPictures: PictureSource {
  private let base: any PictureSource
  /// The place in `base` of every picture.
  private let order: [Int]
  /// The number in every picture's name.
  let numbers: [Int]
  /// The base's, and what is known of this copy.
  let notes: [String]

  /// Sorts the pictures of `base`.
  ///
  /// - Parameters:
  ///   - base: The pictures.
  ///   - notes: What a user should know of this copy.
  /// - Throws: ``DatasetError`` if a name has no number.
  init(_ base: any PictureSource, notes: [String] = []) throws(DatasetError) {
    var numbered: [(number: Int, name: String, place: Int)] = []
    for (place, name) in base.names.enumerated() {
      guard let number = Self.number(in: name) else {
        throw .contentMismatch(
          file: base.place(of: place), expected: "pictures named by their numbers", found: name)
      }
      numbered.append((number, name, place))
    }
    numbered.sort { ($0.number, $0.name) < ($1.number, $1.name) }
    self.base = base
    self.notes = base.notes + notes
    order = numbered.map(\.place)
    numbers = numbered.map(\.number)
  }

  /// The digits at the end of a file's name, before its suffix.
  static func number(in name: String) -> Int? {
    let stem = lastComponent(name).prefix { $0 != "." }
    return Int(String(stem.reversed().prefix { $0.isASCII && $0.isNumber }.reversed()))
  }

  var files: [String] { base.files }
  var names: [String] {
    let names = base.names
    return order.map { names[$0] }
  }
  var stamps: [String] {
    let stamps = base.stamps
    return stamps.isEmpty ? [] : order.map { stamps[$0] }
  }

  func place(of index: Int) -> String { base.place(of: order[index]) }

  func picture(at index: Int, channelCount: Int?) throws(DatasetError) -> RasterImage {
    try base.picture(at: order[index], channelCount: channelCount)
  }
}

extension PictureSource {
  /// The shorter side of the first picture.
  func storedSide() throws(DatasetError) -> Int {
    let first = try picture(at: 0)
    return min(first.height, first.width)
  }

  /// Throws unless there are `count` pictures.
  func require(count: Int) throws(DatasetError) {
    guard names.count == count else {
      throw .contentMismatch(
        file: files.first ?? "",
        expected: "\(count) pictures (a part of them opens by its path, as in "
          + "--dataset ./FOLDER@64)", found: "\(names.count)")
    }
  }
}
