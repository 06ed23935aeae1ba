/// The area under the ROC curve of scores for one class against all others; ties count one half.
///
/// The Mann–Whitney form of scikit-learn's `roc_auc_score`, exact for any ties. O(n log m), where m
/// samples have the rarer outcome: only those are sorted.
///
/// - Parameters:
///   - scores: Larger means more likely of the class.
///   - label: The class.
///   - classes: The classes of the same samples; must contain this one and another.
/// - Returns: The area, in 0…1.
func areaUnderROC(scores: ArraySlice<Double>, of label: Int32, among classes: [Int32]) -> Double {
  let positiveCount = classes.count { $0 == label }
  precondition(positiveCount > 0 && positiveCount < scores.count, "one outcome only")
  let isPositiveRarer = 2 * positiveCount <= scores.count
  var rarer: [Double] = []
  var others: [Double] = []
  rarer.reserveCapacity(min(positiveCount, scores.count - positiveCount))
  others.reserveCapacity(max(positiveCount, scores.count - positiveCount))
  for (score, own) in zip(scores, classes) {
    if (own == label) == isPositiveRarer { rarer.append(score) } else { others.append(score) }
  }
  rarer.sort()
  // Twice the sum over the others of (rarer ones below + half the ties).
  var doubled = 0
  rarer.withUnsafeBufferPointer { rarer in
    others.withUnsafeBufferPointer { others in
      forEachRank(of: others, in: rarer) { score, below in
        let isTied = below < rarer.count && rarer[below] == score
        let ties = isTied ? rarer[below...].prefix { $0 == score }.count : 0
        doubled += ties + 2 * below
      }
    }
  }
  let pairCount = rarer.count * others.count
  if isPositiveRarer { doubled = 2 * pairCount - doubled }
  return Double(doubled) / (2 * Double(pairCount))
}

/// Calls `body` with each value and how many of the sorted ones are smaller.
///
/// Several searches go side by side, all of the same number of steps, so that none waits for another.
private func forEachRank(
  of values: UnsafeBufferPointer<Double>, in sorted: UnsafeBufferPointer<Double>,
  _ body: (_ value: Double, _ below: Int) -> Void
) {
  let lanes = 16
  withUnsafeTemporaryAllocation(of: Int.self, capacity: lanes) { starts in
    for first in stride(from: 0, to: values.count, by: lanes) {
      let count = min(lanes, values.count - first)
      starts.initialize(repeating: 0)
      var length = sorted.count
      while length > 1 {
        let half = length / 2
        for lane in 0..<count {
          let isBelow = sorted[starts[lane] + half - 1] < values[first + lane]
          starts[lane] += isBelow ? half : 0
        }
        length -= half
      }
      for lane in 0..<count {
        let value = values[first + lane]
        body(value, starts[lane] + (sorted[starts[lane]] < value ? 1 : 0))
      }
    }
  }
}
