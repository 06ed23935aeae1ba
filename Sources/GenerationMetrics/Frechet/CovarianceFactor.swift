import Glibc
import LinearAlgebra

/// A factor `F` of a covariance `Σ = Fᵀ · F`, with as few rows as the rank needs.
///
/// The trace of the square root of a product of covariances is the sum of the singular values of
/// `F₁ · F₂ᵀ`, which needs no matrix square root and no product of covariances, whose condition
/// is the square.
enum CovarianceFactor: Sendable {
  /// `F` is the transpose of this Cholesky factor.
  case triangular(Cholesky)
  /// `F` itself, `[row, feature]`.
  case rows(Matrix<Double>)

  /// The exact factor of the covariance of a few samples: scaled orthonormal contrasts of the rows.
  ///
  /// Row `k` of the Helmert contrasts is the difference between sample `k` and the mean of those
  /// before it; their outer products sum to those of the centred samples, with one row less and no
  /// rounding noise in the direction that centring removes.
  init<Scalar: BinaryFloatingPoint & Sendable>(samples: Matrix<Scalar>, degrees: Int) {
    let width = samples.columnCount
    let count = samples.rowCount
    var contrasts = Matrix<Double>(rowCount: count - 1, columnCount: width)
    var mean = samples.row(0).map { Double($0) }
    for index in 1..<count {
      let scale = sqrt(Double(index) / Double(index + 1) / Double(degrees))
      for column in 0..<width {
        let difference = Double(samples[index, column]) - mean[column]
        contrasts[index - 1, column] = difference * scale
        mean[column] += difference / Double(index + 1)
      }
    }
    self = .rows(contrasts)
  }

  /// A factor of given statistics: Cholesky's, or for a singular covariance that of its
  /// eigenvectors, leaving out eigenvalues that are zero within rounding.
  init(_ statistics: FeatureStatistics) throws(GenerationError) {
    let covariance = statistics.covariance
    do {
      self = .triangular(try Cholesky(covariance))
      return
    } catch LinearAlgebraError.notPositiveDefinite {
      // Singular, as with fewer samples than features.
    } catch { throw .linearAlgebra(error) }
    let eigen = try GenerationError.wrap { () throws(LinearAlgebraError) in
      try SymmetricEigen(covariance)
    }
    let largest = eigen.values.last ?? 0
    if let smallest = eigen.values.first, smallest < -1e-6 * max(largest, -smallest) {
      throw .negativeCovariance(set: statistics.name, eigenvalue: smallest)
    }
    let threshold = Double(eigen.values.count) * Double.ulpOfOne * largest
    let kept = eigen.values.indices.filter { eigen.values[$0] > threshold }
    var factor = Matrix<Double>(rowCount: kept.count, columnCount: covariance.columnCount)
    for (row, index) in kept.enumerated() {
      let scale = sqrt(eigen.values[index])
      for column in 0..<covariance.columnCount {
        factor[row, column] = scale * eigen.vectors[index, column]
      }
    }
    self = .rows(factor)
  }

  /// `tr (Σ₁ Σ₂)^½`: the sum of the singular values of `F₁ · F₂ᵀ`.
  ///
  /// - Parameters:
  ///   - other: A factor of the other covariance.
  ///   - scale: The size of the terms the result is subtracted from; sets what error counts.
  /// - Returns: The trace.
  /// - Throws: ``GenerationError/linearAlgebra(_:)``.
  func traceOfRoot(
    with other: CovarianceFactor, scale: Double
  ) throws(GenerationError) -> Double {
    try GenerationError.wrap { () throws(LinearAlgebraError) in
      let product =
        switch (self, other) {
        case (.triangular(let first), .triangular(let second)):
          try first.transposedFactor(times: second.factor)
        case (.triangular(let first), .rows(let second)):
          try second.multiplied(by: first.factor)
        case (.rows(let first), .triangular(let second)):
          try first.multiplied(by: second.factor)
        case (.rows(let first), .rows(let second)):
          try first.multiplied(by: second, transposingOther: true)
        }
      return try nuclearNorm(product, scale: scale)
    }
  }
}

/// The sum of the singular values.
///
/// The eigenvalues `λ` of `M · Mᵀ` cost a quarter of the singular values of `M`, but the error `δ`
/// of a small one grows to `δ / 2√λ` in its root. They are used when the sum of these errors is
/// below `1e-11 · scale`; otherwise, and for small matrices, the singular values are.
private func nuclearNorm(
  _ matrix: Matrix<Double>, scale: Double
) throws(LinearAlgebraError) -> Double {
  let isWide = matrix.rowCount <= matrix.columnCount
  if min(matrix.rowCount, matrix.columnCount) > 256 {
    let values = try matrix.gram(transposingSelf: !isWide).symmetricEigenvalues()
    let error = 4 * Double.ulpOfOne * (values.last ?? 0)
    let bound = values.reduce(0) { $0 + ($1 > error ? error / (2 * sqrt($1)) : sqrt(2 * error)) }
    if bound <= 1e-11 * scale { return values.reduce(0) { $0 + sqrt(max(0, $1)) } }
  }
  return try matrix.singularValues().reduce(0, +)
}
