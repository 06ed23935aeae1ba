/// Products of matrices, by OpenBLAS.
extension Matrix where Scalar: BLASScalar {
  /// The matrix product `op(self) · op(other)`.
  ///
  /// - Parameters:
  ///   - other: The right factor.
  ///   - transposingSelf: Uses the transpose of this matrix, without copying it.
  ///   - transposingOther: Uses the transpose of `other`, without copying it.
  /// - Returns: A new matrix.
  /// - Throws: ``LinearAlgebraError/libraryMissing(reason:)``.
  public func multiplied(
    by other: Matrix, transposingSelf: Bool = false, transposingOther: Bool = false
  ) throws(LinearAlgebraError) -> Matrix {
    let m = transposingSelf ? columnCount : rowCount
    let k = transposingSelf ? rowCount : columnCount
    let n = transposingOther ? other.rowCount : other.columnCount
    let otherInner = transposingOther ? other.columnCount : other.rowCount
    precondition(k == otherInner, "inner sizes \(k) and \(otherInner) of a product differ")
    var product = Matrix(rowCount: m, columnCount: n)
    guard m > 0 && n > 0 && k > 0 else { return product }
    try Scalar.gemm(
      transposeA: transposingSelf, transposeB: transposingOther, m: m, n: n, k: k, alpha: 1,
      a: elements, strideA: columnCount, b: other.elements, strideB: other.columnCount, beta: 0,
      c: &product.elements, strideC: n)
    return product
  }

  /// The symmetric product `self · selfᵀ`, or `selfᵀ · self`, both triangles filled.
  ///
  /// - Parameter transposingSelf: Puts the transposed matrix on the left: `selfᵀ · self`.
  /// - Returns: A square matrix of order `rowCount`, or `columnCount` when transposing.
  /// - Throws: ``LinearAlgebraError/libraryMissing(reason:)``.
  public func gram(transposingSelf: Bool = false) throws(LinearAlgebraError) -> Matrix {
    let n = transposingSelf ? columnCount : rowCount
    let k = transposingSelf ? rowCount : columnCount
    var product = Matrix(rowCount: n, columnCount: n)
    guard n > 0 && k > 0 else { return product }
    try Scalar.syrk(
      transpose: transposingSelf, n: n, k: k, alpha: 1, a: elements, strideA: columnCount, beta: 0,
      c: &product.elements, strideC: n)
    product.mirrorUpperTriangle()
    return product
  }

  /// Copies the upper triangle of a square matrix to the lower one.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package mutating func mirrorUpperTriangle() {
    let n = rowCount
    let block = 64  // keeps both a row strip and a column strip in cache
    elements.withUnsafeMutableBufferPointer { e in
      for rowStart in stride(from: 0, to: n, by: block) {
        for columnStart in stride(from: 0, through: rowStart, by: block) {
          for row in rowStart..<min(rowStart + block, n) {
            for column in columnStart..<min(columnStart + block, row) {
              e[row * n + column] = e[column * n + row]
            }
          }
        }
      }
    }
  }

  /// The transposed matrix, copied.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public func transposed() -> Matrix {
    var result = Matrix(rowCount: columnCount, columnCount: rowCount)
    for row in 0..<rowCount {
      for column in 0..<columnCount { result[column, row] = self[row, column] }
    }
    return result
  }
}
