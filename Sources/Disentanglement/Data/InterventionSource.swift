import LinearAlgebra

/// Codes of observations with chosen factor values, for the metrics that fix one factor.
///
/// Three sources behave alike: an encoder called with factor values, the codes of every state of
/// a full factor grid, and a sample of codes with their factors.
public struct InterventionSource: Sendable {
  enum Storage: Sendable {
    /// A function from factor values to codes.
    case encoder(@Sendable (Factors) throws -> Codes)
    /// The codes of all states in C order (last factor fastest), perhaps through a row table.
    case grid(Codes, rowOfState: [Int32]?)
    /// Codes of some states; draws are conditional resampling.
    case sample(Codes, Factors)
  }

  let storage: Storage
  /// Number of classes of each factor.
  public let factorSizes: [Int]
  /// The factors' names.
  public let factorNames: [String]

  /// Codes come from a function, for instance a rendered observation's encoding.
  ///
  /// - Parameters:
  ///   - factorSizes: Number of classes of each factor.
  ///   - factorNames: The factors' names; by default `factor_0`, `factor_1`, …
  ///   - encode: The codes of the given factor values, one row per sample; called with batches.
  /// - Throws: ``DisentanglementError`` if there are no factors or sizes and names disagree.
  public init(
    factorSizes: [Int], factorNames: [String]? = nil,
    encode: @escaping @Sendable (Factors) throws -> Codes
  ) throws(DisentanglementError) {
    try self.init(storage: .encoder(encode), sizes: factorSizes, names: factorNames)
  }

  /// Codes of every state of the factor grid, in C order: the last factor varies fastest.
  ///
  /// - Throws: ``DisentanglementError`` if there are not exactly as many codes as states.
  public init(
    grid codes: Codes, factorSizes: [Int], factorNames: [String]? = nil
  ) throws(DisentanglementError) {
    guard InterventionSource.stateCount(factorSizes) == codes.sampleCount else {
      throw .invalidArgument(
        metric: "interventions", argument: "number of codes",
        expected: "one per state of a grid of sizes \(factorSizes)", found: "\(codes.sampleCount)")
    }
    try self.init(
      storage: .grid(codes, rowOfState: nil), sizes: factorSizes, names: factorNames)
  }

  /// Codes of some or all states; a sample with every state exactly once counts as a full grid.
  ///
  /// - Throws: ``DisentanglementError/rowMismatch(array:rows:other:otherRows:)``.
  public init(codes: Codes, factors: Factors) throws(DisentanglementError) {
    let labelled = try LabelledCodes(codes: codes, factors: factors)
    let rows = InterventionSource.rowOfState(labelled.factors)
    try self.init(
      storage: rows.map { .grid(codes, rowOfState: $0) } ?? .sample(codes, factors),
      sizes: factors.sizes, names: factors.names)
  }

  private init(
    storage: Storage, sizes: [Int], names: [String]?
  ) throws(DisentanglementError) {
    guard !sizes.isEmpty && sizes.allSatisfy({ $0 > 0 }) else {
      throw .empty(array: "factor_sizes")
    }
    let names = names ?? sizes.indices.map { "factor_\($0)" }
    guard names.count == sizes.count else {
      throw .columnMismatch(
        array: "factor_names", columns: names.count, other: "factor_sizes",
        otherColumns: sizes.count)
    }
    self.storage = storage
    factorSizes = sizes
    factorNames = names
  }

  /// The same source with every code changed.
  public func mapCodes(_ change: @escaping @Sendable (Codes) -> Codes) -> InterventionSource {
    let storage: Storage =
      switch storage {
      case .encoder(let encode): .encoder { change(try encode($0)) }
      case .grid(let codes, let rows): .grid(change(codes), rowOfState: rows)
      case .sample(let codes, let factors): .sample(change(codes), factors)
      }
    return InterventionSource(changed: self, storage: storage)
  }

  private init(changed source: InterventionSource, storage: Storage) {
    self.storage = storage
    factorSizes = source.factorSizes
    factorNames = source.factorNames
  }

  /// Number of factors.
  public var factorCount: Int { factorSizes.count }

  /// Number of states of a grid; nil if it overflows.
  static func stateCount(_ sizes: [Int]) -> Int? {
    var count = 1
    for size in sizes {
      let product = count.multipliedReportingOverflow(by: size)
      guard !product.overflow else { return nil }
      count = product.partialValue
    }
    return count
  }

  /// The row of every state, if each state occurs exactly once.
  private static func rowOfState(_ factors: Factors) -> [Int32]? {
    guard stateCount(factors.sizes) == factors.sampleCount else { return nil }
    var states = [Int](repeating: 0, count: factors.sampleCount)
    for (column, size) in zip(factors.columns, factors.sizes) {
      for sample in states.indices { states[sample] = states[sample] * size + column[sample] }
    }
    var rows = [Int32](repeating: -1, count: factors.sampleCount)
    for (sample, state) in states.enumerated() {
      guard rows[state] < 0 else { return nil }
      rows[state] = Int32(sample)
    }
    return rows
  }
}

extension InterventionSource {
  /// Whether every combination of factor values has a code, so that draws are the reference's.
  var isComplete: Bool { if case .sample = storage { false } else { true } }

  /// Where draws come from, in words.
  var kindDescription: String {
    switch storage {
    case .encoder: "codes from an encoder"
    case .grid: "codes of the full factor grid"
    case .sample: "codes resampled within the classes of a partial sample"
    }
  }
}
