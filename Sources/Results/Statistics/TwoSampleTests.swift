import BenchSupport
import Glibc

/// A difference between two groups of seeds, and how likely it is by chance.
public struct DifferenceTest: Sendable, Equatable {
  /// Mean of the first group minus mean of the second.
  public var difference: Double
  /// The test's statistic.
  public var statistic: Double
  /// Degrees of freedom; nil for tests without.
  public var degreesOfFreedom: Double?
  /// The two-sided p-value.
  public var pValue: Double
}

/// Welch's t-test for two groups with unequal variances.
///
/// *The generalization of Student's problem*, B. L. Welch, Biometrika 1947.
///
/// - Parameters:
///   - first: Mean, standard deviation and size of the first group.
///   - second: The same of the second.
/// - Returns: nil if a group has fewer than two values. If neither group varies, p is 1 for equal
///   means and 0 for different ones.
public func welchTest(_ first: Summary, _ second: Summary) -> DifferenceTest? {
  guard let error = WelchError(first, second) else { return nil }
  let difference = first.mean - second.mean
  guard error.standardError > 0 else {
    return DifferenceTest(
      difference: difference, statistic: difference == 0 ? 0 : .infinity, degreesOfFreedom: nil,
      pValue: difference == 0 ? 1 : 0)
  }
  let t = difference / error.standardError
  return DifferenceTest(
    difference: difference, statistic: t, degreesOfFreedom: error.degreesOfFreedom,
    pValue: Distribution.tTwoSided(t, degreesOfFreedom: error.degreesOfFreedom))
}

/// The interval that covers the difference of two means with the given confidence (Welch).
///
/// - Returns: nil if a group has fewer than two values.
public func welchInterval(
  _ first: Summary, _ second: Summary, confidence: Double = 0.95
) -> ClosedRange<Double>? {
  guard let error = WelchError(first, second) else { return nil }
  let difference = first.mean - second.mean
  guard error.standardError > 0 else { return difference...difference }
  let quantile = Distribution.tQuantile(
    (1 + confidence) / 2, degreesOfFreedom: error.degreesOfFreedom)
  let half = quantile * error.standardError
  return difference - half...difference + half
}

/// Two one-sided Welch tests that the means differ by less than a margin.
///
/// Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 1987.
///
/// - Parameters:
///   - first: Mean, standard deviation and size of the first group.
///   - second: The same of the second.
///   - margin: The largest difference that does not matter; positive.
/// - Returns: The p-value of "they differ by the margin or more"; nil if a group has fewer than
///   two values.
public func equivalenceTest(_ first: Summary, _ second: Summary, margin: Double) -> Double? {
  guard let error = WelchError(first, second) else { return nil }
  let difference = first.mean - second.mean
  guard error.standardError > 0 else { return abs(difference) < margin ? 0 : 1 }
  let df = error.degreesOfFreedom
  let lower = Distribution.tUpper((difference + margin) / error.standardError, degreesOfFreedom: df)
  let upper = Distribution.tUpper((margin - difference) / error.standardError, degreesOfFreedom: df)
  return max(lower, upper)
}

/// The standard error of a difference of means and its degrees of freedom (Welch–Satterthwaite).
private struct WelchError {
  let standardError: Double
  let degreesOfFreedom: Double

  init?(_ first: Summary, _ second: Summary) {
    guard first.count > 1 && second.count > 1, let deviation1 = first.standardDeviation,
      let deviation2 = second.standardDeviation
    else { return nil }
    let a = deviation1 * deviation1 / Double(first.count)
    let b = deviation2 * deviation2 / Double(second.count)
    standardError = (a + b).squareRoot()
    degreesOfFreedom =
      (a + b) * (a + b) / (a * a / Double(first.count - 1) + b * b / Double(second.count - 1))
  }
}

/// The permutation test of the difference of two means.
///
/// All groupings are counted if there are at most `resampleCount` of them; else that many are
/// drawn, and p is (hits + 1) / (draws + 1), never 0.
///
/// - Parameters:
///   - first: Values of the first group.
///   - second: Values of the second group.
///   - resampleCount: Most groupings to look at.
///   - seed: Seed of the draws.
/// - Returns: nil if a group is empty.
public func permutationTest(
  _ first: [Double], _ second: [Double], resampleCount: Int = 100_000, seed: UInt64 = 0
) -> DifferenceTest? {
  guard !first.isEmpty && !second.isEmpty else { return nil }
  let pooled = first + second
  let total = pooled.reduce(0, +)
  let (count1, count2) = (Double(first.count), Double(second.count))
  func difference(_ sum: Double) -> Double { sum / count1 - (total - sum) / count2 }
  let observed = difference(first.reduce(0, +))
  let scale = pooled.map { abs($0) }.max() ?? 0
  // Groupings that are equal but for rounding count as equal.
  let limit = abs(observed) - 1e-12 * scale
  var hits = 0
  let pValue: Double
  if let groupings = binomial(pooled.count, first.count), groupings <= resampleCount {
    forEachSum(of: pooled, choosing: first.count) { sum in
      if abs(difference(sum)) >= limit { hits += 1 }
    }
    pValue = Double(hits) / Double(groupings)
  } else {
    var generator = Philox(seed: seed)
    var values = pooled
    for _ in 0..<resampleCount {
      var sum = 0.0
      for index in first.indices {
        values.swapAt(index, index + generator.integer(below: values.count - index))
        sum += values[index]
      }
      if abs(difference(sum)) >= limit { hits += 1 }
    }
    pValue = Double(hits + 1) / Double(resampleCount + 1)
  }
  return DifferenceTest(
    difference: observed, statistic: observed, degreesOfFreedom: nil, pValue: pValue)
}

/// The number of ways to choose `chosen` of `count`; nil if it is beyond 10⁹.
private func binomial(_ count: Int, _ chosen: Int) -> Int? {
  var result = 1
  for index in 0..<min(chosen, count - chosen) {
    result = result * (count - index) / (index + 1)
    if result > 1_000_000_000 { return nil }
  }
  return result
}

/// Calls `body` with the sum of every choice of `count` values.
private func forEachSum(of values: [Double], choosing count: Int, _ body: (Double) -> Void) {
  func visit(_ start: Int, _ remaining: Int, _ sum: Double) {
    guard remaining > 0 else { return body(sum) }
    for index in start...(values.count - remaining) {
      visit(index + 1, remaining - 1, sum + values[index])
    }
  }
  visit(0, count, 0)
}
