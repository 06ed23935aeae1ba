import BenchSupport
import LinearAlgebra

/// The FactorVAE score: whether the latent that varies least betrays which factor was held fixed.
///
/// *Disentangling by Factorising*, arXiv:1802.05983, §4, as in disentanglement_lib's
/// `factor_vae.py`. Each vote fixes one factor over a batch and names the active latent of smallest
/// variance relative to its global variance; a majority classifier maps latents to factors. Codes
/// in float32 have their variances computed in float32, row by row, as numpy does, so that ties
/// fall the same way. Noise scores about 1 / number of factors, not 0.
public struct FactorVAEScore: Sendable, Equatable {
  /// Sample sizes and the pruning threshold.
  public struct Configuration: Sendable, Equatable {
    /// Samples per vote.
    public var batchSize = 64
    /// Votes that train the classifier.
    public var trainVoteCount = 10_000
    /// Votes that evaluate it.
    public var evaluationVoteCount = 5_000
    /// Samples for the global variances.
    public var varianceSampleCount = 10_000
    /// Smallest standard deviation of an active latent; absolute, so it depends on the codes' scale.
    public var pruneThreshold = 0.05

    /// The configuration of disentanglement_lib's studies, DisCo and DisDiff.
    public init() {}
  }

  /// Share of evaluation votes the classifier gets right; 0 if no latent is active.
  public let value: Double
  /// The same for the training votes.
  public let trainAccuracy: Double
  /// The latents that take part, in increasing order.
  public let activeLatents: [Int]
  /// Variance of every latent (divisor n − 1).
  public let globalVariances: [Double]
  /// Training votes, `[factor][latent]`.
  public let trainVotes: [[Int]]
  /// Evaluation votes, `[factor][latent]`.
  public let evaluationVotes: [[Int]]

  /// Draws the votes and scores them.
  ///
  /// - Parameters:
  ///   - source: Where codes of chosen factor values come from.
  ///   - configuration: Sample sizes and threshold.
  ///   - seed: Seed of numpy's `RandomState`, whose draws are replayed.
  /// - Throws: ``DisentanglementError``, and whatever the source's encoder throws.
  public init(
    source: InterventionSource, configuration: Configuration = Configuration(), seed: UInt32 = 0
  ) throws {
    let metric = "factorvae"
    try configuration.validate()
    var random = NumPyRandom(seed: seed)
    let global = try source.codes(
      of: source.drawSamples(configuration.varianceSampleCount, using: &random), metric: metric)
    let votes =
      switch global.precision {
      case .float32:
        try Votes(source, configuration, global, Float.self, using: &random)
      case .float64:
        try Votes(source, configuration, global, Double.self, using: &random)
      }
    globalVariances = votes.globalVariances
    activeLatents = votes.activeLatents
    trainVotes = votes.train
    evaluationVotes = votes.evaluation
    guard !votes.activeLatents.isEmpty else {
      value = 0
      trainAccuracy = 0
      return
    }
    let (train, evaluation) = (votes.train, votes.evaluation)

    // Of equally frequent factors the first wins, as with numpy's argmax.
    let classifier = globalVariances.indices.map { latent in
      train.indices.reduce(0) { train[$1][latent] > train[$0][latent] ? $1 : $0 }
    }
    func accuracy(_ votes: [[Int]]) -> Double {
      let hits = classifier.enumerated().reduce(0) { $0 + votes[$1.element][$1.offset] }
      return Double(hits) / Double(votes.reduce(0) { $0 + $1.reduce(0, +) })
    }
    trainAccuracy = accuracy(train)
    value = accuracy(evaluation)
  }
}

extension FactorVAEScore.Configuration {
  fileprivate func validate() throws(DisentanglementError) {
    let counts = [
      ("batch size", batchSize, 2), ("number of training votes", trainVoteCount, 1),
      ("number of evaluation votes", evaluationVoteCount, 1),
      ("number of samples for the variances", varianceSampleCount, 2),
    ]
    for (argument, value, least) in counts where value < least {
      throw .invalidArgument(
        metric: "factorvae", argument: argument, expected: "at least \(least)", found: "\(value)")
    }
  }
}

/// Everything drawn and counted, with variances computed in one precision.
private struct Votes {
  var globalVariances: [Double]
  var activeLatents: [Int]
  var train: [[Int]] = []
  var evaluation: [[Int]] = []

  init<Scalar: BinaryFloatingPoint & SIMDScalar & Sendable>(
    _ source: InterventionSource, _ configuration: FactorVAEScore.Configuration, _ global: Codes,
    _ type: Scalar.Type, using random: inout NumPyRandom
  ) throws where Scalar.SIMD8Storage: Sendable {
    let variances = CodeRows<Scalar>(global.matrix).variances(
      Array(0..<Int32(global.sampleCount))[...])
    let active = variances.indices.filter {
      Double(variances[$0].squareRoot()) >= configuration.pruneThreshold
    }
    globalVariances = variances.map { Double($0) }
    activeLatents = active
    guard !active.isEmpty else { return }
    // One stream: the training votes' draws come first.
    let trainCount = configuration.trainVoteCount
    let count = trainCount + configuration.evaluationVoteCount
    let batches = try source.drawFixedFactorBatches(
      count, batchSize: configuration.batchSize, metric: "factorvae", using: &random)
    let latents = try source.mapBatches(
      of: batches.samples, batchSize: configuration.batchSize, count: count, metric: "factorvae",
      prepare: { CodeRows<Scalar>($0) },
      transform: { codes, rows in leastVaried(codes.variances(rows), variances, active) })
    func table(_ range: Range<Int>) -> [[Int]] {
      var votes = [[Int]](
        repeating: [Int](repeating: 0, count: variances.count), count: source.factorCount)
      for vote in range { votes[batches.fixedFactors[vote]][latents[vote]] += 1 }
      return votes
    }
    train = table(0..<trainCount)
    evaluation = table(trainCount..<count)
  }
}

/// The active latent of smallest variance relative to its global variance.
///
/// Of equal ratios the first wins; like numpy's `argmin`, a ratio 0/0 wins over everything.
private func leastVaried<Scalar: BinaryFloatingPoint>(
  _ variances: [Scalar], _ globalVariances: [Scalar], _ active: [Int]
) -> Int {
  var best = active[0]
  var smallest = Scalar.infinity
  for latent in active {
    let ratio = variances[latent] / globalVariances[latent]
    if ratio.isNaN { return latent }
    if ratio < smallest {
      smallest = ratio
      best = latent
    }
  }
  return best
}

/// Codes in one precision, every row filled up to whole vectors.
private struct CodeRows<Scalar: BinaryFloatingPoint & SIMDScalar & Sendable>: Sendable
where Scalar.SIMD8Storage: Sendable {
  private let latentCount: Int
  private let vectorsPerRow: Int
  private let vectors: [SIMD8<Scalar>]

  init(_ matrix: Matrix<Double>) {
    let width = matrix.columnCount
    let vectorsPerRow = (width + 7) / 8
    latentCount = width
    self.vectorsPerRow = vectorsPerRow
    var vectors = [SIMD8<Scalar>](
      repeating: SIMD8(repeating: 0), count: matrix.rowCount * vectorsPerRow)
    matrix.elements.withUnsafeBufferPointer { elements in
      vectors.withUnsafeMutableBytes { bytes in
        let scalars = bytes.bindMemory(to: Scalar.self)
        for row in 0..<matrix.rowCount {
          let (from, to) = (row * width, row * vectorsPerRow * 8)
          for column in 0..<width { scalars[to + column] = Scalar(elements[from + column]) }
        }
      }
    }
    self.vectors = vectors
  }

  /// The variance of every latent over some rows (divisor n − 1), summed row after row.
  func variances(_ rows: ArraySlice<Int32>) -> [Scalar] {
    var result: [Scalar] = []
    result.reserveCapacity(vectorsPerRow * 8)
    vectors.withUnsafeBufferPointer { vectors in
      rows.withUnsafeBufferPointer { rows in
        for vector in 0..<vectorsPerRow {
          var mean = SIMD8<Scalar>(repeating: 0)
          for row in rows { mean += vectors[Int(row) * vectorsPerRow + vector] }
          mean /= SIMD8(repeating: Scalar(rows.count))
          var sum = SIMD8<Scalar>(repeating: 0)
          for row in rows {
            let deviation = vectors[Int(row) * vectorsPerRow + vector] - mean
            sum += deviation * deviation
          }
          sum /= SIMD8(repeating: Scalar(max(1, rows.count - 1)))
          for lane in 0..<min(8, latentCount - vector * 8) { result.append(sum[lane]) }
        }
      }
    }
    return result
  }
}

extension MetricParameter {
  fileprivate static let batchSize = MetricParameter.whole(
    "batch_size", 64, in: 2...1024, "samples per vote")
  fileprivate static let trainVoteCount = MetricParameter.whole(
    "num_train", 10_000, in: 1...100_000, "votes that train the classifier")
  fileprivate static let evaluationVoteCount = MetricParameter.whole(
    "num_eval", 5_000, in: 1...100_000, "votes that evaluate it")
  fileprivate static let varianceSampleCount = MetricParameter.whole(
    "num_variance_estimate", 10_000, in: 2...1_000_000, "samples for the global variances")
  fileprivate static let pruneThreshold = MetricParameter.real(
    "prune_threshold", 0.05, in: 0...1e300, "smallest standard deviation of an active latent")
}

extension FactorVAEScore.Configuration {
  fileprivate init(_ settings: MetricSettings) {
    let metric = "factorvae"
    batchSize = settings.count(.batchSize, of: metric)
    trainVoteCount = settings.count(.trainVoteCount, of: metric)
    evaluationVoteCount = settings.count(.evaluationVoteCount, of: metric)
    varianceSampleCount = settings.count(.varianceSampleCount, of: metric)
    pruneThreshold = settings.value(.pruneThreshold, of: metric)
  }
}

extension MetricDefinition {
  /// `factorvae`.
  static let factorVAEScore = MetricDefinition(
    MetricDescription(name: "factorvae", protocolID: "dlib"),
    summary: "FactorVAE score: majority vote over the least varying latent",
    requirements: [.interventions], sampling: .draws,
    parameters: [
      .batchSize, .trainVoteCount, .evaluationVoteCount, .varianceSampleCount, .pruneThreshold,
    ]
  ) { input in
    let source = try input.interventions(metric: "factorvae")
    let configuration = FactorVAEScore.Configuration(input.settings)
    let score = try FactorVAEScore(
      source: source, configuration: configuration, seed: input.seed)
    return try MetricResult(
      metric: "factorvae",
      scores: [.init("value", score.value), .init("train", score.trainAccuracy)],
      details: [
        "active_latents": .array(score.activeLatents.map { .integer($0) }),
        "global_variances": .numbers(score.globalVariances),
        "votes_train": .array(score.trainVotes.map { .array($0.map { .integer($0) }) }),
        "votes_evaluation": .array(score.evaluationVotes.map { .array($0.map { .integer($0) }) }),
      ],
      estimator: "\(configuration.trainVoteCount) training and "
        + "\(configuration.evaluationVoteCount) evaluation votes of \(configuration.batchSize) "
        + "samples, \(configuration.varianceSampleCount) samples for the global variances, prune "
        + "threshold \(configuration.pruneThreshold); \(source.kindDescription)")
  }
}
