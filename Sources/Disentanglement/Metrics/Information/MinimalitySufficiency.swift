import BenchSupport
public import LinearAlgebra

/// How much of a latent is about one factor (minimality), and how much of a factor is in one latent
/// (sufficiency).
///
/// `mean_j max_i I(y_i; z_j) / H(z_j)` and `mean_i max_j I(y_i; z_j) / H(y_i)` with plug-in information on 15
/// bins of equal width. *Rethinking Disentanglement under Dependent Factors of Variation*, arXiv:2408.07016, with
/// the estimator of its code's `min_suf.py`. Neither asks for independent factors, and the plug-in bias of
/// ``MutualInformationGap`` is in both. Constant latents, which give NaN there, are left out.
public struct MinimalitySufficiency: Sendable, Equatable {
  /// The mean over the latents that vary, in 0…1.
  public let minimality: Double
  /// The mean over the factors, in 0…1.
  public let sufficiency: Double
  /// The latents that vary; those of ``minimalityOfLatent``.
  public let activeLatents: [Int]
  /// The minimality of each latent that varies.
  public let minimalityOfLatent: [Double]
  /// The sufficiency for each factor.
  public let sufficiencyOfFactor: [Double]
  /// Mutual information in nats, `[latent, factor]`.
  public let mutualInformation: Matrix<Double>

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`.
  ///   - factors: The factors of the same samples; each with at least two classes.
  ///   - binCount: Number of histogram bins of each latent.
  ///   - metric: The metric's name, for messages.
  /// - Throws: ``DisentanglementError`` if a factor has one class, if no latent varies, or if numbers of
  ///   samples differ.
  public init(
    codes: Codes, factors: Factors, binCount: Int = 15, metric: String = "minimality"
  ) throws(DisentanglementError) {
    let labels = try LabelledCodes(codes: codes, factors: factors).factors.variedLabels(
      metric: metric)
    let latents = binnedLatents(codes, HistogramDiscretizer(binCount: binCount))
    let information = mutualInformationMatrix(latents: latents, factors: labels)
    let active = latents.indices.filter { latents[$0].classCount > 1 }
    guard !active.isEmpty else { throw .noActiveLatents(metric: metric) }
    activeLatents = active
    minimalityOfLatent = active.map {
      (information.row($0).max() ?? 0) / latents[$0].entropy
    }
    sufficiencyOfFactor = labels.indices.map {
      (information.column($0).max() ?? 0) / labels[$0].entropy
    }
    minimality = minimalityOfLatent.mean
    sufficiency = sufficiencyOfFactor.mean
    mutualInformation = information
  }
}

extension MetricParameter {
  fileprivate static let fewerBins = MetricParameter.whole(
    "n_bins", 15, in: 1...100_000, "histogram bins of the codes")
}

extension MetricDefinition {
  /// `minimality`.
  static let minimality = MetricDefinition(
    MetricDescription(name: "minimality"),
    summary: "Share of each latent's information that is about one factor",
    requirements: [.factors], parameters: [.fewerBins]
  ) { input in
    let (scores, words) = try scores(input, metric: "minimality")
    return try MetricResult(
      metric: "minimality", scores: [.init("value", scores.minimality)],
      details: [
        "per_latent": .numbers(scores.minimalityOfLatent),
        "active_latents": .array(scores.activeLatents.map { .integer($0) }),
        "mutual_information": scores.mutualInformation.json,
      ],
      estimator: "\(words), divided by the latent's entropy; constant latents left out")
  }

  /// `sufficiency`.
  static let sufficiency = MetricDefinition(
    MetricDescription(name: "sufficiency"),
    summary: "Share of each factor's information that is in one latent",
    requirements: [.factors], parameters: [.fewerBins]
  ) { input in
    let (scores, words) = try scores(input, metric: "sufficiency")
    return try MetricResult(
      metric: "sufficiency", scores: [.init("value", scores.sufficiency)],
      details: [
        "per_factor": .numbers(scores.sufficiencyOfFactor),
        "mutual_information": scores.mutualInformation.json,
      ],
      estimator: "\(words), divided by the factor's entropy")
  }

  private static func scores(
    _ input: MetricInput, metric: String
  ) throws(DisentanglementError) -> (MinimalitySufficiency, String) {
    let binCount = input.settings.count(.fewerBins, of: metric)
    let scores = try MinimalitySufficiency(
      codes: input.codes, factors: try input.factors(for: metric), binCount: binCount,
      metric: metric)
    return (scores, "largest plug-in mutual information, \(binCount) histogram bins")
  }
}
