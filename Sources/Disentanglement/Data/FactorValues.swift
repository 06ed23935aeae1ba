/// The ground truth of many observations as numbers: the value of every factor of variation in every
/// sample, for factors without classes.
public struct FactorValues: Sendable, Equatable {
  /// Number of samples.
  public let sampleCount: Int
  /// The factors' names.
  public let names: [String]
  /// The values, one array over the samples per factor; finite.
  public let columns: [[Double]]

  /// Number of factors.
  public var factorCount: Int { columns.count }

  /// Takes one array of values per factor.
  ///
  /// - Parameters:
  ///   - columns: The values, `[factor][sample]`.
  ///   - names: The factors' names; by default `factor_0`, `factor_1`, …
  /// - Throws: ``DisentanglementError`` if there are no samples or factors, if counts differ, or if a value
  ///   is NaN or infinite.
  public init(columns: [[Double]], names: [String]? = nil) throws(DisentanglementError) {
    guard let sampleCount = columns.first?.count, sampleCount > 0 else {
      throw .empty(array: "factor_values")
    }
    let names = names ?? columns.indices.map { "factor_\($0)" }
    guard names.count == columns.count else {
      throw .columnMismatch(
        array: "factor_names", columns: names.count, other: "factor_values",
        otherColumns: columns.count)
    }
    for (factor, column) in columns.enumerated() {
      guard column.count == sampleCount else {
        throw .rowMismatch(
          array: "factor '\(names[factor])'", rows: column.count, other: "the first factor",
          otherRows: sampleCount)
      }
      if let row = column.firstIndex(where: { !$0.isFinite }) {
        throw .factorNotFinite(factor: names[factor], row: row, value: "\(column[row])")
      }
    }
    self.init(checked: columns, names: names)
  }

  /// The class indices of factors as numbers.
  ///
  /// - Parameter factors: Factors with classes.
  public init(_ factors: Factors) {
    self.init(checked: factors.columns.map { $0.map { Double($0) } }, names: factors.names)
  }

  /// Wraps values known to be finite.
  init(checked columns: [[Double]], names: [String]) {
    sampleCount = columns.first?.count ?? 0
    self.names = names
    self.columns = columns
  }

  /// The given factors, in the given order.
  func selecting(_ places: [Int]) -> FactorValues {
    FactorValues(checked: places.map { columns[$0] }, names: places.map { names[$0] })
  }

  /// The given samples, in the given order; an index may occur more than once.
  public func samples(_ indices: [Int]) -> FactorValues {
    FactorValues(checked: columns.map { column in indices.map { column[$0] } }, names: names)
  }
}

/// Codes with the factors' values of the same samples.
public struct ValuedCodes: Sendable {
  /// The codes, `[sample, latent]`.
  public let codes: Codes
  /// The values of the same samples.
  public let values: FactorValues

  /// Pairs codes with values.
  ///
  /// - Throws: ``DisentanglementError/rowMismatch(array:rows:other:otherRows:)``.
  public init(codes: Codes, values: FactorValues) throws(DisentanglementError) {
    guard codes.sampleCount == values.sampleCount else {
      throw .rowMismatch(
        array: "factor_values", rows: values.sampleCount, other: "codes",
        otherRows: codes.sampleCount)
    }
    self.init(checked: codes, values: values)
  }

  /// Takes classes for values.
  ///
  /// - Parameter labelled: Codes with factors that have classes.
  public init(_ labelled: LabelledCodes) {
    self.init(checked: labelled.codes, values: FactorValues(labelled.factors))
  }

  init(checked codes: Codes, values: FactorValues) {
    self.codes = codes
    self.values = values
  }

  /// Number of samples.
  public var sampleCount: Int { codes.sampleCount }

  /// The given samples, in the given order; an index may occur more than once.
  public func samples(_ indices: [Int]) -> ValuedCodes {
    ValuedCodes(checked: codes.samples(indices), values: values.samples(indices))
  }

  /// Throws unless every factor varies.
  func requireVaried(metric: String) throws(DisentanglementError) {
    for (name, column) in zip(values.names, values.columns)
    where column.allSatisfy({ $0 == column[0] }) {
      throw .singleClassFactor(metric: metric, factor: name)
    }
  }

  /// Throws unless a test sample has as many latents and factors.
  func requireSameColumns(
    as test: ValuedCodes, metric: String
  ) throws(DisentanglementError) {
    try codes.requireSameColumns(as: test.codes)
    guard test.values.factorCount == values.factorCount else {
      throw .columnMismatch(
        array: "test factors", columns: test.values.factorCount, other: "the training factors",
        otherColumns: values.factorCount)
    }
  }
}

/// A sample of codes with values to fit on, and one to test on.
struct ValuedSplit {
  /// The sample to fit on.
  let train: ValuedCodes
  /// The held-out sample.
  let test: ValuedCodes
  /// Their sizes and where they come from.
  let words: String
}
