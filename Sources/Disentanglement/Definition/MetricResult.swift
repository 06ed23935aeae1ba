public import BenchSupport

/// What a metric found: its scores, all parts they were made of, and how they were estimated.
public struct MetricResult: Sendable, Equatable {
  /// One number of a metric.
  public struct Score: Sendable, Equatable {
    /// The field's name, `value` for the metric's headline.
    public let name: String
    /// The number; finite.
    public let value: Double

    /// Names a number.
    public init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// The metric's name in the catalog.
  public let metric: String
  /// The scores, the headline first.
  public let scores: [Score]
  /// Parts such as matrices and per-factor values; field names do not repeat those of the scores.
  public let details: [String: JSONValue]
  /// The estimator in words: bins, log base, model, protocol.
  public let estimator: String
  /// What a reader must know to compare the value; nil for a result that no definition evaluated.
  public internal(set) var description: MetricDescription?

  /// Records a metric's outcome.
  ///
  /// - Throws: ``DisentanglementError/undefined(metric:quantity:reason:)`` if a number is not finite.
  public init(
    metric: String, scores: [Score], details: [String: JSONValue] = [:], estimator: String
  ) throws(DisentanglementError) {
    let numbers = scores.map { ($0.name, JSONValue.number($0.value)) }
    for (name, value) in numbers + details.sorted(by: { $0.key < $1.key })
    where !value.isFinite {
      throw .undefined(
        metric: metric, quantity: name,
        reason: "the codes are degenerate or too large for double precision")
    }
    self.metric = metric
    self.scores = scores
    self.details = details
    self.estimator = estimator
  }

  /// The score named `value`, if the metric has a single headline.
  public var value: Double? { self["value"] }

  /// The score with the given name.
  public subscript(_ name: String) -> Double? { scores.first { $0.name == name }?.value }

  /// The result as one JSON object: scores, details and `estimator`.
  public var json: JSONValue {
    var members = details
    for score in scores { members[score.name] = .number(score.value) }
    members["estimator"] = .string(estimator)
    if let description { members.merge(description.members) { $1 } }
    return .object(members)
  }
}

extension JSONValue {
  /// Whether every number in the value is finite.
  fileprivate var isFinite: Bool {
    switch self {
    case .number(let value): value.isFinite
    case .array(let items): items.allSatisfy(\.isFinite)
    case .object(let members): members.values.allSatisfy(\.isFinite)
    case .null, .bool, .integer, .string: true
    }
  }
}
