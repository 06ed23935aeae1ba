import BenchSupport
public import LinearAlgebra

/// The mutual information gap (MIG): how much more the best latent knows of a factor than the
/// second best.
///
/// `mean_k (I_(1)k − I_(2)k) / H_k` with plug-in mutual information in nats on histogram bins.
/// *Isolating Sources of Disentanglement in VAEs*, arXiv:1802.04942, Eq. 6, with the estimator of
/// disentanglement_lib's `mig.py` (20 bins). Independent noise does not score 0: the plug-in bias
/// is about (bins − 1)(classes − 1) / 2N nats.
public struct MutualInformationGap: Sendable, Equatable {
  /// The mean gap over the factors, in 0…1.
  public let value: Double
  /// The normalised gap of each factor.
  public let gapOfFactor: [Double]
  /// Mutual information in nats, `[latent, factor]`.
  public let mutualInformation: Matrix<Double>
  /// Entropy of each factor in nats.
  public let factorEntropy: [Double]
  /// The edges of each latent's bins.
  public let binEdges: [[Double]]

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`; at least two latents.
  ///   - factors: The factors of the same samples; each with at least two classes.
  ///   - binCount: Number of histogram bins.
  /// - Throws: ``DisentanglementError`` if a factor has one class (the reference gives NaN), if
  ///   there is one latent, or if numbers of samples differ.
  public init(
    codes: Codes, factors: Factors, binCount: Int = 20
  ) throws(DisentanglementError) {
    let labelled = try LabelledCodes(codes: codes, factors: factors)
    guard codes.latentCount >= 2 else {
      throw .tooFewLatents(metric: "mig", needed: 2, found: codes.latentCount)
    }
    let labels = try labelled.factors.variedLabels(metric: "mig")
    let discretizer = HistogramDiscretizer(binCount: binCount)
    let information = mutualInformationMatrix(
      codes: codes, factors: labels, discretizer: discretizer)
    factorEntropy = labels.map(\.entropy)
    gapOfFactor = zip(labels.indices, factorEntropy).map { factor, entropy in
      topTwoGap(information.column(factor)) / entropy
    }
    value = gapOfFactor.mean
    mutualInformation = information
    binEdges = (0..<codes.latentCount).map {
      discretizer.edges(of: codes.latent($0), precision: codes.precision)
    }
  }
}

extension MetricDefinition {
  /// `mig`.
  static let mutualInformationGap = MetricDefinition(
    MetricDescription(name: "mig", protocolID: "dlib"),
    summary: "Mutual information gap, 20 histogram bins", requirements: [.factors],
    sampling: .samples(10_000), parameters: [.binCount]
  ) { input in
    let binCount = input.settings.count(.binCount, of: "mig")
    let mig = try MutualInformationGap(
      codes: input.codes, factors: try input.factors(for: "mig"), binCount: binCount)
    return try MetricResult(
      metric: "mig", scores: [.init("value", mig.value)],
      details: [
        "per_factor": .numbers(mig.gapOfFactor),
        "mutual_information": mig.mutualInformation.json,
        "factor_entropy": .numbers(mig.factorEntropy),
        "bin_edges": .array(mig.binEdges.map { .numbers($0) }),
      ],
      estimator: "plug-in mutual information in nats, \(binCount) histogram bins with edges in "
        + "\(input.codes.precision.rawValue), gap divided by the factor's entropy")
  }
}
