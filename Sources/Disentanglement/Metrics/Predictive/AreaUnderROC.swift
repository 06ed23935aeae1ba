/// The area under the ROC curve of scores for a binary outcome; ties count one half.
///
/// The Mann–Whitney form of scikit-learn's `roc_auc_score`, exact for any ties. O(n log n).
///
/// - Parameters:
///   - scores: Larger means more likely positive.
///   - isPositive: The outcome of the same samples; must contain both outcomes.
/// - Returns: The area, in 0…1.
func areaUnderROC(scores: [Double], isPositive: [Bool]) -> Double {
  var keyed = zip(scores, isPositive).map { (score: $0, isPositive: $1) }
  keyed.sort { $0.score < $1.score }
  // Twice the sum over positives of (negatives below + half the negatives tied).
  var doubled = 0
  var negativesBelow = 0
  var start = 0
  while start < keyed.count {
    var end = start
    var positives = 0
    while end < keyed.count && keyed[end].score == keyed[start].score {
      if keyed[end].isPositive { positives += 1 }
      end += 1
    }
    let negatives = end - start - positives
    doubled += positives * (2 * negativesBelow + negatives)
    negativesBelow += negatives
    start = end
  }
  let positiveCount = keyed.count - negativesBelow
  precondition(positiveCount > 0 && negativesBelow > 0, "one outcome only")
  return Double(doubled) / (2 * Double(positiveCount) * Double(negativesBelow))
}
