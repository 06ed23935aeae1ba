import BenchSupport
import LinearAlgebra

/// How the quality of a latent as a detector of a binary attribute is measured: the area under the
/// ROC curve, of "large values" or "small values", whichever is larger.
public enum AttributeDetector: Sendable, Equatable {
  /// The exact area, ties counting one half, as scikit-learn's `roc_auc_score`.
  case exact
  /// NashAE's estimate from `thresholdCount` thresholds, spread evenly from the latent's smallest
  /// to its largest value: a right Riemann sum, which is too large. A latent whose range is at most
  /// 0.2 gets 0.5.
  case grid(thresholdCount: Int)

  /// The areas of each attribute for every latent; nil for an attribute without both values.
  ///
  /// Shape `[attribute][latent]`; O(samples × latents × attributes).
  func areas(codes: Matrix<Float>, attributes: Attributes) -> [[Double]?] {
    let members = attributes.columns.map { column in
      column.indices.filter { column[$0] == 1 }.map { UInt32($0) }
    }
    let latents = Parallel.map(codes.columnCount) { latent -> [Double] in
      let values = codes.column(latent)
      switch self {
      case .exact:
        let ranks = DoubledRanks(values)
        return members.map { ranks.area($0) }
      case .grid(let thresholdCount):
        guard let grid = ThresholdGrid(values, thresholdCount: thresholdCount) else {
          return members.map { _ in 0.5 }
        }
        return members.map { grid.area($0) }
      }
    }
    return members.indices.map { attribute in
      let count = members[attribute].count
      guard count > 0 && count < codes.rowCount else { return nil }
      return latents.map { $0[attribute] }
    }
  }
}

/// Twice the ranks of a latent's values, counted from 1; equal values share the middle rank.
private struct DoubledRanks {
  private let ranks: [UInt32]

  init(_ values: [Float]) {
    let order = sortedOrder(values)
    var ranks = [UInt32](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first + 1
      while end < order.count && values[Int(order[end])] == values[Int(order[first])] { end += 1 }
      for position in first..<end { ranks[Int(order[position])] = UInt32(first + 1 + end) }
      first = end
    }
    self.ranks = ranks
  }

  /// The Mann–Whitney form of the area; sums of doubled ranks are whole numbers, so nothing is
  /// rounded before the division.
  func area(_ positives: [UInt32]) -> Double {
    let negativeCount = ranks.count - positives.count
    guard !positives.isEmpty && negativeCount > 0 else { return 0.5 }
    var doubledSum = 0
    for sample in positives { doubledSum += Int(ranks[Int(sample)]) }
    let wins = Double(doubledSum - positives.count * (positives.count + 1)) / 2
    let area = wins / (Double(positives.count) * Double(negativeCount))
    return max(area, 1 - area)
  }
}

/// A latent's values, counted between thresholds.
private struct ThresholdGrid {
  /// For every sample the first threshold above its value; the number of thresholds if none is.
  private let firstAbove: [UInt16]
  /// How many samples lie below each threshold.
  private let countBelow: [Int]

  /// Fails if the values span 0.2 or less.
  init?(_ values: [Float], thresholdCount: Int) {
    guard let smallest = values.min(), let largest = values.max(), largest - smallest > 0.2 else {
      return nil
    }
    // In single precision, like the reference.
    let thresholds = (0..<thresholdCount).map { index in
      Float(Double(index) / Double(thresholdCount - 1)) * (largest - smallest) + smallest
    }
    var firstAbove = [UInt16](repeating: 0, count: values.count)
    var countBelow = [Int](repeating: 0, count: thresholdCount + 1)
    for (sample, value) in values.enumerated() {
      var (low, high) = (0, thresholdCount)
      while low < high {
        let middle = (low + high) / 2
        if value < thresholds[middle] { high = middle } else { low = middle + 1 }
      }
      firstAbove[sample] = UInt16(low)
      countBelow[low] += 1
    }
    for index in 1...thresholdCount { countBelow[index] += countBelow[index - 1] }
    self.firstAbove = firstAbove
    self.countBelow = Array(countBelow.dropLast())
  }

  /// Right Riemann sums over the thresholds for "below" and "not below", whichever is larger.
  func area(_ positives: [UInt32]) -> Double {
    let negativeCount = firstAbove.count - positives.count
    guard !positives.isEmpty && negativeCount > 0 else { return 0.5 }
    var positivesBelow = [Int](repeating: 0, count: countBelow.count + 1)
    for sample in positives { positivesBelow[Int(firstAbove[Int(sample)])] += 1 }
    for index in 1..<positivesBelow.count { positivesBelow[index] += positivesBelow[index - 1] }
    var below = 0.0
    var notBelow = 0.0
    for index in 1..<countBelow.count {
      let negatives = countBelow[index] - positivesBelow[index]
      let negativesBefore = countBelow[index - 1] - positivesBelow[index - 1]
      let width = Double(negatives - negativesBefore)
      below += Double(positivesBelow[index]) * width
      notBelow += Double(positives.count - positivesBelow[index - 1]) * width
    }
    return max(below, notBelow) / (Double(positives.count) * Double(negativeCount))
  }
}
