import BenchSupport
import Datasets
import Disentanglement
import FoundationEssentials
import LinearAlgebra

/// What is known of samples, one row each: an array of NumPy's, or the cells of a text file.
struct SampleTable {
  /// What errors call it, for instance `codes.npz, 'z'`.
  let place: String
  /// The columns' names, where the file has a line for them.
  let columnNames: [String]?
  private let contents: Contents

  private enum Contents {
    case array(NPYArray)
    /// `[row][column]`, equally long rows.
    case cells([[String]])
  }

  /// Takes an array.
  init(_ array: NPYArray, place: String) {
    self.place = place
    columnNames = nil
    contents = .array(array)
  }

  /// Reads a text table.
  ///
  /// Numbers or texts stand between commas, semicolons, tabs or spaces, with a line of names or without. A first column
  /// that only names the rows is passed over, as are lines that begin with `#`.
  ///
  /// - Throws: `DatasetError` if it cannot be read or its rows are not equally long.
  init(textFile path: String) throws {
    place = path
    let lines = try Self.lines(of: path)
    guard let first = lines.first?.cells else {
      throw DatasetError.malformed(file: path, format: "table", reason: "it has no rows")
    }
    for line in lines where line.cells.count != first.count {
      throw DatasetError.malformed(
        file: "\(path), line \(line.number)", format: "table",
        reason: "\(counted(line.cells.count, "cell")) where the first line has \(first.count)")
    }
    // Names are words above numbers; words above words are told by not occurring again.
    let hasNames =
      first.contains { Double($0) == nil }
      && (lines.dropFirst().contains { line in
        zip(first, line.cells).contains { Double($0) == nil && Double($1) != nil }
      }
        || !first.indices.contains { column in
          lines.dropFirst().contains { $0.cells[column] == first[column] }
        })
    var rows = lines.dropFirst(hasNames ? 1 : 0).map(\.cells)
    var names = hasNames ? first : nil
    let isNamed = names?.first.map { Self.rowNames.contains($0.lowercased()) } ?? false
    if first.count > 1, isNamed || Self.areRowNames(rows.map { $0[0] }) {
      rows = rows.map { Array($0.dropFirst()) }
      names?.removeFirst()
    }
    guard !rows.isEmpty else {
      throw DatasetError.malformed(file: path, format: "table", reason: "it has no rows")
    }
    columnNames = names
    contents = .cells(rows)
  }

  /// Whether a column is texts of which none occurs again.
  private static func areRowNames(_ cells: [String]) -> Bool {
    cells.count > 1 && cells.allSatisfy { Double($0) == nil } && Set(cells).count == cells.count
  }

  /// Names of columns that only name the rows; pandas writes an empty one.
  private static let rowNames: Set = [
    "", "unnamed: 0", "index", "id", "image_id", "image", "file", "filename", "name", "path",
  ]

  private static func lines(of path: String) throws -> [(number: Int, cells: [String])] {
    var bytes = [UInt8](try DataFile.text(of: path))
    if bytes.starts(with: CSVText.byteOrderMark) {
      bytes.removeFirst(CSVText.byteOrderMark.count)
    }
    let head = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let separator = [UInt8(ascii: "\t"), UInt8(ascii: ";"), UInt8(ascii: ",")].first {
      // A line of NumPy's, behind '#', may have other separators than the numbers.
      head.first != UInt8(ascii: "#") ? head.contains($0) : bytes.contains($0)
    }
    // Cells between spaces are taken apart below: no text has the control character that stands for none here.
    guard let lines = CSVText.lines(bytes, separator: separator ?? 0x1F) else {
      throw DatasetError.malformed(
        file: path, format: "table", reason: "a quoted cell does not end")
    }
    return lines.filter { $0.cells.first?.hasPrefix("#") != true }.map { line in
      guard separator == nil, let text = line.cells.first else { return line }
      return (line.number, text.split(separator: " ").map(String.init))
    }
  }

  // MARK: - Codes

  /// Codes `[n, d]`, or vectors of units `[n, units, size]`; `name` is what errors call them.
  ///
  /// Of more axes those of size 1 at the end, as of convolutions over one place, are dropped.
  func codes(named name: String) throws -> (codes: Codes, unitSize: Int?) {
    let array: NPYArray
    switch contents {
    case .array(let given):
      array = given.shape.count > 3 ? given.droppingTrailingAxes(downTo: 2) : given
    case .cells(let rows): array = try numbers(rows)
    }
    guard array.shape.count == 2 || array.shape.count == 3 else {
      throw shapeError(name, array.shape, "[samples, latents]")
    }
    guard !array.shape.contains(0) else { throw DisentanglementError.empty(array: name) }
    let rows = array.shape[0]
    let columns = array.shape.dropFirst().reduce(1, *)
    do {
      let codes: Codes
      switch array.dataType {
      case .float16, .float32:
        codes = try Codes(
          Matrix(rowCount: rows, columnCount: columns, elements: try array.floats()))
      default:
        codes = try Codes(
          Matrix(rowCount: rows, columnCount: columns, elements: try array.doubles()))
      }
      return (codes, array.shape.count == 3 ? array.shape[2] : nil)
    } catch DisentanglementError.notFinite(_, let row, let column) {
      throw DisentanglementError.notFinite(array: name, row: row, column: column)
    }
  }

  private func numbers(_ rows: [[String]]) throws -> NPYArray {
    var values: [Double] = []
    values.reserveCapacity(rows.count * rows[0].count)
    for (row, cells) in rows.enumerated() {
      for (column, cell) in cells.enumerated() {
        guard let value = Double(cell) else {
          throw DatasetError.contentMismatch(
            file: "\(place), column \(columnNames?[column] ?? "\(column)"), row \(row)",
            expected: "a number", found: "'\(cell)'")
        }
        values.append(value)
      }
    }
    return NPYArray(values, shape: [rows.count, rows[0].count])
  }

  // MARK: - Classes

  /// One column of classes, as it was given.
  private enum Column {
    case integers([Int])
    case numbers([Double])
    case texts([String])
  }

  /// Class indices, `[factor][sample]`.
  ///
  /// Whole numbers from 0 are taken as they are. Texts, negative numbers and numbers with decimals are
  /// numbered in their order, and `notes` says so; without `renumbers` they are refused, as where the file says
  /// how many classes there are.
  ///
  /// - Throws: An error that names the column and the row.
  func classes(
    named name: String, columnNames: [String]?, renumbers: Bool, notes: inout [String]
  ) throws -> [[Int]] {
    let names = columnNames ?? self.columnNames
    return try columns(named: name, "[samples, factors]").enumerated().map { place, column in
      let label = Self.factorLabel(place, of: names)
      switch column {
      case .integers(let values):
        guard renumbers else { return values }
        if values.contains(where: { $0 < 0 }) {
          return Self.numbered(values, label, "negative numbers", &notes)
        }
        // Metrics of values compute in double precision, which does not tell such neighbours apart.
        if values.contains(where: { $0 > 1 << 53 }) {
          return Self.numbered(values, label, "numbers above 2^53", &notes)
        }
        return values
      case .texts(let values):
        guard renumbers else {
          throw DatasetError.contentMismatch(
            file: "\(self.place), factor '\(label)'",
            expected:
              "whole numbers, since the classes of two samples, or their number, must agree; "
              + "number the texts with numpy.unique(values, return_inverse=True)[1]",
            found: "the text '\(values[0])'")
        }
        return Self.numbered(values, label, "texts", &notes)
      case .numbers(let values):
        let whole = values.compactMap { Int(exactly: $0) }
        if whole.count == values.count {
          guard renumbers, whole.contains(where: { $0 < 0 }) else { return whole }
          return Self.numbered(whole, label, "negative numbers", &notes)
        }
        if let row = values.firstIndex(where: { !$0.isFinite }) {
          throw DatasetError.contentMismatch(
            file: "\(self.place), factor '\(label)', row \(row)", expected: "a class",
            found: "\(values[row])")
        }
        // A class that hardly ever occurs again is no class: the factor is continuous.
        guard renumbers, 2 * Set(values).count <= values.count else {
          let row = values.firstIndex { Int(exactly: $0) == nil } ?? 0
          throw DatasetError.contentMismatch(
            file: "\(self.place), factor '\(label)', row \(row)",
            expected: "classes; number a factor's values with numpy.unique(values, "
              + "return_inverse=True)[1], or cut a continuous factor into bins first",
            found: "\(values[row]) among \(Set(values).count) different values of "
              + "\(values.count) samples")
        }
        return Self.numbered(values, label, "numbers with decimals", &notes)
      }
    }
  }

  /// The columns of factors that have hardly any value twice, and one that is no whole number: they have no classes.
  ///
  /// - Throws: An error if the table has other axes than samples and factors.
  func continuousColumns(named name: String) throws -> (places: [Int], ofCount: Int) {
    let columns = try columns(named: name, "[samples, factors]")
    let places = columns.indices.filter { place in
      guard case .numbers(let values) = columns[place] else { return false }
      return values.contains { $0.isFinite && Int(exactly: $0) == nil }
        && 2 * Set(values).count > values.count
    }
    return (places, columns.count)
  }

  /// Values of continuous factors, `[factor][sample]`.
  ///
  /// - Throws: An error that names the column and the row.
  func values(named name: String, columnNames: [String]?) throws -> [[Double]] {
    let names = columnNames ?? self.columnNames
    return try columns(named: name, "[samples, factors]").enumerated().map { place, column in
      switch column {
      case .integers(let values): return values.map { Double($0) }
      case .numbers(let values): return values
      case .texts(let values):
        let label = Self.factorLabel(place, of: names)
        throw DatasetError.contentMismatch(
          file: "\(self.place), factor '\(label)'",
          expected: "numbers, as another factor is continuous", found: "the text '\(values[0])'")
      }
    }
  }

  /// What messages call a factor.
  static func factorLabel(_ place: Int, of names: [String]?) -> String {
    names.flatMap { $0.indices.contains(place) ? $0[place] : nil } ?? "factor_\(place)"
  }

  private static func numbered<Value: Comparable & Hashable>(
    _ values: [Value], _ label: String, _ kind: String, _ notes: inout [String]
  ) -> [Int] {
    let classes = Set(values).sorted()
    let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    if let first = classes.first, let last = classes.last, first != last {
      notes.append(
        "factor '\(label)': its \(kind) were numbered in their order, \(classes.count) classes "
          + "from \(first) to \(last)")
    }
    return values.map { numbers[$0] ?? 0 }
  }

  /// Zeros and ones, `[attribute][sample]`; −1 and 1 are read as absent and present.
  ///
  /// - Throws: An error that names the column and the row.
  func binaries(named name: String, notes: inout [String]) throws -> [[Int]] {
    let columns = try columns(named: name, "[samples, attributes]").enumerated().map {
      place, column -> [Int] in
      let values: [Int?] =
        switch column {
        case .integers(let values): values
        case .numbers(let values): values.map { Int(exactly: $0) }
        case .texts(let values): values.map { Int($0) }
        }
      if let row = values.firstIndex(of: nil) {
        throw DatasetError.contentMismatch(
          file: "\(self.place), '\(name)', column \(columnNames?[place] ?? "\(place)"), row \(row)",
          expected: "0 or 1", found: "another value")
      }
      return values.compactMap(\.self)
    }
    guard columns.contains(where: { $0.contains(-1) }), !columns.contains(where: { $0.contains(0) })
    else { return columns }
    notes.append("'\(name)': -1 was read as absent")
    return columns.map { $0.map { $0 == -1 ? 0 : $0 } }
  }

  private func columns(named name: String, _ expected: String) throws -> [Column] {
    switch contents {
    case .cells(let rows):
      return rows[0].indices.map { column in
        let cells = rows.map { $0[column] }
        let integers = cells.compactMap { Int($0) }
        if integers.count == cells.count { return .integers(integers) }
        let numbers = cells.compactMap { Double($0) }
        return numbers.count == cells.count ? .numbers(numbers) : .texts(cells)
      }
    case .array(let given):
      let array = given.droppingTrailingAxes(downTo: 2)
      guard array.shape.count == 1 || array.shape.count == 2 else {
        throw shapeError(name, array.shape, expected)
      }
      let count = array.shape.count == 2 ? array.shape[1] : 1
      guard array.shape[0] > 0 && count > 0 else { throw DisentanglementError.empty(array: name) }
      func split<Value>(_ values: [Value]) -> [[Value]] {
        (0..<count).map { column in
          stride(from: column, to: values.count, by: count).map { values[$0] }
        }
      }
      switch array.dataType {
      case .bytes, .text: return split(try array.texts()).map { .texts($0) }
      case .float16, .float32, .float64: return split(try array.doubles()).map { .numbers($0) }
      default: return split(try array.integers()).map { .integers($0) }
      }
    }
  }

  private func shapeError(_ name: String, _ shape: [Int], _ expected: String) -> DatasetError {
    .contentMismatch(
      file: place, expected: "'\(name)' of shape \(expected)", found: "shape \(shape)")
  }
}
