/// The ground truth of many observations: the class of every factor of variation in every sample.
public struct Factors: Sendable, Equatable {
  /// Number of samples.
  public let sampleCount: Int
  /// Number of classes of each factor; every class index is below it.
  public let sizes: [Int]
  /// The factors' names.
  public let names: [String]
  /// The class indices, one array over the samples per factor.
  public let columns: [[Int]]

  /// Number of factors.
  public var factorCount: Int { columns.count }

  /// Takes one array of class indices per factor.
  ///
  /// - Parameters:
  ///   - columns: Class indices, `[factor][sample]`.
  ///   - sizes: Number of classes of each factor; by default one more than its largest index.
  ///   - names: The factors' names; by default `factor_0`, `factor_1`, …
  /// - Throws: ``DisentanglementError`` if there are no samples or factors, if counts differ, or
  ///   if an index is negative or not below its factor's size.
  public init(
    columns: [[Int]], sizes: [Int]? = nil, names: [String]? = nil
  ) throws(DisentanglementError) {
    guard let sampleCount = columns.first?.count, sampleCount > 0 else {
      throw .empty(array: "factors")
    }
    let names = names ?? columns.indices.map { "factor_\($0)" }
    guard names.count == columns.count else {
      throw .columnMismatch(
        array: "factor_names", columns: names.count, other: "factors", otherColumns: columns.count)
    }
    if let sizes, sizes.count != columns.count {
      throw .columnMismatch(
        array: "factor_sizes", columns: sizes.count, other: "factors", otherColumns: columns.count)
    }
    var found: [Int] = []
    for (factor, column) in columns.enumerated() {
      guard column.count == sampleCount else {
        throw .rowMismatch(
          array: "factor '\(names[factor])'", rows: column.count, other: "the first factor",
          otherRows: sampleCount)
      }
      if let row = column.firstIndex(where: { $0 < 0 }) {
        throw .negativeClass(factor: names[factor], row: row, value: column[row])
      }
      let largest = column.max() ?? 0
      if let size = sizes?[factor], largest >= size {
        throw .classOutOfRange(
          factor: names[factor], row: column.firstIndex(of: largest) ?? 0, value: largest,
          size: size)
      }
      found.append(largest == .max ? largest : largest + 1)
    }
    self.init(checked: columns, sizes: sizes ?? found, names: names)
  }

  /// Takes class indices in row-major order, `[sample, factor]`.
  ///
  /// - Throws: as ``init(columns:sizes:names:)``.
  public init(
    rows: [Int], factorCount: Int, sizes: [Int]? = nil, names: [String]? = nil
  ) throws(DisentanglementError) {
    guard factorCount > 0 else { throw .empty(array: "factors") }
    precondition(
      rows.count % factorCount == 0, "\(rows.count) class indices for \(factorCount) factors")
    let columns = (0..<factorCount).map { factor in
      stride(from: factor, to: rows.count, by: factorCount).map { rows[$0] }
    }
    try self.init(columns: columns, sizes: sizes, names: names)
  }

  /// Wraps indices known to be valid.
  init(checked columns: [[Int]], sizes: [Int], names: [String]) {
    sampleCount = columns.first?.count ?? 0
    self.sizes = sizes
    self.names = names
    self.columns = columns
  }

  /// The classes of one factor, renumbered without gaps in increasing order.
  public func labels(_ factor: Int) -> Labels { Labels(columns[factor]) }

  /// The given factors, in the given order.
  func selecting(_ places: [Int]) -> Factors {
    Factors(
      checked: places.map { columns[$0] }, sizes: places.map { sizes[$0] },
      names: places.map { names[$0] })
  }

  /// The given samples, in the given order; an index may occur more than once.
  public func samples(_ indices: [Int]) -> Factors {
    Factors(
      checked: columns.map { column in indices.map { column[$0] } }, sizes: sizes, names: names)
  }
}

extension Factors {
  /// The labels of all factors, each with at least two classes.
  func variedLabels(metric: String) throws(DisentanglementError) -> [Labels] {
    let labels = (0..<factorCount).map { self.labels($0) }
    if let factor = labels.firstIndex(where: { $0.classCount < 2 }) {
      throw .singleClassFactor(metric: metric, factor: names[factor])
    }
    return labels
  }
}
