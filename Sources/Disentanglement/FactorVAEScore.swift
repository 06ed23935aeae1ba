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
    let isSingle = global.precision == .float32
    let variances =
      isSingle
      ? sequentialVariances(global.matrix, 0..<global.sampleCount, Float.self).map { Double($0) }
      : sequentialVariances(global.matrix, 0..<global.sampleCount, Double.self)
    let active = variances.indices.filter {
      let deviation =
        isSingle ? Double(Float(variances[$0]).squareRoot()) : variances[$0].squareRoot()
      return deviation >= configuration.pruneThreshold
    }
    globalVariances = variances
    activeLatents = active
    guard !active.isEmpty else {
      value = 0
      trainAccuracy = 0
      trainVotes = []
      evaluationVotes = []
      return
    }

    func votes(_ count: Int) throws -> [[Int]] {
      let batches = try source.drawFixedFactorBatches(
        count, batchSize: configuration.batchSize, metric: metric, using: &random)
      let latents = try source.mapBatches(
        of: batches.samples, batchSize: configuration.batchSize, count: count, metric: metric
      ) { codes, rows in
        isSingle
          ? leastVaried(codes, rows, variances, active, Float.self)
          : leastVaried(codes, rows, variances, active, Double.self)
      }
      var table = [[Int]](
        repeating: [Int](repeating: 0, count: variances.count), count: source.factorCount)
      for (factor, latent) in zip(batches.fixedFactors, latents) { table[factor][latent] += 1 }
      return table
    }
    let train = try votes(configuration.trainVoteCount)
    let evaluation = try votes(configuration.evaluationVoteCount)
    trainVotes = train
    evaluationVotes = evaluation

    // Of equally frequent factors the first wins, as with numpy's argmax.
    let classifier = variances.indices.map { latent in
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

/// The active latent of smallest variance relative to its global variance.
///
/// Of equal ratios the first wins; like numpy's `argmin`, a ratio 0/0 wins over everything.
private func leastVaried<Scalar: BinaryFloatingPoint & SIMDScalar>(
  _ codes: Matrix<Double>, _ rows: Range<Int>, _ globalVariances: [Double], _ active: [Int],
  _ type: Scalar.Type
) -> Int {
  let variances = sequentialVariances(codes, rows, type)
  var best = active[0]
  var smallest = Scalar.infinity
  for latent in active {
    let ratio = variances[latent] / Scalar(globalVariances[latent])
    if ratio.isNaN { return latent }
    if ratio < smallest {
      smallest = ratio
      best = latent
    }
  }
  return best
}

/// The variance of every column over some rows (divisor n − 1), summed row by row in `Scalar`.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func sequentialVariances<Scalar: BinaryFloatingPoint>(
  _ codes: Matrix<Double>, _ rows: Range<Int>, _ type: Scalar.Type
) -> [Scalar] {
  let width = codes.columnCount
  var means = [Scalar](repeating: 0, count: width)
  var sums = means
  codes.elements.withUnsafeBufferPointer { elements in
    means.withUnsafeMutableBufferPointer { means in
      for row in rows {
        for column in 0..<width { means[column] += Scalar(elements[row * width + column]) }
      }
      for column in 0..<width { means[column] /= Scalar(rows.count) }
      sums.withUnsafeMutableBufferPointer { sums in
        for row in rows {
          for column in 0..<width {
            let deviation = Scalar(elements[row * width + column]) - means[column]
            sums[column] += deviation * deviation
          }
        }
      }
    }
  }
  return sums.map { $0 / Scalar(max(1, rows.count - 1)) }
}

extension MetricDefinition {
  /// `factorvae`.
  static let factorVAEScore = MetricDefinition(
    name: "factorvae", summary: "FactorVAE score: majority vote over the least varying latent",
    requirements: [.interventions]
  ) { input in
    let source = try input.interventions(metric: "factorvae")
    let score = try FactorVAEScore(source: source, seed: input.seed)
    return try MetricResult(
      metric: "factorvae",
      scores: [.init("value", score.value), .init("train", score.trainAccuracy)],
      details: [
        "active_latents": .array(score.activeLatents.map { .integer($0) }),
        "global_variances": .numbers(score.globalVariances),
        "votes_train": .array(score.trainVotes.map { .array($0.map { .integer($0) }) }),
        "votes_evaluation": .array(score.evaluationVotes.map { .array($0.map { .integer($0) }) }),
      ],
      estimator: "10,000 training and 5,000 evaluation votes of 64 samples, 10,000 samples for the "
        + "global variances, prune threshold 0.05; \(source.kindDescription)")
  }
}
