import BenchSupport
import LinearAlgebra

/// The Fréchet distance extrapolated to infinitely many generated images (FID∞).
///
/// The distance of `N` samples exceeds its limit by about `c / N`: it is computed for random
/// subsets of several sizes and a least-squares line in `1/N` is read off at 0. *Effectively
/// Unbiased FID and Inception Score and where to find them*, arXiv:1911.07023; like its code, 15
/// evenly spaced sizes, but drawn by Philox.
public struct FrechetExtrapolation: Sendable, Equatable {
  /// The extrapolated distance.
  public let value: Double
  /// The slope in `1/N`.
  public let slope: Double
  /// The subset sizes, smallest first.
  public let sizes: [Int]
  /// The distance at each size.
  public let distances: [Double]

  /// Computes the extrapolation.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images, all of which are used every time.
  ///   - generated: Features of the generated images.
  ///   - smallestSize: The smallest subset; nil for 5000, or a tenth of the set if that is fewer
  ///     than 10,000.
  ///   - pointCount: Number of sizes; at least 2.
  ///   - seed: Seed of the subsets.
  /// - Throws: ``GenerationError`` if widths differ or the generated set is too small.
  public init(
    reference: FeatureSet, generated: FeatureSet, smallestSize: Int? = nil, pointCount: Int = 15,
    seed: UInt64 = 0
  ) throws(GenerationError) {
    try GenerationError.requireEqualWidth(reference, generated)
    guard pointCount >= 2 else {
      throw .invalidParameter(
        name: "the number of FID∞ sizes", value: pointCount, expected: "at least 2")
    }
    let count = generated.count
    let smallest = smallestSize ?? (count >= 10_000 ? 5000 : max(2, count / 10))
    guard smallest >= 2 && count >= smallest + pointCount else {
      throw .tooFewSamples(
        set: generated.name, found: count, needed: max(2, smallest) + pointCount,
        metric: "FID∞ with \(pointCount) sizes from \(smallest)")
    }
    let operand = try reference.frechetOperand()
    let sizes = (0..<pointCount).map { smallest + $0 * (count - smallest) / (pointCount - 1) }
    var distances: [Double] = []
    for (index, size) in sizes.enumerated() {
      var random = Philox(seed: seed, stream: UInt64(index))
      let subset = generated.rows(at: random.permutation(of: count).prefix(size))
      let other = try FrechetOperand(subset, name: generated.name)
      distances.append(try FrechetDistance(operand, other).value)
    }
    let inverses = sizes.map { 1 / Double($0) }
    let meanInverse = inverses.reduce(0, +) / Double(pointCount)
    let meanDistance = distances.reduce(0, +) / Double(pointCount)
    let covariance = zip(inverses, distances).reduce(0) {
      $0 + ($1.0 - meanInverse) * ($1.1 - meanDistance)
    }
    let variance = inverses.reduce(0) { $0 + ($1 - meanInverse) * ($1 - meanInverse) }
    slope = covariance / variance
    value = meanDistance - slope * meanInverse
    self.sizes = sizes
    self.distances = distances
  }
}
