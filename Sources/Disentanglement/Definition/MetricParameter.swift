public import BenchSupport

/// A number in a metric's protocol that a study may set otherwise, under the name that the
/// reference program has for it.
public struct MetricParameter: Sendable, Equatable {
  /// The name, for instance `num_bins`.
  public let name: String
  /// What it is, for the help.
  public let summary: String
  /// The value it has if nothing is said: the reference protocol's.
  public let defaultValue: Double
  /// The values it can have.
  public let range: ClosedRange<Double>
  /// Whether it must be a whole number.
  public let isWhole: Bool

  /// A whole number.
  static func whole(
    _ name: String, _ defaultValue: Int, in range: ClosedRange<Int>, _ summary: String
  ) -> MetricParameter {
    MetricParameter(
      name: name, summary: summary, defaultValue: Double(defaultValue),
      range: Double(range.lowerBound)...Double(range.upperBound), isWhole: true)
  }

  /// Any number in a range.
  static func real(
    _ name: String, _ defaultValue: Double, in range: ClosedRange<Double>, _ summary: String
  ) -> MetricParameter {
    MetricParameter(
      name: name, summary: summary, defaultValue: defaultValue, range: range, isWhole: false)
  }

  /// The number of histogram bins of the codes.
  static let binCount = MetricParameter.whole(
    "num_bins", 20, in: 1...100_000, "histogram bins of the codes")
}

/// Parameters of metrics that differ from the reference protocol.
public struct MetricSettings: Sendable, Equatable {
  private let values: [String: Double]

  /// The reference protocol of every metric.
  public init() { values = [:] }

  /// Values by `METRIC.PARAMETER`.
  init(values: [String: Double]) { self.values = values }

  /// The settings by `METRIC.PARAMETER`.
  public var json: JSONValue { .object(values.mapValues { .number($0) }) }
  /// Whether every metric follows the reference protocol.
  public var isEmpty: Bool { values.isEmpty }

  /// The value of a parameter.
  func value(_ parameter: MetricParameter, of metric: String) -> Double {
    values["\(metric).\(parameter.name)"] ?? parameter.defaultValue
  }

  /// The value of a whole number.
  func count(_ parameter: MetricParameter, of metric: String) -> Int {
    Int(value(parameter, of: metric))
  }
}

/// A number without a needless decimal point.
func plain(_ number: Double) -> String {
  number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
}
