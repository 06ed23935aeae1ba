import BenchSupport
public import LinearAlgebra

/// Separated attribute predictability (SAP): how much better the best latent alone predicts a
/// factor than the second best.
///
/// *Variational Inference of Disentangled Latent Concepts*, arXiv:1711.00848, §3, with the
/// estimators of disentanglement_lib's `sap_score.py`.
public struct SeparatedAttributePredictability: Sendable, Equatable {
  /// How well one latent predicts one factor.
  public enum Estimator: Sendable, Equatable {
    /// Test accuracy of a linear support vector machine (`C` 0.01, balanced classes, squared
    /// hinge, regularised bias, one against the rest) at its exact optimum.
    case classification
    /// Squared Pearson correlation on the training sample (divisor n − 1); 0 for a latent whose
    /// variance is at most 1e-12.
    case correlation
  }

  /// The mean gap over the factors, in 0…1.
  public let value: Double
  /// Predictability, `[latent, factor]`.
  public let scoreMatrix: Matrix<Double>

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - train: The sample to fit on; at least two latents, factors with at least two classes.
  ///   - test: The held-out sample; not used by ``Estimator/correlation``.
  ///   - estimator: How predictability is measured.
  /// - Throws: ``DisentanglementError`` if there is one latent or a factor has one class.
  public init(
    train: LabelledCodes, test: LabelledCodes, estimator: Estimator = .classification
  ) throws(DisentanglementError) {
    let metric = estimator == .classification ? "sap" : "sap:continuous"
    let latentCount = train.codes.latentCount
    guard latentCount >= 2 else {
      throw .tooFewLatents(metric: metric, needed: 2, found: latentCount)
    }
    _ = try train.factors.variedLabels(metric: metric)
    let scores =
      switch estimator {
      case .classification: try Self.accuracies(train, test)
      case .correlation: Self.squaredCorrelations(ValuedCodes(train))
      }
    scoreMatrix = scores
    value = (0..<scores.columnCount).map { topTwoGap(scores.column($0)) }.mean
  }

  /// Scores codes by the values of factors, with ``Estimator/correlation``.
  ///
  /// - Parameter sample: At least two latents; factors that vary.
  /// - Throws: ``DisentanglementError`` if there is one latent or a factor does not vary.
  public init(_ sample: ValuedCodes) throws(DisentanglementError) {
    let metric = "sap:continuous"
    guard sample.codes.latentCount >= 2 else {
      throw .tooFewLatents(metric: metric, needed: 2, found: sample.codes.latentCount)
    }
    try sample.requireVaried(metric: metric)
    let scores = Self.squaredCorrelations(sample)
    scoreMatrix = scores
    value = (0..<scores.columnCount).map { topTwoGap(scores.column($0)) }.mean
  }

  private static func accuracies(
    _ train: LabelledCodes, _ test: LabelledCodes
  ) throws(DisentanglementError) -> Matrix<Double> {
    let matched = (0..<train.factors.factorCount).map {
      MatchedLabels(train: train.factors.columns[$0], test: test.factors.columns[$0])
    }
    let rows = Parallel.map(train.codes.latentCount) { latent in
      let feature = SortedFeature(train.codes.latent(latent))
      let testValues = test.codes.latent(latent)
      return matched.map { factor in
        let machine = SingleFeatureSVM(feature: feature, labels: factor.train, penalty: 0.01)
        return machine.isFinite ? machine.accuracy(on: testValues, classes: factor.test) : .nan
      }
    }
    if let latent = rows.firstIndex(where: { $0.contains(where: \.isNaN) }) {
      throw .undefined(
        metric: "sap", quantity: "the classifier on latent \(latent)",
        reason: "the codes are too large for double precision; rescale them")
    }
    return Matrix(
      rowCount: rows.count, columnCount: matched.count, elements: rows.flatMap { $0 })
  }

  private static func squaredCorrelations(_ train: ValuedCodes) -> Matrix<Double> {
    let factors = train.values.columns.map { Centred($0) }
    let rows = Parallel.map(train.codes.latentCount) { latent -> [Double] in
      let codes = Centred(train.codes.latent(latent))
      let divisor = Double(max(1, train.sampleCount - 1))
      guard codes.squares / divisor > 1e-12 else { return factors.map { _ in 0 } }
      return factors.map { factor in
        let product = zip(codes.values, factor.values).reduce(0) { $0 + $1.0 * $1.1 }
        return product / codes.squares * (product / factor.squares)
      }
    }
    return Matrix(
      rowCount: rows.count, columnCount: factors.count, elements: rows.flatMap { $0 })
  }
}

/// Values minus their mean, and the sum of their squares.
private struct Centred {
  let values: [Double]
  let squares: Double

  init(_ raw: [Double]) {
    let mean = raw.mean
    values = raw.map { $0 - mean }
    squares = values.reduce(0) { $0 + $1 * $1 }
  }
}

extension MetricDefinition {
  /// `sap`.
  static let separatedAttributePredictability = sap(
    "sap", .classification,
    "test accuracy of LinearSVC(C=0.01, balanced) per latent at the exact optimum")

  /// `sap:continuous`.
  static let continuousSeparatedAttributePredictability = sap(
    "sap:continuous", .correlation, "squared Pearson correlation on the training sample")

  private static func sap(
    _ name: String, _ estimator: SeparatedAttributePredictability.Estimator, _ words: String
  ) -> MetricDefinition {
    MetricDefinition(
      MetricDescription(name: name, protocolID: estimator == .classification ? "dlib" : nil),
      summary: "Separated attribute predictability, \(words)",
      requirements: estimator == .correlation ? [.factorValues] : [.factors],
      sampling: estimator == .classification ? .studySplit : .samples(10_000)
    ) { input in
      // The correlation is not tested on other samples, so it may use all there are.
      guard estimator == .classification else {
        let sap = try SeparatedAttributePredictability(input.valuedCodes(for: name))
        return try MetricResult(
          metric: name, scores: [.init("value", sap.value)],
          details: ["score_matrix": sap.scoreMatrix.json], estimator: words)
      }
      let split = try input.trainTestSplit(metric: name)
      let sap = try SeparatedAttributePredictability(train: split.train, test: split.test)
      return try MetricResult(
        metric: name, scores: [.init("value", sap.value)],
        details: ["score_matrix": sap.scoreMatrix.json],
        estimator: "\(words); \(split.words)")
    }
  }
}
