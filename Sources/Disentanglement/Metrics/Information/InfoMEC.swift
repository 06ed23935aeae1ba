import BenchSupport
import Glibc
public import LinearAlgebra

/// InfoMEC: modularity (InfoM), compactness (InfoC) and explicitness (InfoE) from information.
///
/// *Disentanglement via Latent Quantization*, arXiv:2305.18378, §5. Mutual information between each
/// source and latent over the source's entropy; InfoM averages, over active latents, the share of
/// the best source, InfoC averages, over sources, the share of the best active latent, both rescaled
/// so that an even spread is 0; InfoE is the share of the log loss that a class-balanced,
/// unpenalised logistic regression saves over knowing nothing, on its own training data and after at
/// most 100 L-BFGS steps.
public struct InfoMEC: Sendable, Equatable {
  /// Which latents count as active; the two published programs disagree.
  public enum ActiveRule: Sendable, Equatable {
    /// `latent_quantization`: a range above a twentieth of the widest one; any range if discrete.
    case range
    /// `tripod` (arXiv:2404.10282): an interquartile range above a tenth of the widest one; above
    /// 0.1 if discrete.
    case interquartileRange
  }

  /// How mutual information is estimated.
  public enum LatentKind: Sendable, Equatable {
    /// Ross's estimator with 10 neighbours on standardised latents.
    case continuous
    /// Plug-in estimator on the distinct values of each latent.
    case discrete
  }

  /// Modularity; 0 if no latent is active.
  public let infoM: Double
  /// Compactness; 0 if no latent is active.
  public let infoC: Double
  /// Explicitness; 0 if no latent is active.
  public let infoE: Double
  /// Mutual information over the source's entropy, `[factor, latent]`.
  public let normalizedInformation: Matrix<Double>
  /// The active latents, in increasing order.
  public let activeLatents: [Int]

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`.
  ///   - factors: The factors of the same samples; at least two, each with at least two classes.
  ///   - latents: How information about the latents is estimated.
  ///   - activeRule: Which latents count as active.
  ///   - seed: Seed of the noise of 1e-10 that separates ties; the reference's is unseeded.
  /// - Throws: ``DisentanglementError`` if there is one factor, a factor has one class, only one
  ///   latent is active (the reference divides 0 by 0), or latents are taken for discrete of which
  ///   one has more distinct values than half of the samples.
  public init(
    codes: Codes, factors: Factors, latents: LatentKind = .continuous,
    activeRule: ActiveRule = .range, seed: UInt32 = 0
  ) throws(DisentanglementError) {
    let metric = InfoMEC.name(latents, activeRule)
    let labelled = try LabelledCodes(codes: codes, factors: factors)
    let sources = try labelled.factors.variedLabels(metric: metric)
    guard sources.count >= 2 else {
      throw .tooFewFactors(metric: metric, needed: 2, found: sources.count)
    }
    let standardized = Standardization(codes).apply(codes.matrix)
    let distinct = latents == .discrete ? codes.distinctValues() : []
    // Values that hardly recur say nothing by their identity: every latent would know every source.
    if let latent = distinct.firstIndex(where: { 2 * $0.classCount > codes.sampleCount }) {
      throw .notApplicable(
        metric: metric,
        reason: "latent \(latent) has \(distinct[latent].classCount) distinct values in "
          + "\(codes.sampleCount) samples, so the codes are continuous; use infomec or infomec:tripod"
      )
    }
    let information =
      latents == .discrete
      ? mutualInformationMatrix(latents: distinct, factors: sources)
      : InfoMEC.neighborInformation(standardized, sources, seed: seed)
    var normalized = Matrix<Double>(rowCount: sources.count, columnCount: codes.latentCount)
    for (factor, source) in sources.enumerated() {
      let entropy = source.entropy
      for latent in 0..<codes.latentCount {
        normalized[factor, latent] = information[latent, factor] / entropy
      }
    }
    let active = InfoMEC.active(codes, latents, activeRule)
    normalizedInformation = normalized
    activeLatents = active
    guard !active.isEmpty else {
      infoM = 0
      infoC = 0
      infoE = 0
      return
    }
    guard active.count >= 2 else {
      throw .tooFewLatents(metric: "\(metric) (active latents)", needed: 2, found: active.count)
    }
    infoM = InfoMEC.concentration(
      active.map { latent in normalized.column(latent) })
    infoC = InfoMEC.concentration(
      sources.indices.map { factor in active.map { normalized[factor, $0] } })
    let features =
      latents == .discrete ? FeatureRows(oneHot: distinct) : FeatureRows.dense(standardized)
    infoE = Parallel.map(sources.count) { savedLogLoss(features, sources[$0]) }.mean
  }

  /// The mean share of the largest entry in each list, rescaled so that equal entries give 0.
  ///
  /// A list of zeros (0/0 in the reference) has nothing concentrated and counts as equal entries.
  private static func concentration(_ lists: [[Double]]) -> Double {
    let even = 1 / Double(lists[0].count)
    let shares = lists.map { list in
      let sum = list.reduce(0, +)
      return sum > 0 ? (list.max() ?? 0) / sum : even
    }
    return (shares.mean - even) / (1 - even)
  }

  private static func active(
    _ codes: Codes, _ latents: LatentKind, _ rule: ActiveRule
  ) -> [Int] {
    let spreads = (0..<codes.latentCount).map { latent -> Double in
      let sorted = codes.latent(latent).sorted()
      return switch rule {
      case .range: sorted[sorted.count - 1] - sorted[0]
      case .interquartileRange:
        quantile(0.75, ofSorted: sorted) - quantile(0.25, ofSorted: sorted)
      }
    }
    let widest = spreads.max() ?? 0
    let threshold =
      switch (rule, latents) {
      case (.range, .continuous): widest / 20
      case (.range, .discrete): 0.0
      case (.interquartileRange, .continuous): widest / 10
      case (.interquartileRange, .discrete): 0.1
      }
    return spreads.indices.filter { spreads[$0] > threshold }
  }

  /// Ross's estimate of every latent and source, `[latent, factor]`.
  private static func neighborInformation(
    _ standardized: Matrix<Double>, _ sources: [Labels], seed: UInt32
  ) -> Matrix<Double> {
    var random = NumPyRandom(seed: seed)
    let columns = (0..<standardized.columnCount).map { latent -> [Double] in
      let values = standardized.column(latent)
      let scale = 1e-10 * max(1, values.map { abs($0) }.mean)
      return values.map { $0 + scale * random.randn() }
    }
    let estimator = NearestNeighborInformation(neighborCount: 10)
    let rows = Parallel.map(columns.count) { latent in
      sources.map { estimator.estimate(columns[latent], $0) }
    }
    return Matrix(
      rowCount: columns.count, columnCount: sources.count, elements: rows.flatMap { $0 })
  }

  /// The catalog's name of a variant.
  fileprivate static func name(_ latents: LatentKind, _ rule: ActiveRule) -> String {
    switch (rule, latents) {
    case (.range, .continuous): "infomec"
    case (.range, .discrete): "infomec:discrete"
    case (.interquartileRange, .continuous): "infomec:tripod"
    case (.interquartileRange, .discrete): "infomec:tripod-discrete"
    }
  }
}

/// The share of the log loss that a logistic regression saves on its training data.
private func savedLogLoss(_ features: FeatureRows, _ source: Labels) -> Double {
  var configuration = LogisticRegression.Configuration()
  configuration.inversePenalty = nil
  configuration.isBalanced = true
  let model = LogisticRegression(
    features: features, labels: source, configuration: configuration)
  let probabilities = model.probabilities(features)
  let loss = source.values.enumerated().map { sample, label in
    -log(max(Double.ulpOfOne, probabilities[Int(label), sample]))
  }.mean
  // Without features, balanced classes are all equally probable.
  let chance = log(Double(source.classCount))
  return (chance - loss) / chance
}

extension FeatureRows {
  /// One 0/1 feature for every class of every variable.
  init(oneHot variables: [Labels]) {
    var offsets: [Int32] = []
    var columnCount = 0
    for variable in variables {
      offsets.append(Int32(columnCount))
      columnCount += variable.classCount
    }
    let sampleCount = variables.first?.values.count ?? 0
    self = .oneHot(
      positions: (0..<sampleCount).flatMap { sample in
        zip(variables, offsets).map { $0.values[sample] + $1 }
      }, perRow: variables.count, columnCount: columnCount)
  }
}

extension Codes {
  /// Every latent's distinct values, numbered in increasing order.
  func distinctValues() -> [Labels] {
    Parallel.map(latentCount) { Labels(self.latent($0)) }
  }
}

extension MetricDefinition {
  /// `infomec`.
  static let infoMEC = infoMEC(.continuous, .range)
  /// `infomec:discrete`.
  static let discreteInfoMEC = infoMEC(.discrete, .range)
  /// `infomec:tripod`.
  static let tripodInfoMEC = infoMEC(.continuous, .interquartileRange)
  /// `infomec:tripod-discrete`.
  static let tripodDiscreteInfoMEC = infoMEC(.discrete, .interquartileRange)

  private static func infoMEC(
    _ latents: InfoMEC.LatentKind, _ rule: InfoMEC.ActiveRule
  ) -> MetricDefinition {
    let name = InfoMEC.name(latents, rule)
    let words =
      (latents == .discrete
        ? "plug-in information on the latents' distinct values"
        : "nearest-neighbour information (10 neighbours)")
      + (rule == .range ? ", active latents by range" : ", active latents by interquartile range")
    return MetricDefinition(
      MetricDescription(name: name, headline: "infom"), summary: "InfoMEC, \(words)",
      requirements: [.factors]
    ) { input in
      let score = try InfoMEC(
        codes: input.codes, factors: try input.factors(for: name), latents: latents,
        activeRule: rule, seed: input.seed)
      return try MetricResult(
        metric: name,
        scores: [
          .init("infom", score.infoM), .init("infoc", score.infoC), .init("infoe", score.infoE),
        ],
        details: [
          "nmi": score.normalizedInformation.json,
          "active_latents": .array(score.activeLatents.map { .integer($0) }),
        ],
        estimator: "\(words); InfoE by unpenalised balanced logistic regression, 100 iterations")
    }
  }
}
