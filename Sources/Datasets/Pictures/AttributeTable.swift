/// Binary attributes of named pictures, as CelebA's and CelebA-HQ's lists give them.
struct AttributeTable: Sendable {
  /// The attributes' names.
  let names: [String]
  /// One bit per attribute, the first attribute lowest.
  private(set) var rows: [UInt64]
  /// The pictures' names, in the order of ``rows``.
  let pictures: [String]

  /// Which attributes a row has.
  func attributes(at row: Int) -> [Bool] {
    names.indices.map { rows[row] >> UInt64($0) & 1 == 1 }
  }

  /// The rows of given pictures, in their order; endings are not compared, for copies have others than the list.
  func selecting(_ wanted: [String], file: String) throws(DatasetError) -> AttributeTable {
    let places = Dictionary(zip(pictures.map(Self.stem), rows)) { first, _ in first }
    var selected: [UInt64] = []
    for picture in wanted {
      guard let row = places[Self.stem(picture)] else {
        throw .contentMismatch(file: file, expected: "a row for \(picture)", found: "none")
      }
      selected.append(row)
    }
    return AttributeTable(names: names, rows: selected, pictures: wanted)
  }

  /// A picture's name without folders and without its ending.
  static func stem(_ name: String) -> String {
    let last = lastComponent(name)
    return last.lastIndex(of: ".").map { String(last[..<$0]) } ?? last
  }

  private init(names: [String], rows: [UInt64], pictures: [String]) {
    self.names = names
    self.rows = rows
    self.pictures = pictures
  }

  /// Reads a list: the number of rows, the names, then `picture ±1 ±1 …`.
  ///
  /// Lines end with or without a carriage return, and columns are any number of spaces apart.
  /// Comma-separated copies, whose first line begins with `image_id`, are read too.
  ///
  /// - Parameters:
  ///   - path: The list.
  ///   - allowsFewerRows: Accepts a list that was cut short: fewer rows than its first line says.
  /// - Throws: ``DatasetError`` if the list is missing, damaged, or a web page in its place.
  init(path: String, allowsFewerRows: Bool) throws(DatasetError) {
    func malformed(_ reason: String) -> DatasetError {
      .malformed(file: path, format: "attribute list", reason: reason)
    }
    let file = try InputFile(path: path)
    guard file.byteCount <= 1 << 28 else {
      throw .tooLarge(file: path, byteCount: file.byteCount, limit: 1 << 28)
    }
    let lines = TextLines(try file.bytes(in: 0..<file.byteCount))
    let iterator = lines.makeIterator()
    guard let first = iterator.next() else { throw malformed("it is empty") }
    if first.starts(with: "<".utf8) { throw malformed("it is a web page") }
    var expected: Int?
    if first.starts(with: "image_id".utf8) {
      names = TextLines.fields(first).dropFirst().map { String(decoding: $0, as: UTF8.self) }
    } else {
      expected = TextLines.fields(first).first.flatMap { Int(String(decoding: $0, as: UTF8.self)) }
      guard let header = iterator.next(), expected != nil else {
        throw malformed("its first line is not the number of pictures")
      }
      names = TextLines.fields(header).map { String(decoding: $0, as: UTF8.self) }
    }
    guard (1...64).contains(names.count) else {
      throw malformed("it names \(names.count) attributes")
    }
    rows = []
    var pictures: [String] = []
    while let line = iterator.next() {
      let fields = TextLines.fields(line)
      guard fields.count == names.count + 1 else {
        throw malformed(
          "row \(rows.count + 1) has \(fields.count - 1) values for \(names.count) attributes")
      }
      var bits: UInt64 = 0
      for (place, field) in fields.dropFirst().enumerated() {
        if field.elementsEqual("1".utf8) {
          bits |= 1 << UInt64(place)
        } else if !field.elementsEqual("-1".utf8) && !field.elementsEqual("0".utf8) {
          throw malformed("row \(rows.count + 1) has a value that is neither 1 nor -1")
        }
      }
      rows.append(bits)
      pictures.append(String(decoding: fields[0], as: UTF8.self))
    }
    self.pictures = pictures
    guard let expected, expected != rows.count else { return }
    guard allowsFewerRows && rows.count < expected else {
      throw .contentMismatch(
        file: path, expected: "\(expected) rows, as its first line says", found: "\(rows.count)")
    }
  }
}
