/// Where a node's samples lie: one list per feature, ascending in that feature's value.
struct NodeRange {
  /// Where the first feature's list begins.
  var start: Int
  /// Distance from one feature's list to the next.
  var stride: Int
  /// Number of samples.
  var count: Int

  /// The first feature's list, which like every list holds all samples of the node.
  var samples: Range<Int> { start..<start + count }
}

/// A place to split a node.
struct TreeSplit {
  /// Index into the sorted features.
  var feature: Int
  /// How many samples go left: the first of the feature's list.
  var leftCount: Int
  /// Decrease of the sum of squared deviations from the mean.
  var gain: Double
}

/// Finds the split of a node that lowers the squared error of the residuals most.
///
/// The best split maximises `left²/leftCount + right²/rightCount`, the squares being those of the
/// sums of the residuals on either side. That exceeds its value without a split, `total²/count`, by
/// `d² (1/leftCount + 1/rightCount)` with `d = left − leftCount · mean`. A first pass sums four
/// features at a time, one per SIMD lane, and keeps each block's largest `d²`; times the largest
/// weight in the block that bounds the block's gains. A second pass evaluates every position of the
/// few blocks whose bound reaches the best split so far, in the arithmetic of scikit-learn, because
/// equal splits are common and rounding is part of how they are told apart. The result is that of
/// evaluating every position.
struct SplitSearch: Sendable {
  private static let blockSize = 64
  private static let laneCount = 4

  /// Consecutive positions in the lists of four features.
  private struct Block {
    /// Sums of the residuals before the block.
    var sums = SIMD4<Double>.zero
    /// Largest `d²` within the block.
    var squares = SIMD4<Double>.zero
  }

  private struct Candidate {
    var score = -Double.infinity
    var visitRank = 0
    var feature = 0
    var leftCount = 0
    var leftSum = 0.0
  }

  /// A node with the sum of its residuals.
  struct Node {
    var range: NodeRange
    var sum: Double

    var count: Int { range.count }
    var blockCount: Int { (count + SplitSearch.blockSize - 1) / SplitSearch.blockSize }
  }

  private let features: SortedFeatures
  /// 1 / count, for every count of samples.
  private let reciprocals: [Double]
  /// Sums of each block of samples, `[group of four features, block]`.
  private var blocks: [Block]

  init(_ features: SortedFeatures) {
    self.features = features
    reciprocals = [0] + (1...max(1, features.sampleCount)).map { 1 / Double($0) }
    let groups = (features.featureCount + Self.laneCount - 1) / Self.laneCount
    let blockCount = (features.sampleCount + Self.blockSize - 1) / Self.blockSize
    blocks = Array(repeating: Block(), count: groups * blockCount)
  }

  /// The best split, or nil if no two neighbouring values can be told apart.
  ///
  /// Of equal splits that of the feature with the smallest visit rank wins, then that with the
  /// fewest samples on the left.
  ///
  /// - Parameters:
  ///   - node: The node, of at least two samples.
  ///   - lists: The sample lists its range refers to.
  ///   - residuals: The residual of every sample.
  ///   - visitRanks: For each feature, when a random visit of all features comes to it.
  /// - Returns: The split; nil if no feature tells the node's samples apart.
  mutating func bestSplit(
    of node: Node, in lists: Span<UInt32>, residuals: Span<Double>, visitRanks: [Int]
  ) -> TreeSplit? {
    for first in stride(from: 0, to: features.featureCount, by: Self.laneCount) {
      scan(node, in: lists, firstFeature: first, residuals: residuals)
    }
    let weights = (0..<node.blockCount).map { weightRange(ofBlock: $0, count: node.count) }
    // A good split to begin with, so that few blocks need a second look.
    var start = (gain: -1.0, feature: 0, block: 0)
    forEachBlock(of: node) { feature, block, square in
      let gain = square * weights[block].lowerBound
      if gain > start.gain { start = (gain, feature, block) }
    }
    var best = Candidate()
    refine(
      &best, feature: start.feature, block: start.block, node: node, in: lists,
      residuals: residuals, visitRank: visitRanks[start.feature])
    let unsplit = node.sum * node.sum / Double(node.count)
    forEachBlock(of: node) { feature, block, square in
      // The slack covers the rounding of d, of the weights and of the scores, many times over.
      let bound = weights[block].upperBound * (square * (1 + 1e-6) + node.sum * node.sum * 1e-21)
      guard bound >= best.score * (1 - 1e-14) - unsplit else { return }
      guard feature != start.feature || block != start.block else { return }
      refine(
        &best, feature: feature, block: block, node: node, in: lists, residuals: residuals,
        visitRank: visitRanks[feature])
    }
    guard best.leftCount > 0 else { return nil }
    let deviation = best.leftSum - Double(best.leftCount) * node.sum / Double(node.count)
    return TreeSplit(
      feature: best.feature, leftCount: best.leftCount,
      gain: deviation * deviation * weight(best.leftCount, of: node.count))
  }

  // MARK: - Blocks

  private func weight(_ leftCount: Int, of count: Int) -> Double {
    reciprocals[leftCount] + reciprocals[count - leftCount]
  }

  /// The smallest and largest weight at the ends of a block; none in between is larger.
  private func weightRange(ofBlock block: Int, count: Int) -> ClosedRange<Double> {
    let first = block * Self.blockSize + 1
    let last = min(first + Self.blockSize - 1, count - 1)
    guard first <= last else { return 0...0 }
    let ends = (weight(first, of: count), weight(last, of: count))
    return min(ends.0, ends.1)...max(ends.0, ends.1)
  }

  private func forEachBlock(of node: Node, _ body: (Int, Int, Double) -> Void) {
    for feature in 0..<features.featureCount {
      let group = feature / Self.laneCount * node.blockCount
      let lane = feature % Self.laneCount
      for block in 0..<node.blockCount {
        body(feature, block, blocks[group + block].squares[lane])
      }
    }
  }

  // MARK: - Passes

  /// The first pass over up to four features.
  private mutating func scan(
    _ node: Node, in lists: Span<UInt32>, firstFeature: Int, residuals: Span<Double>
  ) {
    // Lanes without a feature of their own repeat the last one.
    let last = features.featureCount - 1
    let stride = node.range.stride
    let first = node.range.start + firstFeature * stride
    let second = node.range.start + min(firstFeature + 1, last) * stride
    let third = node.range.start + min(firstFeature + 2, last) * stride
    let fourth = node.range.start + min(firstFeature + 3, last) * stride
    precondition(first >= 0 && fourth + node.count <= lists.count)
    let group = firstFeature / Self.laneCount * node.blockCount
    let mean = node.sum / Double(node.count)
    var sums = SIMD4<Double>.zero
    var position = 0
    for index in group..<group + node.blockCount {
      var block = Block()
      block.sums = sums
      var expected = SIMD4(repeating: Double(position) * mean)
      let end = min(node.count, position + Self.blockSize)
      while position < end {
        sums += SIMD4(
          residuals[unchecked: Int(lists[unchecked: first &+ position])],
          residuals[unchecked: Int(lists[unchecked: second &+ position])],
          residuals[unchecked: Int(lists[unchecked: third &+ position])],
          residuals[unchecked: Int(lists[unchecked: fourth &+ position])])
        expected += mean
        let deviations = sums - expected
        let squares = deviations * deviations
        block.squares.replace(with: squares, where: squares .> block.squares)
        position &+= 1
      }
      blocks[index] = block
    }
  }

  /// The second pass over one block of one feature.
  private func refine(
    _ best: inout Candidate, feature: Int, block: Int, node: Node, in lists: Span<UInt32>,
    residuals: Span<Double>, visitRank: Int
  ) {
    let group = feature / Self.laneCount * node.blockCount
    var sum = blocks[group + block].sums[feature % Self.laneCount]
    let list = node.range.start + feature * node.range.stride
    let values = feature * features.sampleCount
    var left = block * Self.blockSize
    let end = min(node.count - 1, left + Self.blockSize)
    while left < end {
      let sample = Int(lists[list + left])
      left += 1
      sum += residuals[sample]
      let rest = node.sum - sum
      let score = sum * sum / Double(left) + rest * rest / Double(node.count - left)
      guard
        score > best.score
          || (score == best.score && (visitRank, left) < (best.visitRank, best.leftCount))
      else { continue }
      let next = Int(lists[list + left])
      guard
        features.values[values + next]
          > features.values[values + sample] + SortedFeatures.smallestGap
      else { continue }
      best = Candidate(
        score: score, visitRank: visitRank, feature: feature, leftCount: left, leftSum: sum)
    }
  }
}
