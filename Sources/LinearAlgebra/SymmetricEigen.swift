internal import COpenBLAS

/// Eigenvalues and eigenvectors of a symmetric matrix.
public struct SymmetricEigen: Sendable {
  /// The eigenvalues, smallest first.
  public let values: [Double]
  /// The orthonormal eigenvectors, one per **row**, in the order of the eigenvalues.
  public let vectors: Matrix<Double>

  /// Decomposes `matrix` (LAPACK `dsyevd`); only one triangle is read.
  ///
  /// - Throws: ``LinearAlgebraError`` if the library is missing, an element is not finite, or the
  ///   iteration does not converge.
  public init(_ matrix: Matrix<Double>) throws(LinearAlgebraError) {
    let result = try decompose(matrix, withVectors: true)
    values = result.values
    vectors = Matrix(
      rowCount: matrix.rowCount, columnCount: matrix.rowCount, elements: result.matrix)
  }
}

extension Matrix<Double> {
  /// The eigenvalues of a symmetric matrix, smallest first; only one triangle is read.
  ///
  /// - Throws: ``LinearAlgebraError`` as ``SymmetricEigen/init(_:)``.
  public func symmetricEigenvalues() throws(LinearAlgebraError) -> [Double] {
    try decompose(self, withVectors: false).values
  }
}

private func decompose(
  _ matrix: Matrix<Double>, withVectors: Bool
) throws(LinearAlgebraError) -> (values: [Double], matrix: [Double]) {
  let operation = "symmetric eigenvalues"
  let n = matrix.rowCount
  precondition(n == matrix.columnCount, "\(n)×\(matrix.columnCount) matrix is not square")
  guard n > 0 else { return ([], []) }
  try matrix.requireFinite(operation)
  // LAPACK's documented minimum 1 + 6n + 2n² must fit 32 bits.
  let order = try Sizes(operation, n, withVectors ? n.multipliedClamping(by: 2 * n + 6) : n)
    .rowCount
  var values = [Double](repeating: 0, count: n)
  var elements = matrix.elements
  var workSize = 0.0
  var integerWorkSize: Int32 = 0
  var info = try OpenBLAS.run {
    openblas_dsyevd(withVectors, order, &elements, &values, &workSize, -1, &integerWorkSize, -1)
  }
  precondition(info == 0, "dsyevd: argument \(-info) is invalid")
  var work = [Double](repeating: 0, count: Int(workSize))
  var integerWork = [Int32](repeating: 0, count: Int(integerWorkSize))
  info = try OpenBLAS.run {
    openblas_dsyevd(
      withVectors, order, &elements, &values, &work, Int32(work.count), &integerWork,
      Int32(integerWork.count))
  }
  guard info == 0 else { throw .noConvergence(operation: operation) }
  return (values, elements)
}

extension Int {
  /// The product, or the largest integer when it overflows.
  func multipliedClamping(by other: Int) -> Int {
    let product = multipliedReportingOverflow(by: other)
    return product.overflow ? .max : product.partialValue
  }
}
