import BenchSupport

/// A sample to fit a model on and one to test it on.
public struct TrainTestSplit: Sendable {
  /// The sample to fit on.
  public let train: LabelledCodes
  /// The held-out sample.
  public let test: LabelledCodes
  /// How the samples came apart, in words.
  let origin: String

  /// Pairs the samples.
  public init(train: LabelledCodes, test: LabelledCodes) {
    self.init(train: train, test: test, origin: "as given")
  }

  init(train: LabelledCodes, test: LabelledCodes, origin: String) {
    self.train = train
    self.test = test
    self.origin = origin
  }

  /// The sizes of the samples, where they come from, and what is odd about them.
  var words: String {
    let unseen = zip(train.factors.columns, test.factors.columns).reduce(0) { count, columns in
      count + Set(columns.1).subtracting(columns.0).count
    }
    return "\(train.sampleCount) training and \(test.sampleCount) test samples, \(origin)"
      + (unseen > 0 ? ", \(unseen) test classes never trained on" : "")
  }
}

/// How codes are split into a training and a test sample.
public struct SplitRule: Sendable, Equatable {
  /// Which rows go where.
  public enum Order: String, Sendable, CaseIterable {
    /// Rows are drawn without replacement by NumPy's `RandomState(seed).permutation`.
    case random
    /// The first rows train, the next ones test: only for rows that are in random order already.
    case ordered
  }

  /// Training and test samples where nothing else is said, at most: those of disentanglement_lib.
  public static let largest = (train: 10_000, test: 5_000)

  /// Which rows go where.
  public var order: Order
  /// Training samples; nil for two thirds of the rows, and ``largest`` at most.
  public var trainCount: Int?
  /// Test samples; nil for the rest, and ``largest`` at most.
  public var testCount: Int?

  /// Describes a split.
  public init(order: Order = .random, trainCount: Int? = nil, testCount: Int? = nil) {
    self.order = order
    self.trainCount = trainCount
    self.testCount = testCount
  }

  /// The rows that train and those that test.
  ///
  /// - Throws: ``DisentanglementError`` if there are too few.
  func rows(
    of count: Int, seed: UInt32, metric: String
  ) throws(DisentanglementError) -> (train: [Int], test: [Int]) {
    let needed = max(1, trainCount ?? 1) + max(1, testCount ?? 1)
    guard count >= needed else {
      throw .tooFewSamples(metric: metric, needed: needed, found: count)
    }
    let train =
      trainCount
      ?? min(Self.largest.train, testCount.map { count - $0 } ?? max(1, count * 2 / 3))
    let test = testCount ?? min(Self.largest.test, count - train)
    switch order {
    case .ordered: return (Array(0..<train), Array(train..<train + test))
    case .random:
      var random = NumPyRandom(seed: seed)
      let drawn = random.permutation(count)
      return (Array(drawn[..<train]), Array(drawn[train..<train + test]))
    }
  }

  /// The split in words.
  func origin(seed: UInt32) -> String {
    order == .random ? "drawn at random (seed \(seed))" : "in the order of the rows"
  }
}
