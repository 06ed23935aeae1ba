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
