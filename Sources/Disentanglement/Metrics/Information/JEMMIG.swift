import BenchSupport
import Glibc
import LinearAlgebra

/// JEMMIG: the mutual information gap with a penalty for what the best latent knows besides.
///
/// *Theory and Evaluation Metrics for Learning Disentangled Representations*, arXiv:1908.09961, §3,
/// in the review's normalised form (arXiv:2012.09276): the mean over factors of
/// `1 − (H(v, z*) − I₁ + I₂) / (H(v) + log bins)`. If several latents tie for the best, the last
/// counts as `z*`; the choice is arbitrary in the reference.
public struct JEMMIG: Sendable, Equatable {
  /// The mean over the factors; larger is better.
  public let value: Double
  /// The score of each factor.
  public let scoreOfFactor: [Double]

  /// Scores codes.
  ///
  /// - Throws: ``DisentanglementError`` if there is one latent or a factor has one class.
  public init(codes: Codes, factors: Factors) throws(DisentanglementError) {
    let information = try ReviewInformation(
      codes: codes, factors: factors, metric: "jemmig", latentsNeeded: 2)
    scoreOfFactor = information.factors.enumerated().map { factor, labels in
      let column = information.matrix.column(factor)
      let best = column.indices.reduce(0) { column[$1] >= column[$0] ? $1 : $0 }
      let entropy = labels.entropy
      // H(v, z) = H(v) + H(z) − I(v; z)
      let joint = entropy + information.latents[best].entropy - column[best]
      let penalised = joint - topTwoGap(column)
      return 1 - penalised / (entropy + log(Double(ReviewInformation.binCount)))
    }
    value = scoreOfFactor.mean
  }
}

extension MetricDefinition {
  /// `jemmig`.
  static let jemmig = MetricDefinition(
    MetricDescription(name: "jemmig"), summary: "JEMMIG, normalised, review estimator",
    requirements: [.factors]
  ) { input in
    let score = try JEMMIG(codes: input.codes, factors: try input.factors(for: "jemmig"))
    return try MetricResult(
      metric: "jemmig", scores: [.init("value", score.value)],
      details: ["per_factor": .numbers(score.scoreOfFactor)],
      estimator: "plug-in information, 10 bins on scaled codes, normalised by factor entropy plus "
        + "log bins")
  }
}
