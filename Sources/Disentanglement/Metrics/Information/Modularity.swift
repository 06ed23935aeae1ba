import BenchSupport
public import LinearAlgebra

/// Modularity: how nearly each latent depends on one factor only.
///
/// *Learning Deep Disentangled Embeddings with the F-Statistic Loss*, arXiv:1802.05312, §3, with
/// the estimator of disentanglement_lib's `modularity_explicitness.py`: per latent one minus the
/// squared mutual information with all but its best factor, relative to that with its best factor
/// times (factors − 1). A latent without information on any factor scores 0 and counts.
public struct Modularity: Sendable, Equatable {
  /// The mean over the latents, in 0…1.
  public let value: Double
  /// The score of each latent.
  public let modularityOfLatent: [Double]
  /// Mutual information in nats, `[latent, factor]`.
  public let mutualInformation: Matrix<Double>

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`.
  ///   - factors: The factors of the same samples; at least two.
  ///   - binCount: Number of histogram bins.
  /// - Throws: ``DisentanglementError`` if there is one factor or numbers of samples differ.
  public init(codes: Codes, factors: Factors, binCount: Int = 20) throws(DisentanglementError) {
    let labelled = try LabelledCodes(codes: codes, factors: factors)
    try self.init(
      mutualInformation: mutualInformationMatrix(
        codes: codes, factors: (0..<factors.factorCount).map { labelled.factors.labels($0) },
        discretizer: HistogramDiscretizer(binCount: binCount)),
      metric: "modularity")
  }

  /// Scores a mutual information matrix.
  init(mutualInformation: Matrix<Double>, metric: String) throws(DisentanglementError) {
    let factorCount = mutualInformation.columnCount
    guard factorCount >= 2 else {
      throw .tooFewFactors(metric: metric, needed: 2, found: factorCount)
    }
    self.mutualInformation = mutualInformation
    modularityOfLatent = (0..<mutualInformation.rowCount).map { latent in
      let squares = mutualInformation.row(latent).map { $0 * $0 }
      let best = squares.max() ?? 0
      guard best > 0 else { return 0 }
      return 1 - (squares.reduce(0, +) - best) / (best * Double(factorCount - 1))
    }
    value = modularityOfLatent.mean
  }
}

extension MetricDefinition {
  /// `modularity`.
  static let modularity = MetricDefinition(
    MetricDescription(name: "modularity", protocolID: "dlib"),
    summary: "Modularity of the mutual information matrix, 20 histogram bins",
    requirements: [.factors], sampling: .samples(10_000), parameters: [.binCount]
  ) { input in
    let binCount = input.settings.count(.binCount, of: "modularity")
    return try Modularity(
      codes: input.codes, factors: try input.factors(for: "modularity"), binCount: binCount
    ).result(
      "modularity",
      estimator:
        "plug-in mutual information, \(binCount) histogram bins; latents without information "
        + "score 0 and count")
  }
}

extension Modularity {
  func result(_ metric: String, estimator: String) throws(DisentanglementError) -> MetricResult {
    try MetricResult(
      metric: metric, scores: [.init("value", value)],
      details: [
        "per_latent": .numbers(modularityOfLatent),
        "mutual_information": mutualInformation.json,
      ], estimator: estimator)
  }
}
