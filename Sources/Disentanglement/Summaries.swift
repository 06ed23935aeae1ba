import BenchSupport
import LinearAlgebra

extension [Double] {
  /// The arithmetic mean; 0 for no values.
  var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}

/// The difference between the largest and the second largest of at least two values.
func topTwoGap(_ values: [Double]) -> Double {
  var first = -Double.infinity
  var second = -Double.infinity
  for value in values {
    if value > first {
      second = first
      first = value
    } else if value > second {
      second = value
    }
  }
  return first - second
}

extension Matrix<Double> {
  /// A list of rows.
  var json: JSONValue {
    .array((0..<rowCount).map { .numbers(row($0)) })
  }
}

extension Factors {
  /// The labels of all factors, each with at least two classes.
  func variedLabels(metric: String) throws(DisentanglementError) -> [Labels] {
    let labels = (0..<factorCount).map { self.labels($0) }
    if let factor = labels.firstIndex(where: { $0.classCount < 2 }) {
      throw .singleClassFactor(metric: metric, factor: names[factor])
    }
    return labels
  }
}

/// The positions of values in increasing order; equal values keep their order.
func sortedOrder(_ values: [Double]) -> [Int32] {
  var keyed = values.enumerated().map { (key: $1, index: Int32($0)) }
  keyed.sort { ($0.key, $0.index) < ($1.key, $1.index) }
  return keyed.map(\.index)
}

/// A quantile with linear interpolation between order statistics, numpy's default.
///
/// - Parameters:
///   - share: The quantile, in 0…1.
///   - values: At least one value; sorted on return.
/// - Returns: The quantile, interpolated linearly.
func quantile(_ share: Double, ofUnsorted values: inout [Double]) -> Double {
  values.sort()
  return quantile(share, ofSorted: values)
}

/// A quantile of sorted values with linear interpolation between order statistics.
func quantile(_ share: Double, ofSorted values: [Double]) -> Double {
  let position = share * Double(values.count - 1)
  let lower = Int(position)
  guard lower + 1 < values.count else { return values[values.count - 1] }
  return values[lower] + (position - Double(lower)) * (values[lower + 1] - values[lower])
}
