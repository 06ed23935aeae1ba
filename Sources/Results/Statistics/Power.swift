import Glibc

/// How many seeds a claim needs.
public enum Power {
  /// The chance that a two-sided t-test finds a difference.
  ///
  /// - Parameters:
  ///   - effect: The true difference in units of the standard deviation (Cohen's d).
  ///   - seedCount: Seeds per group, at least 2.
  ///   - significance: The test's error rate.
  ///   - isOneSample: Whether one group is compared with a number, not two with each other.
  /// - Returns: The probability.
  public static func ofTTest(
    effect: Double, seedCount: Int, significance: Double = 0.05, isOneSample: Bool = false
  ) -> Double {
    let df = Double(isOneSample ? seedCount - 1 : 2 * seedCount - 2)
    let critical = Distribution.tQuantile(1 - significance / 2, degreesOfFreedom: df)
    return Distribution.noncentralTTwoSided(
      critical, degreesOfFreedom: df,
      noncentrality: abs(effect) * (Double(seedCount) / (isOneSample ? 1 : 2)).squareRoot())
  }

  /// The fewest seeds per group with which a t-test finds a difference with the given power.
  ///
  /// - Parameters:
  ///   - effect: The difference in units of the standard deviation.
  ///   - power: The wanted chance of finding it.
  ///   - significance: The test's error rate.
  ///   - isOneSample: Whether one group is compared with a number, not two with each other.
  /// - Returns: nil if more than 100,000 are needed.
  public static func seedsNeeded(
    effect: Double, power: Double = 0.8, significance: Double = 0.05, isOneSample: Bool = false
  ) -> Int? {
    func suffices(_ count: Int) -> Bool {
      ofTTest(
        effect: effect, seedCount: count, significance: significance, isOneSample: isOneSample)
        >= power
    }
    guard effect.isFinite && abs(effect) > 0 else { return nil }
    var (low, high) = (1, 2)
    while !suffices(high) {
      guard high < 100_000 else { return nil }
      (low, high) = (high, min(high * 2, 100_000))
    }
    // `low` is too few (or 1), `high` suffices.
    while high - low > 1 {
      let middle = (low + high) / 2
      if suffices(middle) { high = middle } else { low = middle }
    }
    return high
  }
}
