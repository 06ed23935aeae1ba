public import BenchSupport

/// A metric of a generated set, mostly against a reference set, as the catalog lists it.
///
/// A new one is a file that defines it and a line in ``GenerationMetric/all``.
public struct GenerationMetric: Sendable {
  /// The value and what else it says.
  public struct Value: Sendable, Equatable {
    /// The value.
    public let value: Double
    /// Further numbers by name, for instance a standard deviation.
    public let details: [String: JSONValue]

    /// Pairs a value with further numbers.
    public init(_ value: Double, details: [String: JSONValue] = [:]) {
      self.value = value
      self.details = details
    }
  }

  /// Name, direction and unit; the protocol of a value is that of the features it was computed from.
  public let description: MetricDescription
  /// Whether a comparison that names no metrics computes it.
  public let isStandard: Bool
  /// Whether it compares with real images that were not trained on; a comparison that names no metrics
  /// computes it where there are such.
  public let needsHeldOut: Bool
  /// The name in the records of runs whose features are not Inception's; nil for a metric that says
  /// nothing with others.
  public let nameWithOtherFeatures: String?
  private let compute: @Sendable (GenerationPair) throws -> Value

  /// Describes a metric.
  ///
  /// - Parameters:
  ///   - description: Name, direction and unit.
  ///   - isStandard: Whether a comparison that names no metrics computes it.
  ///   - needsHeldOut: Whether it compares with real images that were not trained on.
  ///   - meaning: What its values are with features that are not Inception's.
  ///   - compute: Computes it.
  public init(
    _ description: MetricDescription, isStandard: Bool = false, needsHeldOut: Bool = false,
    withOtherFeatures meaning: OtherFeatures = .sameMetric,
    compute: @escaping @Sendable (GenerationPair) throws -> Value
  ) {
    self.description = description
    self.isStandard = isStandard
    self.needsHeldOut = needsHeldOut
    nameWithOtherFeatures =
      switch meaning {
      case .sameMetric: description.name
      case .metric(let name): name
      case .nothing: nil
      }
    self.compute = compute
  }

  /// What a metric's values are with features that are not Inception's.
  public enum OtherFeatures: Sendable {
    /// The same metric, on the scale of these features.
    case sameMetric
    /// A metric of another name.
    case metric(String)
    /// Nothing that could be read.
    case nothing
  }

  /// The name on the command line, variants after a colon.
  public var name: String { description.name }

  /// Computes the metric.
  ///
  /// - Parameter pair: The two sets.
  /// - Returns: The value.
  /// - Throws: ``GenerationError`` and errors of linear algebra.
  public func value(of pair: GenerationPair) throws -> Value { try compute(pair) }

  /// The metrics of a comparison that names none.
  public static let standard = all.filter(\.isStandard)

  /// The metric of a name, be it that of records with features that are not Inception's.
  public static func named(_ name: String) -> GenerationMetric? {
    all.first { $0.name == name } ?? all.first { $0.nameWithOtherFeatures == name }
  }
}

/// Metrics are told apart by their names.
extension GenerationMetric: Hashable {
  /// Whether both have one name.
  public static func == (one: GenerationMetric, other: GenerationMetric) -> Bool {
    one.name == other.name
  }

  /// Hashes the name.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}
