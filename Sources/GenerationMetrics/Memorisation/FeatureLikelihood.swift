import BenchSupport
import LinearAlgebra

/// The feature likelihood divergence (FLD): how likely held-out samples are under Gaussians around the
/// generated ones.
///
/// *Feature Likelihood Divergence: Evaluating the Generalization of Generative Models Using Samples*,
/// arXiv:2302.04440, as the package fld (2024-02) has it. Features are standardised by the held-out set;
/// Gaussians around at most 10,000 generated samples are fitted to the training set; the mean negative
/// log-likelihood of the held-out set per feature is compared with that under Gaussians around one half of
/// the training set, fitted to the other half; times 100. The draws that the package leaves unseeded come
/// from Philox; double precision.
public struct FeatureLikelihood: Sendable, Equatable {
  /// How much less likely the held-out set is than under the training set itself, times 100.
  public let value: Double
  /// The negative log-likelihood of the training set less that of the held-out set, times 100: far below 0
  /// for a generator that has memorised.
  public let gap: Double

  private static let generatedLimit = 10_000
  /// Distances of one fit: 4 GiB.
  private static let distanceLimit = 1 << 29

  /// Computes both.
  ///
  /// - Parameters:
  ///   - training: Features of the training images; at least four.
  ///   - heldOut: Features of real images that were not trained on; at least two.
  ///   - generated: Features of the generated images.
  ///   - seed: Seed of the draws.
  /// - Throws: ``GenerationError`` if widths differ, a set is too small or too large, or a feature does not
  ///   vary in the held-out set.
  public init(
    training: FeatureSet, heldOut: FeatureSet, generated: FeatureSet, seed: UInt64 = 0
  ) throws {
    var stream: UInt64 = 0
    try self.init(training: training, heldOut: heldOut, generated: generated) { count in
      var random = Philox(seed: seed, stream: stream)
      stream += 1
      return random.permutation(of: count)
    }
  }

  /// The same with given random orders.
  package init(
    training: FeatureSet, heldOut: FeatureSet, generated: FeatureSet, order: (Int) -> [Int]
  ) throws {
    try GenerationError.requireEqualWidth(training, heldOut)
    try GenerationError.requireEqualWidth(training, generated)
    for (set, needed) in [(training, 4), (heldOut, 2), (generated, 1)] where set.count < needed {
      throw GenerationError.tooFewSamples(
        set: set.name, found: set.count, needed: needed, metric: "'fld'")
    }
    let most = min(Self.generatedLimit, generated.count)
    guard training.count <= Self.distanceLimit / most else {
      throw GenerationError.invalidParameter(
        name: "the number of images of \(training.name)", value: training.count,
        expected: "at most \(Self.distanceLimit / most) for 'fld' with \(most) generated ones")
    }
    let scale = try Standardisation(heldOut)
    let train = scale.applied(to: training.features)
    let test = scale.applied(to: heldOut.features)
    var made = scale.applied(to: generated.features)
    if made.rowCount > most { made = Self.rows(of: made, order(made.rowCount).prefix(most)) }
    let mixture = try GaussianMixture(centres: made, fittedTo: train, order: order)
    let testLikelihood = try mixture.meanNegativeLogLikelihood(of: test)
    gap = 100 * (try mixture.meanNegativeLogLikelihood(of: train) - testLikelihood)
    let shuffled = order(train.rowCount)
    let size = min(made.rowCount, train.rowCount / 2)
    let baseline = try GaussianMixture(
      centres: Self.rows(of: train, shuffled.prefix(size)),
      fittedTo: Self.rows(of: train, shuffled.dropFirst(size)), order: order)
    value = 100 * (testLikelihood - (try baseline.meanNegativeLogLikelihood(of: test)))
  }

  private static func rows(
    of matrix: Matrix<Double>, _ rows: some Collection<Int>
  ) -> Matrix<Double> {
    Matrix(
      rowCount: rows.count, columnCount: matrix.columnCount,
      elements: rows.flatMap { matrix.row($0) })
  }
}

/// Features less the held-out set's mean, in its standard deviations (divisor N − 1).
private struct Standardisation {
  private let mean: [Double]
  private let deviations: [Double]

  init(_ set: FeatureSet) throws(GenerationError) {
    let (count, width) = (set.count, set.width)
    let mean = columnMeans(set.features)
    var squares = [Double](repeating: 0, count: width)
    for row in 0..<count {
      for column in 0..<width {
        let difference = Double(set.features.elements[row * width + column]) - mean[column]
        squares[column] += difference * difference
      }
    }
    if let column = squares.firstIndex(where: { $0 <= 0 }) {
      throw .constantFeature(set: set.name, column: column, metric: "'fld'")
    }
    self.mean = mean
    deviations = squares.map { ($0 / Double(count - 1)).squareRoot() }
  }

  func applied(to features: Matrix<Float>) -> Matrix<Double> {
    var result = Matrix<Double>(rowCount: features.rowCount, columnCount: features.columnCount)
    for row in 0..<features.rowCount {
      let start = row * features.columnCount
      for column in mean.indices {
        result.elements[start + column] =
          (Double(features.elements[start + column]) - mean[column]) / deviations[column]
      }
    }
    return result
  }
}
