import BenchSupport
import Glibc
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

/// Plug-in entropy in nats.
func entropy(counts: [Int]) -> Double {
  let total = Double(counts.reduce(0, +))
  let negative = counts.reduce(0) { sum, count in
    guard count > 0 else { return sum }
    let probability = Double(count) / total
    return sum + probability * log(probability)
  }
  return negative < 0 ? -negative : 0
}
