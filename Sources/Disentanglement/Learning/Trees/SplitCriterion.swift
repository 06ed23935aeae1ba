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

/// A measure of how mixed classes are, made of a whole number per class.
protocol ClassImpurity: Sendable {
  /// What a class of each size adds; exact, so that sums do not depend on the order of samples and equal
  /// splits compare equal.
  static func terms(upTo count: Int) -> [Int]

  /// By how much a node's impurity times its weight falls where it is divided; each part is the sum of
  /// its terms and its weight.
  static func gain(
    left: (terms: Int, weight: Int), right: (terms: Int, weight: Int),
    node: (terms: Int, weight: Int), terms: [Int]
  ) -> Double
}

/// Entropy in nats: terms are c log c as multiples of 2^−24.
enum Entropy: ClassImpurity {
  private static let scale = 0x1p24

  static func terms(upTo count: Int) -> [Int] {
    [0] + (1...max(1, count)).map { Int((Double($0) * log(Double($0)) * scale).rounded()) }
  }

  static func gain(
    left: (terms: Int, weight: Int), right: (terms: Int, weight: Int),
    node: (terms: Int, weight: Int), terms: [Int]
  ) -> Double {
    let split = left.terms + right.terms - terms[left.weight] - terms[right.weight]
    return Double(split - (node.terms - terms[node.weight])) / scale
  }
}

/// Gini's index: terms are c².
enum GiniIndex: ClassImpurity {
  static func terms(upTo count: Int) -> [Int] { (0...max(1, count)).map { $0 * $0 } }

  static func gain(
    left: (terms: Int, weight: Int), right: (terms: Int, weight: Int),
    node: (terms: Int, weight: Int), terms: [Int]
  ) -> Double {
    Double(left.terms) / Double(left.weight) + Double(right.terms) / Double(right.weight)
      - Double(node.terms) / Double(node.weight)
  }
}

/// The entropy of the classes, in nats.
typealias EntropyCriterion = ClassCriterion<Entropy>
/// Gini's index of the classes.
typealias GiniCriterion = ClassCriterion<GiniIndex>

/// The impurity of the classes.
struct ClassCriterion<Impurity: ClassImpurity>: SplitCriterion {
  private let labels: Labels
  private let terms: [Int]
  private var weights: [Int32] = []
  private var totals: [Int32]
  private var left: [Int32]
  private var right: [Int32]
  private var totalWeight = 0
  private var leftWeight = 0
  private var totalTerms = 0
  private var leftTerms = 0
  private var rightTerms = 0

  /// - Parameter labels: The class of every sample.
  init(_ labels: Labels) {
    self.labels = labels
    terms = Impurity.terms(upTo: labels.values.count)
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
    leftTerms = 0
    rightTerms = totalTerms
  }

  mutating func moveLeft(_ sample: Int) {
    let label = Int(labels.values[sample])
    let weight = weights[sample]
    leftWeight += Int(weight)
    let (oldLeft, oldRight) = (Int(left[label]), Int(right[label]))
    left[label] += weight
    right[label] -= weight
    leftTerms += terms[Int(left[label])] - terms[oldLeft]
    rightTerms += terms[Int(right[label])] - terms[oldRight]
  }

  var isPure: Bool { totals.contains { Int($0) == totalWeight } }

  var gain: Double {
    Impurity.gain(
      left: (leftTerms, leftWeight), right: (rightTerms, totalWeight - leftWeight),
      node: (totalTerms, totalWeight), terms: terms)
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
