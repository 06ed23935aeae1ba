import BenchSupport

/// How many samples of what kind a metric's reference protocol takes.
public enum MetricSampling: Sendable, Equatable {
  /// All there are; their number is no part of the protocol.
  case everySample
  /// This many.
  case samples(Int)
  /// This many to fit on and this many others to test on.
  case trainAndTest(Int, Int)
  /// Draws with a factor held fixed, from an encoder or from the codes of every state.
  case draws

  /// The training and test samples of disentanglement_lib's configurations.
  static let studySplit = trainAndTest(10_000, 5_000)
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

extension MetricDefinition {
  /// The metric's description with the protocol that an input allowed: the reference's, or the
  /// reference's name with what is different after a colon.
  func description(on input: MetricInput) throws(DisentanglementError) -> MetricDescription {
    let deviations = try samplingDeviations(input) + settingDeviations(input.settings)
    guard !deviations.isEmpty else { return description }
    return MetricDescription(
      name: name, direction: description.direction, unit: description.unit,
      protocolID: "\(description.protocolID):\(deviations.joined(separator: ","))",
      headline: description.headline)
  }

  private func samplingDeviations(_ input: MetricInput) throws(DisentanglementError) -> [String] {
    let count = input.codes.sampleCount
    switch sampling {
    case .everySample: return []
    case .samples(let expected): return count == expected ? [] : ["samples=\(count)"]
    case .trainAndTest(let train, let test):
      var found = (train: count, test: input.test?.sampleCount ?? 0)
      if input.test == nil {
        let rows = try input.split.rows(of: count, seed: input.seed, metric: name)
        found = (rows.train.count, rows.test.count)
      }
      return found == (train, test) ? [] : ["train=\(found.train)", "test=\(found.test)"]
    case .draws:
      let source = try input.interventions(metric: name)
      return source.isComplete ? [] : ["resampled", "samples=\(count)"]
    }
  }

  private func settingDeviations(_ settings: MetricSettings) -> [String] {
    parameters.compactMap { parameter in
      let value = settings.value(parameter, of: name)
      return value == parameter.defaultValue ? nil : "\(parameter.name)=\(plain(value))"
    }
  }
}
