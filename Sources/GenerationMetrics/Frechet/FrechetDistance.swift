public import LinearAlgebra

/// The Fréchet distance between Gaussians fitted to two sets of features; FID when the features are
/// those of Inception-v3.
///
/// `‖μ₁ − μ₂‖² + tr Σ₁ + tr Σ₂ − 2 tr (Σ₁ Σ₂)^½`, eq. 6 of *GANs Trained by a Two Time-Scale Update
/// Rule Converge to a Local Nash Equilibrium*, arXiv:1706.08500. Covariances divide by `N − 1`
/// unless the statistics were made otherwise. The trace of the root is the sum of the singular
/// values of the product of two factors of the covariances; with fewer samples than features these
/// are the centred samples themselves, which makes the value exact where a matrix square root of
/// the singular product is not.
///
/// The distance is never negative; rounding can make its terms sum to less than 0 (by about `1e-12` of
/// them, by `1e-6` for statistics that were saved in single precision). That much is clamped to 0. A
/// larger deficit is left to be seen: it is no rounding.
public struct FrechetDistance: Sendable, Equatable {
  /// The distance.
  public let value: Double
  /// The squared distance of the means.
  public let meanTerm: Double
  /// The trace of the first covariance.
  public let firstTrace: Double
  /// The trace of the second covariance.
  public let secondTrace: Double
  /// The trace of the square root of the product of the covariances.
  public let traceOfRoot: Double

  /// The distance between given statistics.
  ///
  /// - Throws: ``GenerationError`` if widths differ or a covariance is not positive semidefinite.
  public init(
    _ first: FeatureStatistics, _ second: FeatureStatistics
  ) throws(GenerationError) {
    try self.init(FrechetOperand(first), FrechetOperand(second))
  }

  /// The distance between two sets of features.
  ///
  /// - Parameters:
  ///   - first: Features, `[image, feature]`; at least two images.
  ///   - second: Features of the same width; at least two images.
  ///   - divisor: What sums of squares are divided by.
  /// - Throws: ``GenerationError`` if widths differ, a set is too small or a value is not finite.
  public init(
    _ first: FeatureSet, _ second: FeatureSet, divisor: Covariance.Divisor = .countMinusOne
  ) throws(GenerationError) {
    try self.init(
      first.frechetOperand(divisor: divisor), second.frechetOperand(divisor: divisor))
  }

  /// The distance between prepared operands.
  public init(
    _ first: FrechetOperand, _ second: FrechetOperand
  ) throws(GenerationError) {
    let width = first.mean.count
    guard width == second.mean.count else {
      throw .widthMismatch(
        first: first.name, firstWidth: width, second: second.name,
        secondWidth: second.mean.count)
    }
    let meanTerm = zip(first.mean, second.mean).reduce(0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }
    let traceOfRoot = try first.factor.traceOfRoot(
      with: second.factor, scale: first.trace + second.trace)
    self.meanTerm = meanTerm
    firstTrace = first.trace
    secondTrace = second.trace
    self.traceOfRoot = traceOfRoot
    let sum = meanTerm + (first.trace + second.trace - 2 * traceOfRoot)
    let isRounding = sum <= 0 && sum >= -1e-6 * (meanTerm + first.trace + second.trace)
    value = isRounding ? 0 : sum
  }
}

/// A set prepared for Fréchet distances: what one side of the formula needs, computed once.
public struct FrechetOperand: Sendable {
  let name: String
  let mean: [Double]
  let trace: Double
  let factor: CovarianceFactor

  /// Prepares given statistics.
  ///
  /// - Throws: ``GenerationError`` if the covariance is not positive semidefinite.
  public init(_ statistics: FeatureStatistics) throws(GenerationError) {
    name = statistics.name
    mean = statistics.mean
    trace = statistics.trace
    factor = try CovarianceFactor(statistics)
  }

  /// Prepares features; with no more images than features, no covariance is formed.
  ///
  /// - Parameters:
  ///   - features: One row per image; at least two.
  ///   - name: What errors call the set.
  ///   - divisor: What sums of squares are divided by.
  /// - Throws: ``GenerationError`` if there are too few images or a value is not finite.
  public init<Scalar: BLASScalar>(
    _ features: Matrix<Scalar>, name: String, divisor: Covariance.Divisor = .countMinusOne
  ) throws(GenerationError) {
    let count = features.rowCount
    if count > features.columnCount {
      try self.init(FeatureStatistics(name: name, features: features, divisor: divisor))
      return
    }
    guard count >= 2 else {
      throw .tooFewSamples(set: name, found: count, needed: 2, metric: "the Fréchet distance")
    }
    try GenerationError.requireFinite(features, set: name)
    let contrasts = CovarianceFactor(
      samples: features, degrees: divisor == .count ? count : count - 1)
    self.init(name: name, mean: columnMeans(features), factor: contrasts)
  }

  private init(name: String, mean: [Double], factor: CovarianceFactor) {
    self.name = name
    self.mean = mean
    self.factor = factor
    trace = factor.trace
  }
}

extension CovarianceFactor {
  /// The trace of the covariance: the sum of squares of the factor.
  var trace: Double {
    let elements =
      switch self {
      case .triangular(let cholesky): cholesky.factor.elements
      case .rows(let rows): rows.elements
      }
    return elements.reduce(0) { $0 + $1 * $1 }
  }
}
