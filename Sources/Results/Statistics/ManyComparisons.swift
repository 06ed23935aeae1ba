public import BenchSupport
import Glibc

/// Holm's step-down correction of p-values for many tests.
///
/// *A Simple Sequentially Rejective Multiple Test Procedure*, S. Holm, 1979.
///
/// - Parameter pValues: The p-values of all tests of one family.
/// - Returns: Adjusted p-values in the same order; at most 1.
public func holmAdjusted(_ pValues: [Double]) -> [Double] {
  var adjusted = pValues
  var largest = 0.0
  for (rank, index) in pValues.indices.sorted(by: { pValues[$0] < pValues[$1] }).enumerated() {
    largest = max(largest, min(1, Double(pValues.count - rank) * pValues[index]))
    adjusted[index] = largest
  }
  return adjusted
}

/// Wilcoxon's signed-rank test of paired differences.
public struct SignedRankTest: Sendable, Equatable {
  /// The smaller of the sums of ranks of positive and of negative differences.
  public var statistic: Double
  /// The exact two-sided p-value, given the ties.
  public var pValue: Double
  /// How many differences are not zero; only these count.
  public var count: Int
  /// The smallest p-value that so many differences can give.
  public var smallestPossible: Double { min(1, pow(2, 1 - Double(count))) }

  /// Tests whether differences are symmetric about zero; nil if all of them are zero.
  ///
  /// Exact for any ties, by counting all signs of the ranks; zeros are left out (Wilcoxon).
  ///
  /// - Parameter differences: Paired differences, for instance one per dataset; at most 1,000.
  public init?(_ differences: [Double]) {
    precondition(differences.count <= 1000, "\(differences.count) differences")
    let kept = differences.filter { $0 != 0 }
    guard !kept.isEmpty else { return nil }
    count = kept.count
    // Doubled ranks are whole numbers, also when tied values share a mean rank.
    let ranks = meanRanks(kept.map { abs($0) }).map { Int((2 * $0).rounded()) }
    let total = ranks.reduce(0, +)
    let positive = zip(kept, ranks).reduce(0) { $0 + ($1.0 > 0 ? $1.1 : 0) }
    let smaller = min(positive, total - positive)
    // shares[s]: probability that the doubled positive rank sum is s under random signs
    var shares = [Double](repeating: 0, count: total + 1)
    shares[0] = 1
    var reached = 0
    for rank in ranks {
      reached += rank
      for sum in stride(from: reached, through: 0, by: -1) {
        shares[sum] = (shares[sum] + (sum >= rank ? shares[sum - rank] : 0)) / 2
      }
    }
    statistic = Double(smaller) / 2
    pValue = min(1, 2 * shares[0...smaller].reduce(0, +))
  }
}

/// Ranks from 1 for the smallest value; equal values share the mean of their ranks.
public func meanRanks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start
    while end + 1 < order.count && values[order[end + 1]] == values[order[start]] { end += 1 }
    for index in start...end { ranks[order[index]] = Double(start + end) / 2 + 1 }
    start = end + 1
  }
  return ranks
}

/// Ranks of several models over several datasets, and which rank differences mean something.
///
/// *Statistical Comparisons of Classifiers over Multiple Data Sets*, J. Demšar, JMLR 2006, §3.2.
public struct RankAnalysis: Sendable, Equatable {
  /// The mean rank of each model over the datasets; 1 is best.
  public var meanRanks: [Double]
  /// Friedman's statistic, corrected for ties.
  public var friedmanStatistic: Double
  /// Its p-value by the chi-squared distribution.
  public var friedmanPValue: Double
  /// The p-value of Iman and Davenport's less conservative form.
  public var imanDavenportPValue: Double
  /// Mean ranks that differ by less are not distinguishable (Nemenyi).
  public var criticalDifference: Double

  /// Ranks models; nil for fewer than two datasets or models.
  ///
  /// - Parameters:
  ///   - scores: `[dataset, model]`.
  ///   - direction: Whether large or small scores are good.
  ///   - significance: The error rate of the critical difference.
  public init?(
    scores: [[Double]], direction: MetricDirection, significance: Double = 0.05
  ) {
    guard let modelCount = scores.first?.count, modelCount > 1, scores.count > 1 else { return nil }
    precondition(scores.allSatisfy { $0.count == modelCount }, "rows of different lengths")
    // Rank 1 is the best.
    let ranks = scores.map { row in
      Results.meanRanks(direction == .higherIsBetter ? row.map { -$0 } : row)
    }
    let (n, k) = (Double(scores.count), Double(modelCount))
    meanRanks = (0..<modelCount).map { model in ranks.reduce(0) { $0 + $1[model] } / n }
    let squares = meanRanks.reduce(0) { $0 + $1 * $1 * n * n }
    // Each group of t tied scores takes t³ − t off.
    let ties = scores.reduce(0.0) { sum, row in
      let counts = Dictionary(grouping: row, by: { $0 }).values.map { Double($0.count) }
      return sum + counts.reduce(0) { $0 + $1 * $1 * $1 - $1 }
    }
    let correction = 1 - ties / (n * k * (k * k - 1))
    let plain = 12 / (n * k * (k + 1)) * squares - 3 * n * (k + 1)
    friedmanStatistic = correction > 0 ? plain / correction : 0
    friedmanPValue =
      correction > 0
      ? Distribution.chiSquaredUpper(friedmanStatistic, degreesOfFreedom: k - 1) : 1
    let denominator = n * (k - 1) - friedmanStatistic
    let f = denominator > 0 ? (n - 1) * friedmanStatistic / denominator : .infinity
    imanDavenportPValue = f.isFinite ? Distribution.fUpper(f, k - 1, (k - 1) * (n - 1)) : 0
    let q = Distribution.normalRangeQuantile(1 - significance, count: modelCount)
    criticalDifference = q / 2.0.squareRoot() * (k * (k + 1) / (6 * n)).squareRoot()
  }
}
