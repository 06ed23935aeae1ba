import LinearAlgebra

/// A regression tree of depth at most 3, stored as a complete binary tree.
///
/// Split `i` has the children `2i + 1` and `2i + 2`. A leaf above the last level is followed by
/// splits that send everything left, so that every sample takes three steps.
package struct BoostedTree: Sendable {
  static let depth = 3
  static let splitCount = 7
  static let leafCount = 8

  /// The column each split looks at.
  package private(set) var columns = [7 of Int32](repeating: 0)
  /// A value at most this goes left.
  package private(set) var thresholds = [7 of Float](repeating: .infinity)
  /// Newton steps, without the learning rate.
  package private(set) var leaves = [8 of Double](repeating: 0)

  mutating func split(_ node: Int, column: Int, threshold: Float) {
    columns[node] = Int32(column)
    thresholds[node] = threshold
  }

  /// Makes a node a leaf; its index counts on past the splits for the leaves of the last level.
  ///
  /// - Returns: The leaf's index.
  mutating func setLeaf(_ node: Int, value: Double) -> Int {
    var last = node
    while last < Self.splitCount { last = 2 * last + 1 }
    leaves[last - Self.splitCount] = value
    return last - Self.splitCount
  }

  /// Adds the values of consecutive samples, times `scale`, to `scores` from index `start` on.
  func addValues(
    to scores: inout [Double], at start: Int, rows: Range<Int>, codes: Matrix<Float>, scale: Double
  ) {
    precondition(start + rows.count <= scores.count && rows.upperBound <= codes.rowCount)
    let columns = columns.span
    let thresholds = thresholds.span
    let leaves = leaves.span
    let elements = codes.elements.span
    var scores = scores.mutableSpan
    var row = rows.lowerBound * codes.columnCount
    for position in start..<start + rows.count {
      var node = 0
      for _ in 0..<Self.depth {
        // The sign bit of threshold − value: 1 if the sample goes right, without a branch.
        let value = elements[unchecked: row &+ Int(columns[unchecked: node])]
        let isRight = (thresholds[unchecked: node] - value).bitPattern >> 31
        node = 2 &* node &+ 1 &+ Int(isRight)
      }
      scores[unchecked: position] += scale * leaves[unchecked: node &- Self.splitCount]
      row &+= codes.columnCount
    }
  }
}
