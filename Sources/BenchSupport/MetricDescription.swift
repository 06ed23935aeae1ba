/// Whether larger or smaller values of a metric are better.
public enum MetricDirection: String, Sendable, Equatable {
  /// Larger is better.
  case higherIsBetter
  /// Smaller is better.
  case lowerIsBetter

  /// An arrow for table headers.
  public var arrow: String { self == .higherIsBetter ? "↑" : "↓" }

  /// Whether one value is better than another.
  public func isBetter(_ value: Double, than other: Double) -> Bool {
    self == .higherIsBetter ? value > other : value < other
  }

  /// +1 if larger is better, else −1.
  public var sign: Double { self == .higherIsBetter ? 1 : -1 }
}

/// What a reader must know of a metric to compare two of its values.
///
/// A metric brings it along, and every record of a value carries it; nothing is told from a name.
public struct MetricDescription: Sendable, Equatable {
  /// The name in records and on the command line, variants after a colon.
  public let name: String
  /// Which values are better; nil if being larger or smaller alone is neither.
  public let direction: MetricDirection?
  /// The unit of the value; `score` for a number without one.
  public let unit: String
  /// How the value is measured; only values of one protocol are compared.
  public let protocolID: String
  /// The field of the metric's result that is its value.
  public let headline: String

  /// Describes a metric.
  ///
  /// - Parameters:
  ///   - name: The name, variants after a colon.
  ///   - direction: Which values are better; nil for neither.
  ///   - unit: The unit of the value.
  ///   - protocolID: How the value is measured; nil for the metric's own name.
  ///   - headline: The field that is the value.
  public init(
    name: String, direction: MetricDirection? = .higherIsBetter, unit: String = "score",
    protocolID: String? = nil, headline: String = "value"
  ) {
    self.name = name
    self.direction = direction
    self.unit = unit
    self.protocolID = protocolID ?? name
    self.headline = headline
  }

  /// The members of a record that say it.
  public var members: [String: JSONValue] {
    var members: [String: JSONValue] = [
      "unit": .string(unit), "protocol": .string(protocolID), "headline": .string(headline),
    ]
    members["higher_is_better"] = direction.map { .bool($0 == .higherIsBetter) }
    return members
  }
}

/// The descriptions of known metrics, for records of other programs and of earlier versions, which
/// have none.
public struct MetricVocabulary: Sendable {
  private let descriptions: [String: MetricDescription]

  /// Collects descriptions; of two with one name the first counts.
  public init(_ descriptions: [MetricDescription]) {
    self.descriptions = Dictionary(descriptions.map { ($0.name, $0) }) { first, _ in first }
  }

  /// The description of a value in a record: `dci`, on other axes `dci@pca`, a field `dci.completeness`.
  ///
  /// - Returns: nil for a metric that is not known.
  public subscript(record: String) -> MetricDescription? {
    let metric = String(record.prefix { $0 != "@" })
    return descriptions[metric] ?? descriptions[String(metric.prefix { $0 != "." })]
  }
}
