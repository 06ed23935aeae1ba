public import BenchSupport

extension RunResult {
  /// The result with what known metrics bring along filled in where a record does not say it: the
  /// direction and the unit.
  ///
  /// Of a known metric that has no better side, a direction that a record states is dropped. The
  /// protocol is not filled in: how a value was measured is known to who measured it alone.
  ///
  /// - Parameter known: The metrics.
  /// - Returns: The result.
  public func described(by known: MetricVocabulary) -> RunResult {
    var result = self
    for (name, metric) in metrics {
      guard case .object(var members) = metric,
        let description = known[MetricName.canonical(name)]
      else { continue }
      if description.direction == nil { members["higher_is_better"] = nil }
      let filled = description.members.filter { $0.key != "protocol" }
      result.metrics[name] = .object(members.merging(filled) { stated, _ in stated })
    }
    return result
  }
}

extension MetricDirection {
  /// The direction that the records of a metric, or of the metric that a field after a dot belongs to,
  /// state; nil if none does.
  public static func of(_ metric: String, in results: [RunResult]) -> MetricDirection? {
    for name in [metric, String(metric.prefix { $0 != "." })] {
      for result in results {
        if case .bool(let isHigher)? = result.metrics[name]?["higher_is_better"] {
          return isHigher ? .higherIsBetter : .lowerIsBetter
        }
      }
    }
    return nil
  }
}
