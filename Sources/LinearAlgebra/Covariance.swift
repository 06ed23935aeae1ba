/// Mean and covariance of the rows of a matrix, in double precision.
public struct Covariance: Sendable {
  /// What the sum of squares is divided by.
  public enum Divisor: Sendable {
    /// One less than the number of rows: the unbiased estimate.
    case countMinusOne
    /// The number of rows: the maximum-likelihood estimate.
    case count
  }

  /// The mean row.
  public let mean: [Double]
  /// The covariance of the columns, symmetric.
  public let matrix: Matrix<Double>

  /// Computes both; rows are centred before they are multiplied, so large means cost no digits.
  ///
  /// - Parameters:
  ///   - rows: One sample per row; at least two rows (one for the divisor ``Divisor/count``).
  ///   - divisor: What the sum of squares is divided by.
  /// - Throws: ``LinearAlgebraError`` if the library is missing or an element is not finite.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  public init<Scalar: BLASScalar>(
    rows: Matrix<Scalar>, divisor: Divisor = .countMinusOne
  ) throws(LinearAlgebraError) {
    let count = rows.rowCount
    let degrees = divisor == .count ? count : count - 1
    precondition(degrees > 0, "\(count) rows are too few for a covariance")
    try rows.requireFinite("covariance")
    let mean = columnMeans(rows)
    var centred = Matrix<Double>(rowCount: count, columnCount: rows.columnCount)
    for row in 0..<count {
      let start = row * rows.columnCount
      for column in mean.indices {
        centred.elements[start + column] = Double(rows.elements[start + column]) - mean[column]
      }
    }
    var product = try centred.gram(transposingSelf: true)
    for index in product.elements.indices { product.elements[index] /= Double(degrees) }
    self.mean = mean
    matrix = product
  }
}

/// The mean of every column, accumulated in `Double`.
@inlinable
public func columnMeans<Scalar: BinaryFloatingPoint & Sendable>(
  _ matrix: Matrix<Scalar>
) -> [Double] {
  var sums = [Double](repeating: 0, count: matrix.columnCount)
  for row in 0..<matrix.rowCount {
    let start = row * matrix.columnCount
    for column in sums.indices { sums[column] += Double(matrix.elements[start + column]) }
  }
  return sums.map { $0 / Double(matrix.rowCount) }
}
