import BenchSupport
public import LinearAlgebra

/// The β-VAE score: whether a linear classifier sees, from differences of codes, which factor the
/// two observations share.
///
/// *β-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework*, ICLR 2017, §3,
/// as in disentanglement_lib's `beta_vae.py`: the feature of a batch is the mean absolute
/// difference over its pairs; the classifier is scikit-learn's default multinomial logistic
/// regression (L2, C = 1, L-BFGS, at most 100 steps) on unscaled features.
public struct BetaVAEScore: Sendable, Equatable {
  /// Sample sizes.
  public struct Configuration: Sendable, Equatable {
    /// Pairs per batch.
    public var batchSize = 64
    /// Batches that train the classifier.
    public var trainCount = 10_000
    /// Batches that evaluate it.
    public var evaluationCount = 5_000
    /// Largest component of the gradient at which the classifier counts as fitted.
    public var tolerance = 1e-4
    /// Largest number of optimisation steps.
    public var iterationLimit = 100

    /// The configuration of disentanglement_lib's studies.
    public init() {}
  }

  /// Share of evaluation batches classified correctly.
  public let value: Double
  /// The same for the training batches.
  public let trainAccuracy: Double
  /// The training features, `[batch, latent]`.
  public let trainFeatures: Matrix<Double>
  /// The classifier's weights, `[decision function, latent]`; one function for two factors.
  public let coefficients: Matrix<Double>
  /// The classifier's intercepts.
  public let intercepts: [Double]

  /// Draws the batches, fits and evaluates the classifier.
  ///
  /// - Parameters:
  ///   - source: Where codes of chosen factor values come from; at least two factors.
  ///   - configuration: Sample sizes and stopping rules.
  ///   - seed: Seed of numpy's `RandomState`, whose draws are replayed.
  /// - Throws: ``DisentanglementError``, and whatever the source's encoder throws.
  public init(
    source: InterventionSource, configuration: Configuration = Configuration(), seed: UInt32 = 0
  ) throws {
    let metric = "betavae"
    try configuration.validate()
    guard source.factorCount >= 2 else {
      throw DisentanglementError.tooFewFactors(metric: metric, needed: 2, found: 1)
    }
    var random = NumPyRandom(seed: seed)

    func batches(_ count: Int) throws -> (factors: [Int], features: Matrix<Double>) {
      let pairs = try source.drawPairs(
        count, batchSize: configuration.batchSize, metric: metric, using: &random)
      let rows = try source.mapBatches(
        of: pairs.samples, batchSize: 2 * configuration.batchSize, count: count, metric: metric
      ) { codes, rows in meanDifferences(codes, rows) }
      return (
        pairs.fixedFactors,
        Matrix(
          rowCount: count, columnCount: rows.first?.count ?? 0, elements: rows.flatMap { $0 })
      )
    }
    let train = try batches(configuration.trainCount)
    let evaluation = try batches(configuration.evaluationCount)
    let matched = MatchedLabels(train: train.factors, test: evaluation.factors)
    guard matched.train.classCount >= 2 else {
      throw DisentanglementError.tooFewSamples(
        metric: metric, needed: 2, found: configuration.trainCount)
    }
    var fit = LogisticRegression.Configuration()
    fit.optimizer.gradientTolerance = configuration.tolerance
    fit.optimizer.iterationLimit = configuration.iterationLimit
    let model = LogisticRegression(
      features: .dense(train.features), labels: matched.train, configuration: fit)
    trainFeatures = train.features
    coefficients = model.coefficients
    intercepts = model.intercepts
    trainAccuracy = model.accuracy(.dense(train.features), classes: matched.train.values)
    value = model.accuracy(.dense(evaluation.features), classes: matched.test)
  }
}

extension BetaVAEScore.Configuration {
  fileprivate func validate() throws(DisentanglementError) {
    let counts = [
      ("batch size", batchSize), ("number of training batches", trainCount),
      ("number of evaluation batches", evaluationCount), ("iteration limit", iterationLimit),
    ]
    for (argument, value) in counts where value < 1 {
      throw .invalidArgument(
        metric: "betavae", argument: argument, expected: "at least 1", found: "\(value)")
    }
  }
}

/// The mean over pairs of |z(x1) − z(x2)|; the rows hold all first members, then all second ones.
private func meanDifferences(_ codes: Matrix<Double>, _ rows: Range<Int>) -> [Double] {
  let pairCount = rows.count / 2
  var sums = [Double](repeating: 0, count: codes.columnCount)
  for pair in rows.lowerBound..<rows.lowerBound + pairCount {
    for latent in sums.indices {
      sums[latent] += abs(codes[pair, latent] - codes[pair + pairCount, latent])
    }
  }
  return sums.map { $0 / Double(pairCount) }
}

extension MetricDefinition {
  /// `betavae`.
  static let betaVAEScore = MetricDefinition(
    name: "betavae", summary: "β-VAE score: linear classifier on differences of codes",
    requirements: [.interventions]
  ) { input in
    let source = try input.interventions(metric: "betavae")
    let score = try BetaVAEScore(source: source, seed: input.seed)
    return try MetricResult(
      metric: "betavae",
      scores: [.init("value", score.value), .init("train", score.trainAccuracy)],
      details: [
        "coefficients": score.coefficients.json, "intercepts": .numbers(score.intercepts),
      ],
      estimator: "10,000 training and 5,000 evaluation batches of 64 pairs, multinomial logistic "
        + "regression (L2, C=1, L-BFGS, 100 iterations); \(source.kindDescription)")
  }
}
