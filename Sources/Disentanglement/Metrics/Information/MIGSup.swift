import BenchSupport
import LinearAlgebra

/// MIG-sup: how much more a latent tells about its best factor than about the second best.
///
/// *Progressive Learning and Disentanglement of Hierarchical Representations*, arXiv:2002.10549,
/// §4, with the review's estimator (arXiv:2012.09276, 10 bins on scaled codes): the mean over
/// latents of the gap of mutual information over the latent's entropy. A constant latent, where the
/// review's code gives NaN, has gap 0 and counts.
public struct MIGSup: Sendable, Equatable {
  /// The mean gap over the latents, in 0…1.
  public let value: Double
  /// The gap of each latent.
  public let gapOfLatent: [Double]

  /// Scores codes.
  ///
  /// - Throws: ``DisentanglementError`` if there is one factor or a factor has one class.
  public init(codes: Codes, factors: Factors) throws(DisentanglementError) {
    let information = try ReviewInformation(
      codes: codes, factors: factors, metric: "mig-sup", factorsNeeded: 2)
    let normalized = information.normalizedByLatent
    gapOfLatent = (0..<normalized.rowCount).map { topTwoGap(Array(normalized.row($0))) }
    value = gapOfLatent.mean
  }
}

extension MetricDefinition {
  /// `mig-sup`.
  static let migSup = MetricDefinition(
    MetricDescription(name: "mig-sup"),
    summary: "MIG-sup: gap between factors per latent, review estimator",
    requirements: [.factors]
  ) { input in
    let score = try MIGSup(codes: input.codes, factors: try input.factors(for: "mig-sup"))
    return try MetricResult(
      metric: "mig-sup", scores: [.init("value", score.value)],
      details: ["per_latent": .numbers(score.gapOfLatent)],
      estimator: "plug-in mutual information over the latent's entropy, 10 bins on scaled codes")
  }

  /// `mig:review`.
  static let reviewMutualInformationGap = MetricDefinition(
    MetricDescription(name: "mig:review"),
    summary: "MIG as the review's code computes it: normalised by the latent's entropy, 10 bins",
    requirements: [.factors]
  ) { input in
    let information = try ReviewInformation(
      codes: input.codes, factors: try input.factors(for: "mig:review"), metric: "mig:review",
      latentsNeeded: 2)
    let normalized = information.normalizedByLatent
    let gaps = (0..<normalized.columnCount).map { topTwoGap(normalized.column($0)) }
    return try MetricResult(
      metric: "mig:review", scores: [.init("value", gaps.mean)],
      details: ["per_factor": .numbers(gaps)],
      estimator: "plug-in mutual information over the latent's entropy, 10 bins on scaled codes")
  }

  /// `modularity:review`.
  static let reviewModularity = MetricDefinition(
    MetricDescription(name: "modularity:review"),
    summary: "Modularity with the review's 10 bins on scaled codes",
    requirements: [.factors]
  ) { input in
    let information = try ReviewInformation(
      codes: input.codes, factors: try input.factors(for: "modularity:review"),
      metric: "modularity:review", factorsNeeded: 2)
    return try Modularity(
      mutualInformation: information.matrix, metric: "modularity:review"
    ).result(
      "modularity:review",
      estimator: "plug-in mutual information, 10 bins on scaled codes; latents without "
        + "information score 0 and count")
  }
}
