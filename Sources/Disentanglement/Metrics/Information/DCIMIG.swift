import BenchSupport
import LinearAlgebra

/// DCIMIG (also 3CharM): for every factor the largest gap of a latent that prefers it, over the
/// factors' total entropy.
///
/// *How to Not Measure Disentanglement*, arXiv:1910.05587, §5, with the review's estimator
/// (arXiv:2012.09276, 10 bins on scaled codes).
public struct DCIMIG: Sendable, Equatable {
  /// The score, in 0…1.
  public let value: Double
  /// The largest gap of each factor in nats; 0 if no latent prefers it.
  public let gapOfFactor: [Double]

  /// Scores codes.
  ///
  /// - Throws: ``DisentanglementError`` if there is one factor or a factor has one class.
  public init(codes: Codes, factors: Factors) throws(DisentanglementError) {
    let information = try ReviewInformation(
      codes: codes, factors: factors, metric: "dcimig", factorsNeeded: 2)
    var gaps = [Double](repeating: 0, count: factors.factorCount)
    for latent in 0..<information.matrix.rowCount {
      let row = Array(information.matrix.row(latent))
      let best = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
      gaps[best] = max(gaps[best], topTwoGap(row))
    }
    gapOfFactor = gaps
    value = gaps.reduce(0, +) / information.factors.reduce(0) { $0 + $1.entropy }
  }
}

extension MetricDefinition {
  /// `dcimig`.
  static let dcimig = MetricDefinition(
    MetricDescription(name: "dcimig"), summary: "DCIMIG (3CharM), review estimator",
    requirements: [.factors]
  ) { input in
    let score = try DCIMIG(codes: input.codes, factors: try input.factors(for: "dcimig"))
    return try MetricResult(
      metric: "dcimig", scores: [.init("value", score.value)],
      details: ["per_factor": .numbers(score.gapOfFactor)],
      estimator: "plug-in mutual information in nats, 10 bins on scaled codes")
  }
}
