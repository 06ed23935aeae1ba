import BenchSupport
public import LinearAlgebra

/// The mean correlation coefficient (MCC): how well factors are found among the latents, each by one, up
/// to sign and scale.
///
/// Absolute correlations of all latents with all factors, the assignment of a latent of its own to every
/// factor with the largest sum, and its mean: *Unsupervised Feature Extraction by Time-Contrastive Learning
/// and Nonlinear ICA*, arXiv:1605.06336, with the code of icebeem's `mean_corr_coef_np`. Differences of
/// ours: there may be more latents than factors, of which the best are taken, and a latent that does not
/// vary correlates with nothing (0, not NaN).
public struct MeanCorrelation: Sendable, Equatable {
  /// What correlations are of.
  public enum Coefficient: Sendable {
    /// Pearson's, of values.
    case pearson
    /// Spearman's, of ranks; equal values share their mean rank.
    case spearman
  }

  /// The mean absolute correlation of the assigned pairs, in 0…1.
  public let value: Double
  /// Absolute correlations of the sample that is scored, `[latent, factor]`.
  public let correlations: Matrix<Double>
  /// The latent assigned to each factor.
  public let latentOfFactor: [Int]

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - sample: At least as many latents as factors; factors that vary.
  ///   - test: The sample that correlations are averaged on, where it is not the one that assigns latents:
  ///     icebeem's `mean_corr_coef_out_of_sample`.
  ///   - coefficient: What correlations are of.
  ///   - metric: What errors call the metric.
  /// - Throws: ``DisentanglementError`` if there are fewer latents than factors or a factor does not vary.
  public init(
    _ sample: ValuedCodes, test: ValuedCodes? = nil, coefficient: Coefficient = .pearson,
    metric: String = "mcc"
  ) throws(DisentanglementError) {
    let (latentCount, factorCount) = (sample.codes.latentCount, sample.values.factorCount)
    guard latentCount >= factorCount else {
      throw .tooFewLatents(metric: metric, needed: factorCount, found: latentCount)
    }
    try sample.requireVaried(metric: metric)
    if let test {
      try sample.requireSameColumns(as: test, metric: metric)
      try test.requireVaried(metric: metric)
    }
    let own = Self.correlations(sample, coefficient)
    let cost = Matrix(
      rowCount: factorCount, columnCount: latentCount,
      elements: own.transposed().elements.map { -$0 })
    let assigned = cheapestAssignment(cost)
    let scored = test.map { Self.correlations($0, coefficient) } ?? own
    latentOfFactor = assigned
    correlations = scored
    value = assigned.enumerated().map { factor, latent in scored[latent, factor] }.mean
  }

  private static func correlations(
    _ sample: ValuedCodes, _ coefficient: Coefficient
  ) -> Matrix<Double> {
    @Sendable func direction(_ values: [Double]) -> [Double] {
      let values = coefficient == .spearman ? ranks(values) : values
      let mean = values.mean
      let centred = values.map { $0 - mean }
      let length = centred.reduce(0) { $0 + $1 * $1 }.squareRoot()
      // What rounding leaves of a latent that does not vary is no direction.
      let isConstant = values.allSatisfy { $0 == values[0] } || !(length > 0)
      return centred.map { isConstant ? 0 : $0 / length }
    }
    let factors = sample.values.columns.map(direction)
    let rows = Parallel.map(sample.codes.latentCount) { latent -> [Double] in
      let code = direction(sample.codes.latent(latent))
      return factors.map { factor in
        min(1, abs(zip(code, factor).reduce(0) { $0 + $1.0 * $1.1 }))
      }
    }
    return Matrix(
      rowCount: rows.count, columnCount: factors.count, elements: rows.flatMap { $0 })
  }

  /// Ranks from 1; equal values share their mean.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = sortedOrder(values)
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start
      while end < order.count && values[Int(order[end])] == values[Int(order[start])] { end += 1 }
      for place in start..<end { ranks[Int(order[place])] = Double(start + 1 + end) / 2 }
      start = end
    }
    return ranks
  }
}

extension MetricDefinition {
  /// `mcc`.
  static let meanCorrelation = correlationMetric("mcc", .pearson, "Pearson's, of all samples")
  /// `mcc:spearman`.
  static let meanRankCorrelation = correlationMetric(
    "mcc:spearman", .spearman, "Spearman's, of all samples")
  /// `mcc:out-of-sample`.
  static let meanCorrelationOutOfSample = correlationMetric(
    "mcc:out-of-sample", .pearson, "Pearson's, latents assigned on the training sample",
    isSplit: true)

  private static func correlationMetric(
    _ name: String, _ coefficient: MeanCorrelation.Coefficient, _ words: String,
    isSplit: Bool = false
  ) -> MetricDefinition {
    MetricDefinition(
      MetricDescription(name: name), summary: "Mean correlation coefficient, \(words)",
      requirements: [.factorValues], sampling: isSplit ? .studySplit : .everySample
    ) { input in
      let split = isSplit ? try input.valuedSplit(metric: name) : nil
      let found = try MeanCorrelation(
        split?.train ?? input.valuedCodes(for: name), test: split?.test,
        coefficient: coefficient, metric: name)
      return try MetricResult(
        metric: name, scores: [.init("value", found.value)],
        details: [
          "correlations": found.correlations.json,
          "latent_of_factor": .array(found.latentOfFactor.map { .integer($0) }),
        ],
        estimator:
          "absolute correlation, \(words), mean over the factors of the assignment with the "
          + "largest sum" + (split.map { "; \($0.words)" } ?? ""))
    }
  }
}
