import BenchSupport
import Glibc
public import LinearAlgebra

/// The inception score: how confident and how varied a classifier finds generated images.
///
/// `exp(mean KL(p(y|x) ‖ p(y)))` per split, natural logarithm; *Improved Techniques for Training
/// GANs*, arXiv:1606.03498. Split `i` holds samples `i·N/S ..< (i+1)·N/S`. Computed from logits in
/// double precision, so a saturated classifier gives no NaN.
public struct InceptionScore: Sendable, Equatable {
  /// In which order samples are split.
  public enum Order: Sendable, Equatable {
    /// As given: the original code and StyleGAN's.
    case asGiven
    /// Shuffled by NumPy's `RandomState(seed).permutation`: torch-fidelity, with seed 2020.
    case shuffled(seed: UInt32 = 2020)
  }

  /// The mean over the splits.
  public let value: Double
  /// The standard deviation over the splits, divided by their number.
  public let standardDeviation: Double
  /// The score of each split.
  public let splitValues: [Double]

  /// Computes the score.
  ///
  /// - Parameters:
  ///   - logits: `[image, class]`, without the bias where the reference leaves it out.
  ///   - name: What errors call the set.
  ///   - splitCount: Number of splits; at most the number of images.
  ///   - order: In which order samples are split.
  /// - Throws: ``GenerationError`` if there are too few images or a logit is not finite.
  public init(
    logits: Matrix<Float>, name: String, splitCount: Int = 10, order: Order = .shuffled()
  ) throws(GenerationError) {
    guard splitCount >= 1 else {
      throw .invalidParameter(
        name: "the number of inception-score splits", value: splitCount, expected: "at least 1")
    }
    let count = logits.rowCount
    guard count >= splitCount else {
      throw .tooFewSamples(
        set: name, found: count, needed: splitCount,
        metric: "the inception score with \(splitCount) splits",
        remedy: count < 1 ? nil : "take fewer splits (bench fid --is-splits \(count))")
    }
    try GenerationError.requireFinite(logits, set: name, array: "logits")
    var rows = Array(0..<count)
    if case .shuffled(let seed) = order {
      var random = NumPyRandom(seed: seed)
      rows = random.permutation(count)
    }
    self.init(
      logits, rows: rows,
      parts: (0..<splitCount).map { split in
        split * count / splitCount..<(split + 1) * count / splitCount
      })
  }

  /// Computes the score of images as they come, in chunks of which the last may be shorter and counts as
  /// much as the others: ADM's `compute_inception_score`.
  ///
  /// - Parameters:
  ///   - logits: `[image, class]`, without the bias.
  ///   - name: What errors call the set.
  ///   - chunkSize: Images per chunk.
  /// - Throws: ``GenerationError`` if there is no image or a logit is not finite.
  public init(
    logits: Matrix<Float>, name: String, chunkSize: Int
  ) throws(GenerationError) {
    guard chunkSize >= 1 else {
      throw .invalidParameter(
        name: "the size of inception-score chunks", value: chunkSize, expected: "at least 1")
    }
    let count = logits.rowCount
    guard count >= 1 else {
      throw .tooFewSamples(set: name, found: 0, needed: 1, metric: "the inception score")
    }
    try GenerationError.requireFinite(logits, set: name, array: "logits")
    self.init(
      logits, rows: Array(0..<count),
      parts: stride(from: 0, to: count, by: chunkSize).map { $0..<min(count, $0 + chunkSize) })
  }

  /// The score of parts of some rows.
  private init(_ logits: Matrix<Float>, rows: [Int], parts: [Range<Int>]) {
    let values = Parallel.map(parts.count) { Self.score(logits, rows[parts[$0]]) }
    let mean = values.reduce(0, +) / Double(parts.count)
    value = mean
    standardDeviation =
      (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(parts.count)).squareRoot()
    splitValues = values
  }

  private static func score(_ logits: Matrix<Float>, _ rows: ArraySlice<Int>) -> Double {
    var marginal = [Double](repeating: 0, count: logits.columnCount)
    var negativeEntropies = 0.0
    for row in rows {
      let values = logits.row(row)
      let largest = Double(values.max() ?? 0)
      let logSum = log(values.reduce(0) { $0 + exp(Double($1) - largest) })
      for (index, logit) in values.enumerated() {
        let logProbability = Double(logit) - largest - logSum
        let probability = exp(logProbability)
        marginal[index] += probability
        negativeEntropies += probability * logProbability
      }
    }
    let count = Double(rows.count)
    // mean KL = mean of Σ p log p − Σ p̄ log p̄, as the marginal is the mean of the conditionals.
    let marginalTerm = marginal.reduce(0) { sum, total in
      let probability = total / count
      return probability > 0 ? sum + probability * log(probability) : sum
    }
    return exp(negativeEntropies / count - marginalTerm)
  }
}
