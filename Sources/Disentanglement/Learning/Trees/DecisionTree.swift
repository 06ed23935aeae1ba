import BenchSupport
import LinearAlgebra

/// A decision tree of any depth, as scikit-learn grows it: the best split of each node over a random
/// choice of features.
struct DecisionTree: Sendable {
  private struct Node {
    /// The column a split looks at; −1 for a leaf.
    var column: Int32
    /// A value at most this goes left.
    var threshold: Float
    var left: Int32
    var right: Int32
  }

  private var nodes: [Node] = []
  /// `[node, output]`; zeros for splits.
  private var predictions: [Double] = []
  private let leafWidth: Int
  /// Each latent's share of the decrease of impurity, summing to 1; zeros for a tree without splits.
  private(set) var importances: [Double]

  /// Adds what the tree predicts for every row to `sums`, `[sample, output]`.
  func addPredictions(for codes: Matrix<Float>, to sums: inout Matrix<Double>) {
    for row in 0..<codes.rowCount {
      var node = 0
      while nodes[node].column >= 0 {
        let value = codes[row, Int(nodes[node].column)]
        node = Int(value <= nodes[node].threshold ? nodes[node].left : nodes[node].right)
      }
      for output in 0..<leafWidth {
        sums[row, output] += predictions[node * leafWidth + output]
      }
    }
  }
}

// MARK: - Growing

extension DecisionTree {
  /// Grows a tree on the samples with a positive weight.
  ///
  /// - Parameters:
  ///   - features: The sorted codes.
  ///   - columnCount: Number of latents, constant ones included.
  ///   - weights: How often each sample counts.
  ///   - criterion: What a split is judged by and what a leaf holds.
  ///   - maximumDepth: Splits from the root to a leaf at most.
  ///   - featuresPerSplit: How many latents a node draws; more if all of them are constant there.
  ///   - random: Draws the latents of each node.
  init(
    features: SortedFeatures, columnCount: Int, weights: [Int32], criterion: some SplitCriterion,
    maximumDepth: Int, featuresPerSplit: Int, random: inout some RandomNumberGenerator
  ) {
    leafWidth = criterion.leafWidth
    importances = Array(repeating: 0, count: columnCount)
    var criterion = criterion
    criterion.setWeights(weights)
    var lists = FeatureLists(features, weights: weights)
    var open = [(node: 0, samples: 0..<lists.sampleCount, depth: 0)]
    addNode()
    while let (node, samples, depth) = open.popLast() {
      criterion.enter(lists.samples(samples))
      guard depth < maximumDepth && samples.count >= 2 && !criterion.isPure,
        let split = lists.bestSplit(
          of: samples, columnCount: columnCount, featuresPerSplit: featuresPerSplit,
          criterion: &criterion, random: &random)
      else {
        predictions.replaceSubrange(
          node * leafWidth..<(node + 1) * leafWidth, with: criterion.prediction)
        continue
      }
      importances[features.columns[split.feature]] += split.gain
      nodes[node] = Node(
        column: Int32(features.columns[split.feature]), threshold: split.threshold,
        left: Int32(nodes.count), right: Int32(nodes.count + 1))
      let middle = samples.lowerBound + split.leftCount
      lists.partition(samples, at: middle, by: split.feature)
      addNode()
      addNode()
      open.append((nodes.count - 1, middle..<samples.upperBound, depth + 1))
      open.append((nodes.count - 2, samples.lowerBound..<middle, depth + 1))
    }
    let total = importances.reduce(0, +)
    if total > 0 { importances = importances.map { $0 / total } }
  }

  private mutating func addNode() {
    nodes.append(Node(column: -1, threshold: 0, left: 0, right: 0))
    predictions += Array(repeating: 0, count: leafWidth)
  }
}

/// For every feature the samples of a growing tree, each node's in a row and ascending in value.
private struct FeatureLists {
  struct Split {
    var feature: Int
    var leftCount: Int
    var threshold: Float
    var gain: Double
  }

  private let features: SortedFeatures
  /// The samples in the order of each feature, `[feature][position]`.
  private var lists: [[UInt32]]
  private var goesRight: [Bool]

  init(_ features: SortedFeatures, weights: [Int32]) {
    self.features = features
    let count = features.sampleCount
    lists = (0..<features.featureCount).map { feature in
      features.order[feature * count..<(feature + 1) * count].filter { weights[Int($0)] > 0 }
    }
    // Without a varying latent there is only the root.
    if lists.isEmpty { lists = [(0..<UInt32(count)).filter { weights[Int($0)] > 0 }] }
    goesRight = Array(repeating: false, count: count)
  }

  var sampleCount: Int { lists[0].count }

  func samples(_ range: Range<Int>) -> ArraySlice<UInt32> { lists[0][range] }

  /// The best split over the drawn features, the first of equal ones in the order of drawing.
  func bestSplit<Criterion: SplitCriterion>(
    of samples: Range<Int>, columnCount: Int, featuresPerSplit: Int,
    criterion: inout Criterion, random: inout some RandomNumberGenerator
  ) -> Split? {
    var best: Split?
    var (drawn, varying) = (0, 0)
    for column in random.permutation(of: columnCount) {
      // At least one of the drawn latents has to vary.
      if drawn >= featuresPerSplit && varying > 0 { break }
      drawn += 1
      guard let feature = features.columns.firstIndex(of: column) else { continue }
      let values = feature * features.sampleCount
      let list = lists[feature]
      func value(_ position: Int) -> Float { features.values[values + Int(list[position])] }
      let last = samples.upperBound - 1
      guard value(last) > value(samples.lowerBound) + SortedFeatures.smallestGap else { continue }
      varying += 1
      criterion.reset()
      var current = value(samples.lowerBound)
      for position in samples.lowerBound..<last {
        criterion.moveLeft(Int(list[position]))
        let next = value(position + 1)
        defer { current = next }
        guard next > current + SortedFeatures.smallestGap else { continue }
        let gain = criterion.gain
        if gain > best?.gain ?? -.infinity {
          best = Split(
            feature: feature, leftCount: position + 1 - samples.lowerBound,
            threshold: SortedFeatures.threshold(between: current, and: next), gain: gain)
        }
      }
    }
    return best
  }

  /// Puts the samples before `middle` in one feature's list before the others in all lists, keeping
  /// their order.
  mutating func partition(_ samples: Range<Int>, at middle: Int, by feature: Int) {
    for position in samples {
      goesRight[Int(lists[feature][position])] = position >= middle
    }
    var right: [UInt32] = []
    right.reserveCapacity(samples.upperBound - middle)
    for other in lists.indices where other != feature {
      right.removeAll(keepingCapacity: true)
      var next = samples.lowerBound
      for position in samples {
        let sample = lists[other][position]
        if goesRight[Int(sample)] {
          right.append(sample)
        } else {
          lists[other][next] = sample
          next += 1
        }
      }
      lists[other].replaceSubrange(middle..<samples.upperBound, with: right)
    }
  }
}
