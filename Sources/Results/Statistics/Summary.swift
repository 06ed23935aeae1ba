import BenchSupport

/// A mean, a spread and how many values they are of.
public struct Summary: Sendable, Equatable {
  /// The mean.
  public var mean: Double
  /// The sample standard deviation (divisor n − 1); nil for a single value.
  public var standardDeviation: Double?
  /// Number of values.
  public var count: Int

  /// Summarises values.
  ///
  /// - Parameter values: At least one value.
  public init(_ values: [Double]) {
    precondition(!values.isEmpty, "no values to summarise")
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : nil
  }

  /// Creates a summary from known numbers.
  public init(mean: Double, standardDeviation: Double?, count: Int) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.count = count
  }

  /// The summary as text, for instance `0.420 ± 0.013`.
  public func text(decimals: Int? = nil) -> String {
    let places = decimals ?? Self.decimals(for: mean)
    guard let standardDeviation else { return mean.fixed(places) }
    return "\(mean.fixed(places)) ± \(standardDeviation.fixed(places))"
  }

  /// How many decimals show a number well: four below 0.1, three below 10, two below 100, one above.
  public static func decimals(for value: Double) -> Int {
    let size = abs(value)
    if size > 0 && size < 0.1 { return 4 }
    return size < 10 ? 3 : (size < 100 ? 2 : 1)
  }
}
