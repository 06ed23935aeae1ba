import BenchSupport

/// Grows the regression trees of gradient boosting, one after the other, in buffers that are
/// reused.
///
/// The root's sample lists are sorted once for all trees; a split hands each child its part of
/// every list, still sorted.
struct TreeGrower: Sendable {
  /// A node whose mean squared deviation is at most this is a leaf.
  private static let smallestImpurity = Double.ulpOfOne

  /// A grown tree with what it says of the training samples.
  struct Grown: Sendable {
    var tree = BoostedTree()
    /// Decrease of the mean squared deviation by each sorted feature.
    var gains: [Double]
    /// Index of the leaf every training sample fell into.
    var leafOfSample: [UInt8]
  }

  private struct Node {
    var index: Int
    var level: Int
    var range: NodeRange
    var sum = 0.0
    var squareSum = 0.0

    var isSplittable: Bool {
      let mean = sum / Double(range.count)
      return range.count >= 2
        && squareSum / Double(range.count) - mean * mean > TreeGrower.smallestImpurity
    }
  }

  private let features: SortedFeatures
  private var residuals: [Double]
  private var goesRight: [UInt8]
  /// Sample lists of the nodes on the first, second and third level.
  private var lists: [[UInt32]]
  private var search: SplitSearch

  init(_ features: SortedFeatures) {
    self.features = features
    let count = features.sampleCount
    residuals = Array(repeating: 0, count: count)
    goesRight = Array(repeating: 0, count: count)
    // One slot more per node: the partition writes one element past each side.
    lists = [
      // Without a varying latent there is only the root, in any order.
      features.columns.isEmpty ? Array(0..<UInt32(count)) : features.order,
      Array(repeating: 0, count: features.featureCount * (count + 2)),
      Array(repeating: 0, count: features.featureCount * (count + 4)),
    ]
    search = SplitSearch(features)
  }

  /// Fits a tree to residuals of the log loss, which `fillResiduals` writes, one per sample.
  ///
  /// The leaves' Newton steps are multiplied by `leafScale`. `random` decides in which order
  /// features are visited, hence which of equal splits wins.
  mutating func grow(
    leafScale: Double, random: inout some RandomNumberGenerator,
    fillResiduals: (inout MutableSpan<Double>) -> Void
  ) -> Grown {
    var grown = Grown(
      gains: Array(repeating: 0, count: features.featureCount),
      leafOfSample: Array(repeating: 0, count: features.sampleCount))
    var span = residuals.mutableSpan
    fillResiduals(&span)
    var nodes = [root()]
    for _ in 0..<BoostedTree.depth {
      nodes = nodes.flatMap { split($0, &grown, leafScale, &random) }
    }
    return grown
  }

  // MARK: - Nodes

  private func root() -> Node {
    let count = features.sampleCount
    var root = Node(
      index: 0, level: 0, range: NodeRange(start: 0, stride: count, count: count))
    for residual in residuals {
      root.sum += residual
      root.squareSum += residual * residual
    }
    return root
  }

  /// Splits a node or makes it a leaf; returns the children that need lists of their own.
  private mutating func split(
    _ node: Node, _ grown: inout Grown, _ leafScale: Double,
    _ random: inout some RandomNumberGenerator
  ) -> [Node] {
    guard node.isSplittable && features.featureCount > 0 else {
      setLeaf(&grown, node.index, node.range.samples, node.level, scale: leafScale)
      return []
    }
    let visitRanks = random.permutation(of: features.featureCount)
    guard let split = bestSplit(of: node, visitRanks: visitRanks) else {
      setLeaf(&grown, node.index, node.range.samples, node.level, scale: leafScale)
      return []
    }
    grown.gains[split.feature] += split.gain / Double(features.sampleCount)
    let list = node.range.start + split.feature * node.range.stride
    let (middle, end) = (list + split.leftCount, list + node.range.count)
    grown.tree.split(
      node.index, column: features.columns[split.feature],
      threshold: threshold(of: split, at: middle, node.level))
    guard node.level + 1 < BoostedTree.depth else {
      setLeaf(&grown, 2 * node.index + 1, list..<middle, node.level, scale: leafScale)
      setLeaf(&grown, 2 * node.index + 2, middle..<end, node.level, scale: leafScale)
      return []
    }
    mark(list..<middle, node.level, side: 0)
    mark(middle..<end, node.level, side: 1)
    var children = (0..<2).map { side in
      Node(
        index: 2 * node.index + 1 + side, level: node.level + 1,
        range: childRange(of: node, side: side, leftCount: split.leftCount))
    }
    partition(node, into: children)
    let lastVisited = visitRanks.firstIndex(of: visitRanks.count - 1) ?? 0
    for side in 0..<2 { addMoments(to: &children[side], feature: lastVisited) }
    return children
  }

  private mutating func bestSplit(of node: Node, visitRanks: [Int]) -> TreeSplit? {
    let list = lists[node.level]
    let residuals = residuals
    return search.bestSplit(
      of: SplitSearch.Node(range: node.range, sum: node.sum), in: list.span,
      residuals: residuals.span, visitRanks: visitRanks)
  }

  private func threshold(of split: TreeSplit, at middle: Int, _ level: Int) -> Float {
    let values = split.feature * features.sampleCount
    let lower = Int(lists[level][middle - 1])
    let upper = Int(lists[level][middle])
    return SortedFeatures.threshold(
      between: features.values[values + lower], and: features.values[values + upper])
  }

  /// Makes a node a leaf whose value is the Newton step of the deviance: mean residual over mean
  /// p (1 − p).
  ///
  /// A residual is 1 − p or −p, so p (1 − p) = |residual| (1 − |residual|) either way.
  private func setLeaf(
    _ grown: inout Grown, _ index: Int, _ part: Range<Int>, _ level: Int, scale: Double
  ) {
    let list = lists[level]
    let samples = list.span
    let residuals = residuals.span
    precondition(part.lowerBound >= 0 && part.upperBound <= samples.count)
    var numerator = 0.0
    var denominator = 0.0
    for position in part {
      let residual = residuals[unchecked: Int(samples[unchecked: position])]
      numerator += residual
      denominator += abs(residual) * (1 - abs(residual))
    }
    let count = Double(part.count)
    let value = denominator / count < 1e-150 ? 0 : (numerator / count) / (denominator / count)
    let leaf = UInt8(grown.tree.setLeaf(index, value: value * scale))
    var leafOfSample = grown.leafOfSample.mutableSpan
    for position in part { leafOfSample[unchecked: Int(samples[unchecked: position])] = leaf }
  }

  // MARK: - Lists

  /// Where a child's lists go: beside those of its sibling, with a free slot after each child.
  private func childRange(of node: Node, side: Int, leftCount: Int) -> NodeRange {
    let slots = node.index - (1 << node.level - 1)
    let start = node.range.start + slots
    return NodeRange(
      start: side == 0 ? start : start + leftCount + 1,
      stride: features.sampleCount + 2 << node.level,
      count: side == 0 ? leftCount : node.range.count - leftCount)
  }

  private mutating func mark(_ part: Range<Int>, _ level: Int, side: UInt8) {
    let list = lists[level]
    let samples = list.span
    precondition(part.lowerBound >= 0 && part.upperBound <= samples.count)
    var goesRight = goesRight.mutableSpan
    for position in part { goesRight[unchecked: Int(samples[unchecked: position])] = side }
  }

  /// Sums a node's residuals in the order of one feature.
  ///
  /// scikit-learn sums them in the order in which its last visited feature left them; the order
  /// decides the last bits, and they decide between equal splits.
  private func addMoments(to node: inout Node, feature: Int) {
    let first = node.range.start + feature * node.range.stride
    let list = lists[node.level]
    let samples = list.span
    precondition(first >= 0 && first + node.range.count <= samples.count)
    let residuals = residuals.span
    for position in first..<first + node.range.count {
      let residual = residuals[unchecked: Int(samples[unchecked: position])]
      node.sum += residual
      node.squareSum += residual * residual
    }
  }

  /// Divides a node's lists between its children, keeping the order.
  private mutating func partition(_ node: Node, into children: [Node]) {
    let list = lists[node.level]
    let from = list.span
    let sides = goesRight
    let goesRight = sides.span
    let (leftRange, rightRange) = (children[0].range, children[1].range)
    var to = lists[node.level + 1].mutableSpan
    for feature in 0..<features.featureCount {
      let first = node.range.start + feature * node.range.stride
      var left = leftRange.start + feature * leftRange.stride
      var right = rightRange.start + feature * rightRange.stride
      precondition(first + node.range.count <= from.count && right + rightRange.count < to.count)
      for position in first..<first + node.range.count {
        let sample = from[unchecked: position]
        let isRight = Int(goesRight[unchecked: Int(sample)])
        // One of the two is overwritten by the next sample of that side.
        to[unchecked: left] = sample
        to[unchecked: right] = sample
        left &+= 1 &- isRight
        right &+= isRight
      }
    }
  }
}
