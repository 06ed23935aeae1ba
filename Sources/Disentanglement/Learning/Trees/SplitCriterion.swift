import Glibc

/// What a decision tree's splits improve, for samples with whole-number weights.
protocol SplitCriterion: Sendable {
  /// Numbers per leaf.
  var leafWidth: Int { get }

  /// Takes over the weights of all samples, for instance how often a bootstrap drew each.
  mutating func setWeights(_ weights: [Int32])

  /// Enters a node, with all its samples on the right.
  mutating func enter(_ samples: ArraySlice<UInt32>)

  /// Puts all samples of the node on the right again.
  mutating func reset()

  /// Moves a sample to the left.
  mutating func moveLeft(_ sample: Int)

  /// Whether the node cannot be improved.
  var isPure: Bool { get }

  /// By how much dividing the node as it stands lowers its impurity times its weight.
  var gain: Double { get }

  /// What the node predicts, ``leafWidth`` numbers.
  var prediction: [Double] { get }
}

/// The entropy of the classes, in nats.
///
/// Terms c log c are kept as multiples of 2^−24, so that sums are exact, do not depend on the order
/// of the samples, and equal splits compare equal.
struct EntropyCriterion: SplitCriterion {
  private static let scale = 0x1p24

  private let labels: Labels
  /// c log c for every count, as multiples of 2^−24.
  private let terms: [Int]
  private var weights: [Int32] = []
  private var totals: [Int32]
  private var left: [Int32]
  private var right: [Int32]
  private var totalWeight = 0
  private var leftWeight = 0
  private var totalTerms = 0
  private var splitTerms = 0

  /// - Parameter labels: The class of every sample.
  init(_ labels: Labels) {
    self.labels = labels
    terms =
      [0]
      + (1...max(1, labels.values.count)).map {
        Int((Double($0) * log(Double($0)) * Self.scale).rounded())
      }
    totals = Array(repeating: 0, count: labels.classCount)
    left = totals
    right = totals
  }

  var leafWidth: Int { totals.count }

  mutating func setWeights(_ weights: [Int32]) { self.weights = weights }

  mutating func enter(_ samples: ArraySlice<UInt32>) {
    for label in totals.indices { totals[label] = 0 }
    for sample in samples { totals[Int(labels.values[Int(sample)])] += weights[Int(sample)] }
    totalWeight = totals.reduce(0) { $0 + Int($1) }
    totalTerms = totals.reduce(0) { $0 + terms[Int($1)] }
    reset()
  }

  mutating func reset() {
    for label in totals.indices {
      right[label] = totals[label]
      left[label] = 0
    }
    leftWeight = 0
    splitTerms = totalTerms
  }

  mutating func moveLeft(_ sample: Int) {
    let label = Int(labels.values[sample])
    let weight = weights[sample]
    leftWeight += Int(weight)
    let (oldLeft, oldRight) = (Int(left[label]), Int(right[label]))
    left[label] += weight
    right[label] -= weight
    splitTerms +=
      terms[Int(left[label])] - terms[oldLeft] + terms[Int(right[label])] - terms[oldRight]
  }

  var isPure: Bool { totals.contains { Int($0) == totalWeight } }

  var gain: Double {
    let split = splitTerms - terms[leftWeight] - terms[totalWeight - leftWeight]
    return Double(split - (totalTerms - terms[totalWeight])) / Self.scale
  }

  var prediction: [Double] { totals.map { Double($0) / Double(totalWeight) } }
}

/// The squared error of real targets.
struct SquaredErrorCriterion: SplitCriterion {
  private let targets: [Double]
  private var weights: [Int32] = []
  private var totalWeight = 0.0
  private var leftWeight = 0.0
  private var totalSum = 0.0
  private var leftSum = 0.0
  private var squareSum = 0.0

  /// - Parameter targets: The target of every sample.
  init(_ targets: [Double]) { self.targets = targets }

  var leafWidth: Int { 1 }

  mutating func setWeights(_ weights: [Int32]) { self.weights = weights }

  mutating func enter(_ samples: ArraySlice<UInt32>) {
    (totalWeight, totalSum, squareSum) = (0, 0, 0)
    for sample in samples {
      let weight = Double(weights[Int(sample)])
      let target = targets[Int(sample)]
      totalWeight += weight
      totalSum += weight * target
      squareSum += weight * target * target
    }
    reset()
  }

  mutating func reset() {
    leftWeight = 0
    leftSum = 0
  }

  mutating func moveLeft(_ sample: Int) {
    leftWeight += Double(weights[sample])
    leftSum += Double(weights[sample]) * targets[sample]
  }

  var isPure: Bool {
    let mean = totalSum / totalWeight
    return squareSum / totalWeight - mean * mean <= .ulpOfOne
  }

  var gain: Double {
    let deviation = leftSum - leftWeight * totalSum / totalWeight
    return deviation * deviation * (1 / leftWeight + 1 / (totalWeight - leftWeight))
  }

  var prediction: [Double] { [totalSum / totalWeight] }
}
