internal import COpenBLAS
import Glibc

/// The Cholesky factor `L` of a positive definite matrix `A = L · Lᵀ`.
public struct Cholesky: Sendable {
  /// The lower triangular factor; zeros above the diagonal.
  public let factor: Matrix<Double>

  /// Factors `matrix` (LAPACK `dpotrf`); only the lower triangle is read.
  ///
  /// - Throws: ``LinearAlgebraError/notPositiveDefinite(operation:leadingMinor:)``, or that the
  ///   library is missing or an element is not finite.
  public init(_ matrix: Matrix<Double>) throws(LinearAlgebraError) {
    let operation = "Cholesky factor"
    let n = matrix.rowCount
    precondition(n == matrix.columnCount, "\(n)×\(matrix.columnCount) matrix is not square")
    try matrix.requireFinite(operation)
    var lower = matrix
    for row in 0..<n {
      for column in (row + 1)..<max(row + 1, n) { lower[row, column] = 0 }
    }
    guard n > 0 else {
      factor = lower
      return
    }
    let order = try Sizes(operation, n, n).rowCount
    // Upper for LAPACK's column-major eyes is lower in row-major memory.
    let info = try OpenBLAS.run { openblas_dpotrf(order, &lower.elements) }
    guard info == 0 else {
      throw .notPositiveDefinite(operation: operation, leadingMinor: Int(info))
    }
    factor = lower
  }

  /// `log det A`, natural logarithm.
  public var logDeterminant: Double {
    2 * (0..<factor.rowCount).reduce(0) { $0 + log(factor[$1, $1]) }
  }

  /// The solution `X` of `A · X = right`; one column per right-hand side.
  ///
  /// - Throws: ``LinearAlgebraError`` if a right-hand side is not finite.
  public func solve(_ right: Matrix<Double>) throws(LinearAlgebraError) -> Matrix<Double> {
    precondition(
      right.rowCount == factor.rowCount,
      "\(right.rowCount) rows on the right of \(factor.rowCount) equations")
    try right.requireFinite("solve")
    guard right.rowCount > 0 && right.columnCount > 0 else { return right }
    let sizes = try Sizes("solve", right.rowCount, right.columnCount)
    var columns = right.transposed()
    _ = try OpenBLAS.run {
      openblas_dpotrs(sizes.rowCount, sizes.columnCount, factor.elements, &columns.elements)
    }
    return columns.transposed()
  }

  /// The product `Lᵀ · matrix`, at half the cost of a general product.
  public func transposedFactor(
    times matrix: Matrix<Double>
  ) throws(LinearAlgebraError) -> Matrix<Double> {
    precondition(matrix.rowCount == factor.rowCount, "inner sizes of a product differ")
    guard matrix.rowCount > 0 && matrix.columnCount > 0 else { return matrix }
    let sizes = try Sizes("triangular product", matrix.rowCount, matrix.columnCount)
    var product = matrix
    try OpenBLAS.run {
      openblas_dtrmm_lower(
        true, sizes.rowCount, sizes.columnCount, factor.elements, sizes.rowCount, matrix.elements,
        &product.elements, sizes.columnCount)
    }
    return product
  }
}
