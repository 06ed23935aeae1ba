/// One discrete variable over many samples, its values renumbered `0..<classCount` in order.
public struct Labels: Sendable, Equatable {
  /// The class of every sample.
  public let values: [Int32]
  /// Number of classes; each occurs at least once.
  public let classCount: Int
  /// How many samples each class has.
  public let counts: [Int]

  /// Renumbers arbitrary whole numbers by rank, in O(n log n) or, for small ones, O(n).
  public init(_ raw: [Int]) {
    let smallest = raw.min() ?? 0
    let largest = raw.max() ?? 0
    let (span, overflows) = largest.subtractingReportingOverflow(smallest)
    if !overflows && span <= 4 * raw.count + 256 {
      self.init(offsets: raw.lazy.map { $0 - smallest }, bound: span + 1)
    } else {
      self.init(ranking: raw)
    }
  }

  /// Renumbers arbitrary numbers by rank, in O(n log n).
  public init(_ raw: [Double]) { self.init(ranking: raw) }

  /// Numbers the classes of values in `0..<bound` without gaps.
  init(offsets: some Collection<Int>, bound: Int) {
    var occurrences = [Int](repeating: 0, count: bound)
    for value in offsets { occurrences[value] += 1 }
    var rank = [Int32](repeating: 0, count: bound)
    var counts: [Int] = []
    for value in 0..<bound where occurrences[value] > 0 {
      rank[value] = Int32(counts.count)
      counts.append(occurrences[value])
    }
    values = offsets.map { rank[$0] }
    classCount = counts.count
    self.counts = counts
  }

  private init<Value: Comparable>(ranking raw: [Value]) {
    let order = raw.indices.sorted { raw[$0] < raw[$1] }
    var values = [Int32](repeating: 0, count: raw.count)
    var counts: [Int] = []
    var previous: Value?
    for index in order {
      if raw[index] != previous {
        counts.append(0)
        previous = raw[index]
      }
      counts[counts.count - 1] += 1
      values[index] = Int32(counts.count - 1)
    }
    self.values = values
    classCount = counts.count
    self.counts = counts
  }

  /// Plug-in entropy in nats.
  public var entropy: Double { Disentanglement.entropy(counts: counts) }
}

/// The classes of one factor in a training sample, and the same numbering in a test sample.
struct MatchedLabels {
  let train: Labels
  /// The training class of every test sample; −1 for a class the training sample lacks.
  let test: [Int32]

  init(train: [Int], test: [Int]) {
    let labels = Labels(train)
    var numbers: [Int: Int32] = [:]
    for (raw, number) in zip(train, labels.values) { numbers[raw] = number }
    self.train = labels
    self.test = test.map { numbers[$0] ?? -1 }
  }
}
