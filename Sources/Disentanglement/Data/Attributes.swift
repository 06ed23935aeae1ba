/// Binary attributes of many observations, one row per sample.
public struct Attributes: Sendable, Equatable {
  /// Number of samples.
  public let sampleCount: Int
  /// The attributes' names.
  public let names: [String]
  /// 0 or 1, one array over the samples per attribute.
  public let columns: [[UInt8]]

  /// Number of attributes.
  public var attributeCount: Int { columns.count }

  /// Takes one array of 0 and 1 per attribute.
  ///
  /// - Parameters:
  ///   - columns: 0 or 1, `[attribute][sample]`.
  ///   - names: The attributes' names; by default `attribute_0`, `attribute_1`, …
  /// - Throws: ``DisentanglementError`` if there are no samples or attributes, if counts differ,
  ///   or if a value is neither 0 nor 1.
  public init(columns: [[Int]], names: [String]? = nil) throws(DisentanglementError) {
    guard let sampleCount = columns.first?.count, sampleCount > 0 else {
      throw .empty(array: "attributes")
    }
    let names = names ?? columns.indices.map { "attribute_\($0)" }
    guard names.count == columns.count else {
      throw .columnMismatch(
        array: "attribute_names", columns: names.count, other: "attributes",
        otherColumns: columns.count)
    }
    for (attribute, column) in columns.enumerated() {
      guard column.count == sampleCount else {
        throw .rowMismatch(
          array: "attribute '\(names[attribute])'", rows: column.count,
          other: "the first attribute", otherRows: sampleCount)
      }
      if let row = column.firstIndex(where: { $0 != 0 && $0 != 1 }) {
        throw .notBinary(attribute: names[attribute], row: row, value: column[row])
      }
    }
    self.init(checked: columns.map { $0.map { UInt8($0) } }, names: names)
  }

  /// Takes 0 and 1 in row-major order, `[sample, attribute]`.
  ///
  /// - Throws: as ``init(columns:names:)``.
  public init(
    rows: [Int], attributeCount: Int, names: [String]? = nil
  ) throws(DisentanglementError) {
    guard attributeCount > 0 else { throw .empty(array: "attributes") }
    precondition(
      rows.count % attributeCount == 0, "\(rows.count) values for \(attributeCount) attributes")
    try self.init(
      columns: (0..<attributeCount).map { attribute in
        stride(from: attribute, to: rows.count, by: attributeCount).map { rows[$0] }
      }, names: names)
  }

  /// Wraps values known to be 0 or 1.
  init(checked columns: [[UInt8]], names: [String]) {
    sampleCount = columns.first?.count ?? 0
    self.names = names
    self.columns = columns
  }

  /// The given samples, in the given order; an index may occur more than once.
  public func samples(_ indices: [Int]) -> Attributes {
    Attributes(checked: columns.map { column in indices.map { column[$0] } }, names: names)
  }
}
