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

  /// What the classifier sees: batches of pairs that share one factor.
  public struct Differences: Sendable, Equatable {
    /// Mean absolute differences of the pairs' codes, `[batch, latent]`.
    public let features: Matrix<Double>
    /// The factor that the pairs of each batch share.
    public let sharedFactors: [Int]

    /// Averages the differences of pairs.
    ///
    /// - Parameters:
    ///   - first: Codes of the first members, batch after batch of equal size.
    ///   - second: Codes of the second members in the same order.
    ///   - sharedFactors: The shared factor of each batch.
    public init(first: Codes, second: Codes, sharedFactors: [Int]) {
      precondition(
        first.sampleCount == second.sampleCount && !sharedFactors.isEmpty
          && first.sampleCount % sharedFactors.count == 0,
        "\(first.sampleCount) and \(second.sampleCount) samples in \(sharedFactors.count) batches")
      let batchSize = first.sampleCount / sharedFactors.count
      let allRows = Array(0..<Int32(first.sampleCount))
      let rows = Parallel.map(sharedFactors.count) { batch in
        let rows = allRows[batch * batchSize..<(batch + 1) * batchSize]
        return meanDifferences(first.matrix, rows, second.matrix, rows)
      }
      self.init(rows, sharedFactors)
    }

    fileprivate init(_ rows: [[Double]], _ sharedFactors: [Int]) {
      features = Matrix(
        rowCount: rows.count, columnCount: rows.first?.count ?? 0, elements: rows.flatMap { $0 })
      self.sharedFactors = sharedFactors
    }
  }

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

    func batches(_ count: Int) throws -> Differences {
      let batchSize = configuration.batchSize
      let pairs = try source.drawPairs(
        count, batchSize: batchSize, metric: metric, using: &random)
      let rows = try source.mapBatches(
        of: pairs.samples, batchSize: 2 * batchSize, count: count, metric: metric,
        prepare: { $0 },
        transform: { codes, rows in
          meanDifferences(codes, rows.prefix(batchSize), codes, rows.suffix(batchSize))
        })
      return Differences(rows, pairs.fixedFactors)
    }
    let train = try batches(configuration.trainCount)
    try self.init(
      train: train, evaluation: try batches(configuration.evaluationCount),
      configuration: configuration)
  }

  /// Fits and evaluates the classifier on given batches.
  ///
  /// - Throws: ``DisentanglementError`` if the training batches share only one factor.
  public init(
    train: Differences, evaluation: Differences, configuration: Configuration = Configuration()
  ) throws(DisentanglementError) {
    try configuration.validate()
    let matched = MatchedLabels(train: train.sharedFactors, test: evaluation.sharedFactors)
    guard matched.train.classCount >= 2 else {
      throw .tooFewFactors(metric: "betavae", needed: 2, found: matched.train.classCount)
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

/// The mean over pairs of rows of |z(x1) − z(x2)|.
private func meanDifferences(
  _ first: Matrix<Double>, _ firstRows: ArraySlice<Int32>, _ second: Matrix<Double>,
  _ secondRows: ArraySlice<Int32>
) -> [Double] {
  let width = first.columnCount
  var sums = [Double](repeating: 0, count: width)
  first.elements.withUnsafeBufferPointer { a in
    second.elements.withUnsafeBufferPointer { b in
      for (one, other) in zip(firstRows, secondRows) {
        let (start, otherStart) = (Int(one) * width, Int(other) * width)
        for latent in 0..<width { sums[latent] += abs(a[start + latent] - b[otherStart + latent]) }
      }
    }
  }
  return sums.map { $0 / Double(firstRows.count) }
}

extension MetricParameter {
  fileprivate static let batchSize = MetricParameter.whole(
    "batch_size", 64, in: 1...1024, "pairs per batch")
  fileprivate static let trainCount = MetricParameter.whole(
    "num_train", 10_000, in: 1...100_000, "batches that train the classifier")
  fileprivate static let evaluationCount = MetricParameter.whole(
    "num_eval", 5_000, in: 1...100_000, "batches that evaluate it")
}

extension BetaVAEScore.Configuration {
  fileprivate init(_ settings: MetricSettings) {
    let metric = "betavae"
    batchSize = settings.count(.batchSize, of: metric)
    trainCount = settings.count(.trainCount, of: metric)
    evaluationCount = settings.count(.evaluationCount, of: metric)
  }
}

extension MetricDefinition {
  /// `betavae`.
  static let betaVAEScore = MetricDefinition(
    MetricDescription(name: "betavae", protocolID: "dlib"),
    summary: "β-VAE score: linear classifier on differences of codes",
    requirements: [.interventions], sampling: .draws,
    parameters: [.batchSize, .trainCount, .evaluationCount]
  ) { input in
    let source = try input.interventions(metric: "betavae")
    let configuration = BetaVAEScore.Configuration(input.settings)
    let score = try BetaVAEScore(source: source, configuration: configuration, seed: input.seed)
    return try MetricResult(
      metric: "betavae",
      scores: [.init("value", score.value), .init("train", score.trainAccuracy)],
      details: [
        "coefficients": score.coefficients.json, "intercepts": .numbers(score.intercepts),
      ],
      estimator: "\(configuration.trainCount) training and \(configuration.evaluationCount) "
        + "evaluation batches of \(configuration.batchSize) pairs, multinomial logistic regression "
        + "(L2, C=1, L-BFGS, 100 iterations); \(source.kindDescription)")
  }
}
