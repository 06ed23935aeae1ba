/// The area under the ROC curve of scores for a binary outcome; ties count one half.
///
/// The Mann–Whitney form of scikit-learn's `roc_auc_score`, exact for any ties. O(n log m), where m
/// samples have the rarer outcome: only those are sorted.
///
/// - Parameters:
///   - scores: Larger means more likely positive.
///   - isPositive: The outcome of the same samples; must contain both outcomes.
/// - Returns: The area, in 0…1.
func areaUnderROC(scores: [Double], isPositive: [Bool]) -> Double {
  let positiveCount = isPositive.count { $0 }
  precondition(positiveCount > 0 && positiveCount < scores.count, "one outcome only")
  let isPositiveRarer = 2 * positiveCount <= scores.count
  var rarer: [Double] = []
  rarer.reserveCapacity(min(positiveCount, scores.count - positiveCount))
  for (score, isPositive) in zip(scores, isPositive) where isPositive == isPositiveRarer {
    rarer.append(score)
  }
  rarer.sort()
  // Twice the sum over the others of (pairs in the right order + half the ties).
  var doubled = 0
  rarer.withUnsafeBufferPointer { rarer in
    for (score, isPositive) in zip(scores, isPositive) where isPositive != isPositiveRarer {
      let below = count(below: score, in: rarer, orEqual: false)
      let isTied = below < rarer.count && rarer[below] == score
      let ties = isTied ? count(below: score, in: rarer, orEqual: true) - below : 0
      doubled += ties + 2 * (isPositiveRarer ? rarer.count - below - ties : below)
    }
  }
  return Double(doubled) / (2 * Double(positiveCount) * Double(scores.count - positiveCount))
}

/// How many of the sorted values are smaller, or not larger; without branches that cannot be foreseen.
@inline(__always)
private func count(
  below value: Double, in sorted: UnsafeBufferPointer<Double>, orEqual: Bool
) -> Int {
  var (start, length) = (0, sorted.count)
  while length > 0 {
    let half = (length + 1) / 2
    let last = sorted[start + half - 1]
    let isBelow = orEqual ? last <= value : last < value
    start += isBelow ? half : 0
    length = isBelow ? length - half : half - 1
  }
  return start
}
