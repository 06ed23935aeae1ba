public import LinearAlgebra

/// Representations of many observations: one row per sample, one column per latent.
///
/// Every value is finite. The values are kept as `Double`, which holds both precisions exactly;
/// ``precision`` remembers where they came from, because the reference metrics place histogram
/// edges in the precision of the codes.
public struct Codes: Sendable, Equatable {
  /// The variance of a mean above which a latent or a direction is active (Burda et al.,
  /// arXiv:1509.00519, §4.2).
  public static let activeVariance = 0.01

  /// The floating-point format in which codes were computed.
  public enum Precision: String, Sendable {
    /// IEEE single precision.
    case float32
    /// IEEE double precision.
    case float64
  }

  /// The values, `[sample, latent]`.
  public let matrix: Matrix<Double>
  /// The format the values came in.
  public let precision: Precision

  /// Number of samples.
  public var sampleCount: Int { matrix.rowCount }
  /// Number of latents.
  public var latentCount: Int { matrix.columnCount }

  /// Codes computed in double precision.
  ///
  /// - Throws: ``DisentanglementError/empty(array:)`` or
  ///   ``DisentanglementError/notFinite(array:row:column:)``.
  public init(_ matrix: Matrix<Double>) throws(DisentanglementError) {
    try self.init(matrix, precision: .float64)
  }

  /// Codes computed in single precision.
  ///
  /// - Throws: ``DisentanglementError/empty(array:)`` or
  ///   ``DisentanglementError/notFinite(array:row:column:)``.
  public init(_ matrix: Matrix<Float>) throws(DisentanglementError) {
    try self.init(
      Matrix(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount,
        elements: matrix.elements.map { Double($0) }),
      precision: .float32)
  }

  /// Codes with a stated precision; float32 codes must be representable as such.
  ///
  /// - Throws: ``DisentanglementError/empty(array:)`` or
  ///   ``DisentanglementError/notFinite(array:row:column:)``.
  public init(
    _ matrix: Matrix<Double>, precision: Precision
  ) throws(DisentanglementError) {
    guard matrix.rowCount > 0 && matrix.columnCount > 0 else {
      throw .empty(array: "codes")
    }
    if let position = matrix.elements.firstIndex(where: { !$0.isFinite }) {
      throw .notFinite(
        array: "codes", row: position / matrix.columnCount, column: position % matrix.columnCount)
    }
    self.init(finite: matrix, precision: precision)
  }

  /// Wraps values known to be finite.
  init(finite matrix: Matrix<Double>, precision: Precision) {
    self.matrix = matrix
    self.precision = precision
  }

  /// The value of one latent in every sample.
  public func latent(_ index: Int) -> [Double] {
    precondition(index >= 0 && index < latentCount, "latent \(index) of \(latentCount)")
    return matrix.column(index)
  }

  /// The given samples, in the given order; an index may occur more than once.
  public func samples(_ indices: [Int]) -> Codes {
    var elements: [Double] = []
    elements.reserveCapacity(indices.count * latentCount)
    for index in indices { elements += matrix.row(index) }
    return Codes(
      finite: Matrix(rowCount: indices.count, columnCount: latentCount, elements: elements),
      precision: precision)
  }

  /// The given latents, in the given order.
  public func latents(_ indices: [Int]) -> Codes {
    var elements: [Double] = []
    elements.reserveCapacity(sampleCount * indices.count)
    for sample in 0..<sampleCount {
      for index in indices { elements.append(matrix[sample, index]) }
    }
    return Codes(
      finite: Matrix(rowCount: sampleCount, columnCount: indices.count, elements: elements),
      precision: precision)
  }
}

extension Codes {
  /// Throws unless a test sample has as many latents.
  func requireSameColumns(as test: Codes) throws(DisentanglementError) {
    guard test.latentCount == latentCount else {
      throw .columnMismatch(
        array: "test codes", columns: test.latentCount, other: "the training codes",
        otherColumns: latentCount)
    }
  }
}
