import BenchSupport
import LinearAlgebra

/// DCI with random forests, the estimator of *Tripod: Three Complementary Inductive Biases for
/// Disentangled Representation Learning*, arXiv:2404.10282, `disentangle/metrics/dci.py`.
///
/// One forest per factor on standardised latents: 100 bootstrapped trees of depth at most 10,
/// entropy, √latents drawn per split. Disentanglement and completeness as in ``DCI``; its scores are
/// not comparable with those of boosted trees.
public struct RandomForestDCI: Sendable, Equatable {
  /// Importance of each latent for each factor with disentanglement and completeness.
  public let importance: ImportanceMatrix
  /// Mean over the factors of the test accuracy.
  public let informativeness: Double
  /// Test accuracy of each factor.
  public let accuracyOfFactor: [Double]
  /// Number of training samples.
  public let trainCount: Int
  /// Number of test samples.
  public let testCount: Int

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - samples: At least two latents and two factors; each factor with at least two classes.
  ///   - test: Held-out samples; without them scikit-learn's
  ///     `train_test_split(test_size=0.1, random_state=42)` of `samples`.
  ///   - seed: Seed of the forests.
  /// - Throws: ``DisentanglementError`` as ``DCI/init(train:test:seed:)`` does.
  public init(
    _ samples: LabelledCodes, test: LabelledCodes? = nil, seed: UInt64 = 0
  ) throws(DisentanglementError) {
    let name = "dci:random-forest"
    let parts =
      if let test { TrainTestSplit(train: samples, test: test) } else {
        try samples.tripodSplit()
      }
    let (train, held) = (parts.train, parts.test)
    try train.requireShape(of: held, metric: name)
    let labels = try train.factors.variedLabels(metric: name)
    // The reference standardises before it splits.
    let scaling = Standardization(samples.codes)
    let codes = try train.codes.standardized(by: scaling).singlePrecision(metric: name)
    let testCodes = try held.codes.standardized(by: scaling).singlePrecision(metric: name)
    let features = SortedFeatures(codes)
    let forest = RandomForest(
      maximumDepth: 10,
      featuresPerSplit: max(1, Int(Double(codes.columnCount).squareRoot())), seed: seed)
    let fits = labels.indices.map { factor in
      forest.fit(
        codes: codes, features: features, criterion: EntropyCriterion(labels[factor]),
        target: factor, evaluating: [testCodes])
    }
    importance = try ImportanceMatrix(Matrix(columns: fits.map(\.importances)), metric: name)
    accuracyOfFactor = fits.indices.map { factor in
      let matched = MatchedLabels(
        train: train.factors.columns[factor], test: held.factors.columns[factor])
      return accuracy(fits[factor].predictions[0].predictions, matched.test)
    }
    informativeness = accuracyOfFactor.mean
    trainCount = train.sampleCount
    testCount = held.sampleCount
  }
}

extension Codes {
  /// The codes in units of another sample's standard deviations, from its means.
  func standardized(by scaling: Standardization) throws(DisentanglementError) -> Codes {
    try Codes(scaling.apply(matrix), precision: precision)
  }
}

extension LabelledCodes {
  /// scikit-learn's `train_test_split(test_size=0.1, random_state=42)`.
  func tripodSplit() throws(DisentanglementError) -> TrainTestSplit {
    guard sampleCount >= 2 else {
      throw .tooFewSamples(metric: "dci:random-forest", needed: 2, found: sampleCount)
    }
    var random = NumPyRandom(seed: 42)
    let order = random.permutation(sampleCount)
    let testCount = Int((Double(sampleCount) * 0.1).rounded(.up))
    return TrainTestSplit(
      train: samples(Array(order[testCount...])), test: samples(Array(order[..<testCount])))
  }
}

extension MetricDefinition {
  /// `dci:random-forest`.
  static let randomForestDCI = MetricDefinition(
    MetricDescription(name: "dci:random-forest", headline: "disentanglement"),
    summary: "Disentanglement, completeness, informativeness; random forests (Tripod)",
    requirements: [.factors]
  ) { input in
    let name = "dci:random-forest"
    let samples = try LabelledCodes(codes: input.codes, factors: try input.factors(for: name))
    let dci = try RandomForestDCI(samples, test: input.test, seed: UInt64(input.seed))
    return try MetricResult(
      metric: name,
      scores: dci.importance.scores + [.init("informativeness_test", dci.informativeness)],
      details: dci.importance.details.merging([
        "informativeness_test_per_factor": .numbers(dci.accuracyOfFactor)
      ]) { $1 },
      estimator: "random forests (100 trees, entropy, depth 10, sqrt(latents) per split) on "
        + "standardised latents, accuracy, \(dci.trainCount) training and \(dci.testCount) test "
        + "samples; value is the disentanglement")
  }
}
