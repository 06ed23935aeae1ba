public import LinearAlgebra

/// Mean and covariance of a set's features: all that the Fréchet distance looks at.
public struct FeatureStatistics: Sendable {
  /// What errors call the set.
  public let name: String
  /// The mean feature vector.
  public let mean: [Double]
  /// The symmetric covariance of the features.
  public let covariance: Matrix<Double>
  /// Number of samples behind it, where known.
  public let count: Int?

  /// Checks statistics from elsewhere.
  ///
  /// Differences between the triangles of up to one millionth of the largest element are taken for
  /// rounding and averaged away.
  ///
  /// - Throws: ``GenerationError`` if shapes disagree, a value is not finite, a variance is
  ///   negative or the covariance is not symmetric.
  public init(
    name: String, mean: [Double], covariance: Matrix<Double>, count: Int? = nil
  ) throws(GenerationError) {
    let width = mean.count
    guard covariance.rowCount == width && covariance.columnCount == width else {
      throw .shapeMismatch(
        set: name, array: "sigma", expected: "[\(width), \(width)] as 'mu' has \(width) values",
        found: [covariance.rowCount, covariance.columnCount])
    }
    try GenerationError.requireFinite(
      Matrix(rowCount: 1, columnCount: width, elements: mean), set: name, array: "mu")
    try GenerationError.requireFinite(covariance, set: name, array: "sigma")
    var symmetric = covariance
    let tolerance = 1e-6 * covariance.elements.reduce(0) { max($0, abs($1)) }
    for row in 0..<width {
      guard covariance[row, row] >= -tolerance else {
        throw .negativeCovariance(set: name, eigenvalue: covariance[row, row])
      }
      for column in 0..<row {
        let value = covariance[row, column]
        let transposed = covariance[column, row]
        guard abs(value - transposed) <= tolerance else {
          throw .asymmetricCovariance(
            set: name, row: row, column: column, value: value, transposed: transposed)
        }
        symmetric[row, column] = (value + transposed) / 2
        symmetric[column, row] = symmetric[row, column]
      }
    }
    self.init(name: name, mean: mean, trustedCovariance: symmetric, count: count)
  }

  /// Computes statistics in double precision, see ``FeatureMoments``.
  ///
  /// - Parameters:
  ///   - name: What errors call the set.
  ///   - features: One row per image; at least two.
  ///   - divisor: What sums of squares are divided by; the published references other than
  ///     StyleGAN's use ``Covariance/Divisor/countMinusOne``.
  /// - Throws: ``GenerationError`` if there are too few rows or a value is not finite.
  public init<Scalar: BLASScalar>(
    name: String, features: Matrix<Scalar>, divisor: Covariance.Divisor = .countMinusOne
  ) throws(GenerationError) {
    var moments = FeatureMoments(name: name, width: features.columnCount)
    try moments.add(features)
    self = try moments.statistics(divisor: divisor)
  }

  /// Takes statistics that are symmetric and finite by construction.
  init(name: String, mean: [Double], trustedCovariance: Matrix<Double>, count: Int?) {
    self.name = name
    self.mean = mean
    covariance = trustedCovariance
    self.count = count
  }

  /// Statistics of spatial features that ADM flattens `[row, column, channel]`, in the order of ours,
  /// `[channel, row, column]`; those of another number of features are left as they are.
  func channelsFirst() throws(GenerationError) -> FeatureStatistics {
    let (channelCount, placeCount) = (7, 17 * 17)
    guard mean.count == channelCount * placeCount else { return self }
    let order = (0..<channelCount).flatMap { channel in
      (0..<placeCount).map { place in place * channelCount + channel }
    }
    return FeatureStatistics(
      name: name, mean: order.map { mean[$0] },
      trustedCovariance: Matrix(
        rowCount: order.count, columnCount: order.count,
        elements: order.flatMap { row in order.map { covariance[row, $0] } }),
      count: count)
  }

  /// The trace of the covariance.
  var trace: Double { mean.indices.reduce(0) { $0 + covariance[$1, $1] } }
}
