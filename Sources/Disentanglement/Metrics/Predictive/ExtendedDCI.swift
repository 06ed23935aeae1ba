import BenchSupport
public import LinearAlgebra

/// DCI-ES: DCI with explicitness, how little capacity it takes to read the factors, and size.
///
/// *DCI-ES: An Extended Disentanglement Framework with Connections to Identifiability*, arXiv:2210.00364, with the
/// random forests of its code (`train_model_random_forest.py`, `explitcitness.py` and `simple_gather.py`): forests of 100 trees with twelve maximal depths predict each factor. A factor's curve is the
/// smallest test loss so far over the depth, and
/// `E = 1 − 2·(area between the curve and its end) / (range of depths · loss of a constant guess)`.
/// Factors with classes are classified, with the share of errors as loss and `1 − 1/classes` as that of a guess; factors
/// with values are regressed, with `1 − R²` and 1. Disentanglement and completeness are those of the depth with the
/// highest mean test score. Size is the number of factors over that of latents (§3).
public struct ExtendedDCI: Sendable, Equatable {
  /// The maximal depths of the authors' `configs/random_forest/config.yaml`.
  public static let depths = [1, 2, 3, 4, 8, 10, 12, 14, 16, 18, 20, 32]

  /// Importances at the best depth, with disentanglement and completeness.
  public let importance: ImportanceMatrix
  /// The mean over the factors of the test score, accuracy or R², at the best depth.
  public let informativeness: Double
  /// The mean of ``explicitnessOfFactor``.
  public let explicitness: Double
  /// The explicitness of each factor; 1 if the shallowest trees already do best, below 0 where deep ones are needed.
  public let explicitnessOfFactor: [Double]
  /// The number of factors over the number of latents.
  public let size: Double
  /// The depth with the highest mean test score.
  public let bestDepth: Int
  /// The test loss of each factor at each depth, `[factor, depth]`.
  public let losses: Matrix<Double>

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - split: Training and test samples; at least two latents and two factors, each of which varies in both.
  ///   - seed: Seed of the forests.
  /// - Throws: ``DisentanglementError`` if the samples are too small in one of these respects.
  init(_ split: ExtendedDCISplit, seed: UInt64 = 0) throws(DisentanglementError) {
    let (train, test) = (split.trainCodes, split.testCodes)
    let codes = try train.singlePrecision(metric: Self.name)
    let testCodes = try test.singlePrecision(metric: Self.name)
    let features = SortedFeatures(codes)
    let probes = split.targets
    let fits = Self.depths.map { depth in
      probes.enumerated().map { factor, target in
        target.fit(
          depth: depth, codes: codes, features: features, testCodes: testCodes, factor: factor,
          seed: seed)
      }
    }
    let scores = fits.map { $0.map(\.score).mean }
    // The first of equal ones, as numpy.argmax takes it.
    let best = scores.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    importance = try ImportanceMatrix(
      Matrix(columns: fits[best].map(\.importances)), metric: Self.name)
    informativeness = scores[best]
    bestDepth = Self.depths[best]
    let curves = probes.indices.map { factor in fits.map { 1 - $0[factor].score } }
    explicitnessOfFactor = zip(curves, probes).map {
      Self.explicitness(losses: $0, capacities: Self.depths.map { Double($0) }, guess: $1.guessLoss)
    }
    explicitness = explicitnessOfFactor.mean
    size = Double(probes.count) / Double(train.latentCount)
    losses = Matrix(
      rowCount: curves.count, columnCount: Self.depths.count, elements: curves.flatMap { $0 })
  }

  /// One factor's explicitness.
  ///
  /// - Parameters:
  ///   - losses: The loss at each capacity.
  ///   - capacities: The capacities, ascending, at least two.
  ///   - guess: The loss of a constant guess.
  /// - Returns: At most 1.
  public static func explicitness(losses: [Double], capacities: [Double], guess: Double) -> Double {
    var smallest = Double.infinity
    let curve = losses.map { loss in
      smallest = min(smallest, loss)
      return smallest
    }
    let area = zip(curve, curve.dropFirst()).enumerated().reduce(0) { area, step in
      let (place, (left, right)) = step
      return area + (left - smallest + right - smallest) / 2
        * (capacities[place + 1] - capacities[place])
    }
    return 1 - 2 * area / ((capacities[capacities.count - 1] - capacities[0]) * guess)
  }

  static let name = "dci-es"
}

/// What the forests of ``ExtendedDCI`` learn: classes, or values.
struct ExtendedDCISplit {
  let trainCodes: Codes
  let testCodes: Codes
  fileprivate let targets: [Target]
  /// Where the samples are from.
  let words: String

  /// Takes classes where there are some, else values.
  ///
  /// - Throws: ``DisentanglementError`` if there are neither, or samples that are too small.
  init(_ input: MetricInput) throws(DisentanglementError) {
    let name = ExtendedDCI.name
    if input.factorValues == nil {
      let split = try input.trainTestSplit(metric: name)
      try split.train.requireShape(of: split.test, metric: name)
      trainCodes = split.train.codes
      testCodes = split.test.codes
      let labels = try split.train.factors.variedLabels(metric: name)
      targets = labels.indices.map { factor in
        Target.classes(
          labels[factor],
          test: MatchedLabels(
            train: split.train.factors.columns[factor], test: split.test.factors.columns[factor]
          ).test)
      }
      words = split.words
    } else {
      let split = try input.valuedSplit(metric: name)
      try split.train.requireSameColumns(as: split.test, metric: name)
      try split.train.requireVaried(metric: name)
      try split.test.requireVaried(metric: name)
      trainCodes = split.train.codes
      testCodes = split.test.codes
      targets = zip(split.train.values.columns, split.test.values.columns).map {
        .values($0, test: $1)
      }
      words = split.words
    }
  }
}

/// One factor to predict.
private enum Target {
  case classes(Labels, test: [Int32])
  case values([Double], test: [Double])

  struct Fit {
    let importances: [Double]
    /// Accuracy, or R², on the test sample.
    let score: Double
  }

  /// The loss of a constant guess: evenly spread classes, or the mean.
  var guessLoss: Double {
    switch self {
    case .classes(let labels, _): 1 - 1 / Double(labels.classCount)
    case .values: 1
    }
  }

  func fit(
    depth: Int, codes: Matrix<Float>, features: SortedFeatures, testCodes: Matrix<Float>,
    factor: Int, seed: UInt64
  ) -> Fit {
    switch self {
    case .classes(let labels, let test):
      let forest = RandomForest(
        maximumDepth: depth,
        featuresPerSplit: max(1, Int(Double(codes.columnCount).squareRoot())), seed: seed)
      let fit = forest.fit(
        codes: codes, features: features, criterion: GiniCriterion(labels), target: factor,
        evaluating: [testCodes])
      return Fit(
        importances: fit.importances, score: accuracy(fit.predictions[0].predictions, test))
    case .values(let values, let test):
      let forest = RandomForest(
        maximumDepth: depth, featuresPerSplit: codes.columnCount, seed: seed)
      let fit = forest.fit(
        codes: codes, features: features, criterion: SquaredErrorCriterion(values),
        target: factor, evaluating: [testCodes])
      return Fit(
        importances: fit.importances, score: explainedShare(fit.predictions[0].elements, of: test))
    }
  }
}

extension MetricDefinition {
  /// `dci-es`.
  static let extendedDCI = MetricDefinition(
    MetricDescription(name: ExtendedDCI.name, headline: "explicitness"),
    summary: "Explicitness by forests of growing depth, with their DCI, and size",
    requirements: [.factorValues], sampling: .studySplit, isExpensive: true
  ) { input in
    let split = try ExtendedDCISplit(input)
    let scores = try ExtendedDCI(split, seed: UInt64(input.seed))
    return try MetricResult(
      metric: ExtendedDCI.name,
      scores: [
        .init("value", scores.explicitness), .init("explicitness", scores.explicitness),
        .init("disentanglement", scores.importance.disentanglement),
        .init("completeness", scores.importance.completeness),
        .init("informativeness_test", scores.informativeness), .init("size", scores.size),
      ],
      details: [
        "explicitness_per_factor": .numbers(scores.explicitnessOfFactor),
        "importance": scores.importance.matrix.json, "losses": scores.losses.json,
        "depths": .array(ExtendedDCI.depths.map { .integer($0) }),
        "best_depth": .integer(scores.bestDepth),
      ],
      estimator: "random forests (100 trees) of depths 1 to 32, "
        + (input.factorValues == nil ? "classes, share of errors" : "values, 1 - R2")
        + "; \(split.words); value is the explicitness")
  }
}
