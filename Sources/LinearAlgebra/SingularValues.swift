internal import COpenBLAS

/// The thin singular value decomposition `A = U · diag(values) · V`.
public struct SingularValueDecomposition: Sendable {
  /// The singular values, largest first; as many as the smaller side of the matrix.
  public let values: [Double]
  /// The left singular vectors in columns: `[rowCount, values.count]`.
  public let left: Matrix<Double>
  /// The right singular vectors in **rows**: `[values.count, columnCount]`.
  public let right: Matrix<Double>

  /// Decomposes `matrix` (LAPACK `dgesdd`).
  ///
  /// - Throws: ``LinearAlgebraError`` if the library is missing, an element is not finite, or the
  ///   iteration does not converge.
  public init(_ matrix: Matrix<Double>) throws(LinearAlgebraError) {
    let rank = min(matrix.rowCount, matrix.columnCount)
    var right = Matrix<Double>(rowCount: rank, columnCount: matrix.columnCount)
    var left = Matrix<Double>(rowCount: matrix.rowCount, columnCount: rank)
    values = try decompose(matrix, withVectors: true, left: &left.elements, right: &right.elements)
    self.left = left
    self.right = right
  }
}

extension Matrix<Double> {
  /// The singular values, largest first.
  ///
  /// - Throws: ``LinearAlgebraError`` as ``SingularValueDecomposition/init(_:)``.
  public func singularValues() throws(LinearAlgebraError) -> [Double] {
    var left = [0.0]
    var right = [0.0]
    return try decompose(self, withVectors: false, left: &left, right: &right)
  }
}

/// LAPACK reads the row-major matrix as its transpose, so left and right change places.
private func decompose(
  _ matrix: Matrix<Double>, withVectors: Bool, left: inout [Double], right: inout [Double]
) throws(LinearAlgebraError) -> [Double] {
  let operation = "singular values"
  let rank = min(matrix.rowCount, matrix.columnCount)
  guard rank > 0 else { return [] }
  try matrix.requireFinite(operation)
  // LAPACK's workspace of about 4·rank² must fit 32 bits too.
  let workspace = rank.multipliedClamping(by: rank.multipliedClamping(by: withVectors ? 5 : 1))
  _ = try Sizes(operation, workspace, 0)
  let sizes = try Sizes(operation, matrix.rowCount, matrix.columnCount)
  let thin = Int32(rank)
  let job = CChar(UInt8(ascii: withVectors ? "S" : "N"))
  var elements = matrix.elements
  var values = [Double](repeating: 0, count: rank)
  var integerWork = [Int32](repeating: 0, count: 8 * rank)
  var workSize = 0.0
  var info = try OpenBLAS.run {
    openblas_dgesdd(
      job, sizes.columnCount, sizes.rowCount, &elements, &values, &right, sizes.columnCount, &left,
      thin, &workSize, -1, &integerWork)
  }
  precondition(info == 0, "dgesdd: argument \(-info) is invalid")
  var work = [Double](repeating: 0, count: Int(workSize))
  info = try OpenBLAS.run {
    openblas_dgesdd(
      job, sizes.columnCount, sizes.rowCount, &elements, &values, &right, sizes.columnCount, &left,
      thin, &work, Int32(work.count), &integerWork)
  }
  guard info == 0 else { throw .noConvergence(operation: operation) }
  return values
}
