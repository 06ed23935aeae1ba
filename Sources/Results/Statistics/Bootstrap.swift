import BenchSupport
import Glibc

/// Bootstrap intervals of means and of differences of means.
public enum Bootstrap {
  /// The bias-corrected and accelerated (BCa) interval of a mean.
  ///
  /// *Better Bootstrap Confidence Intervals*, B. Efron, JASA 1987.
  ///
  /// - Parameters:
  ///   - values: At least two values; fewer give nil.
  ///   - confidence: The share of intervals that should cover the true mean.
  ///   - resampleCount: Number of resamples.
  ///   - seed: Seed of the draws.
  /// - Returns: The interval; a single point if all values are equal.
  public static func interval(
    _ values: [Double], confidence: Double = 0.95, resampleCount: Int = 9_999, seed: UInt64 = 0
  ) -> ClosedRange<Double>? {
    interval(groups: [values], confidence, resampleCount, seed)
  }

  /// The BCa interval of the mean of `first` minus the mean of `second`.
  ///
  /// - Parameters:
  ///   - first: Values of the first group, at least two.
  ///   - second: Values of the second group, at least two.
  ///   - confidence: The share of intervals that should cover the true difference.
  ///   - resampleCount: Number of resamples.
  ///   - seed: Seed of the draws.
  /// - Returns: nil if a group has fewer than two values.
  public static func interval(
    _ first: [Double], minus second: [Double], confidence: Double = 0.95,
    resampleCount: Int = 9_999, seed: UInt64 = 0
  ) -> ClosedRange<Double>? {
    interval(groups: [first, second], confidence, resampleCount, seed)
  }

  /// The statistic is the mean of the first group minus that of the second, if there is one.
  private static func interval(
    groups: [[Double]], _ confidence: Double, _ resampleCount: Int, _ seed: UInt64
  ) -> ClosedRange<Double>? {
    guard groups.allSatisfy({ $0.count > 1 }) else { return nil }
    let signs = [1.0, -1]
    let observed = zip(groups, signs).reduce(0) { $0 + $1.1 * mean($1.0) }
    var generator = Philox(seed: seed)
    var statistics = (0..<resampleCount).map { _ in
      zip(groups, signs).reduce(0) { result, group in
        let sum = group.0.indices.reduce(0.0) { sum, _ in
          sum + group.0[generator.integer(below: group.0.count)]
        }
        return result + group.1 * sum / Double(group.0.count)
      }
    }
    statistics.sort()
    guard let low = statistics.first, let high = statistics.last, low < high else {
      return observed...observed
    }
    // Resamples equal to the observed value but for rounding count half.
    let tolerance = 1e-12 * max(abs(low), abs(high))
    let below = statistics.count { $0 < observed - tolerance }
    let equal = statistics.count { abs($0 - observed) <= tolerance }
    let share = (Double(below) + Double(equal) / 2) / Double(resampleCount)
    let bias = Distribution.normalQuantile(share)
    guard bias.isFinite else { return low...high }
    let acceleration = acceleration(groups, signs)
    func bound(_ probability: Double) -> Double {
      let z = bias + Distribution.normalQuantile(probability)
      let adjusted = Distribution.normalCDF(bias + z / (1 - acceleration * z))
      return quantile(statistics, adjusted)
    }
    let bounds = [bound((1 - confidence) / 2), bound((1 + confidence) / 2)].sorted()
    return bounds[0]...bounds[1]
  }

  /// The skewness of the statistic, from leaving out one value at a time.
  private static func acceleration(_ groups: [[Double]], _ signs: [Double]) -> Double {
    var (cubes, squares) = (0.0, 0.0)
    for (values, sign) in zip(groups, signs) {
      let count = Double(values.count)
      // For a mean, (n − 1) times the change on leaving a value out is its distance to the mean.
      let influences = values.map { sign * ($0 - mean(values)) }
      cubes += influences.reduce(0) { $0 + $1 * $1 * $1 } / (count * count * count)
      squares += influences.reduce(0) { $0 + $1 * $1 } / (count * count)
    }
    return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0
  }

  private static func mean(_ values: [Double]) -> Double {
    values.reduce(0, +) / Double(values.count)
  }

  /// The quantile of sorted values, with linear interpolation.
  private static func quantile(_ sorted: [Double], _ probability: Double) -> Double {
    let position = probability * Double(sorted.count - 1)
    let index = min(Int(position), sorted.count - 2)
    let share = position - Double(index)
    return sorted[index] + (sorted[index + 1] - sorted[index]) * share
  }
}
