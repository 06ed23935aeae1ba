import BenchSupport

extension ComparisonReport {
  /// The report as one JSON object.
  var json: JSONValue {
    var members: [String: JSONValue] = [
      "tables": .array(comparison.tables.map { $0.json(comparison.sources) }),
      "ranks": .array(comparison.ranks.map(\.json)),
      "failures": .array(failures.map { .string($0) }),
      "incomplete": .array(incomplete.map { .string($0) }),
    ]
    if let checks { members["checks"] = .array(checks.map(\.json)) }
    return .object(members)
  }
}

extension Comparison.Table {
  fileprivate func json(_ sources: [String]) -> JSONValue {
    [
      "dataset": .string(dataset), "metric": .string(metric),
      "higher_is_better": direction.map { .bool($0 == .higherIsBetter) } ?? .null,
      "rows": .array(rows.map(\.json)),
    ]
  }
}

extension Comparison.Row {
  fileprivate var json: JSONValue {
    [
      "method": .string(method), "preset": .optional(preset),
      "published": published?.json ?? .null, "reference": reference?.json ?? .null,
      "runs": runs?.json ?? .null, "claim": claim?.json ?? .null,
    ]
  }
}

extension PublishedRow {
  /// The row as JSON, as files of published tables have it.
  var json: JSONValue {
    [
      "dataset": .string(dataset), "method": .string(method), "metric": .string(metric),
      "mean": .optional(mean), "std": .optional(standardDeviation), "median": .optional(median),
      "min": .optional(range?.lowerBound), "max": .optional(range?.upperBound),
      "n": count.map { .integer($0) } ?? .null,
      "higher_is_better": .bool(direction == .higherIsBetter), "source": .string(source),
      "spread": .string(spread), "verified": .string(verified),
      "protocol": .optional(protocolText), "protocol_id": .optional(protocolID),
      "note": .optional(note),
    ]
  }
}

extension Sample {
  fileprivate var json: JSONValue {
    [
      "values": .numbers(values), "seeds": .array(seeds.map { .integer($0) }),
      "mean": .optional(summary?.mean), "std": .optional(summary?.standardDeviation),
      "undefined": .integer(undefinedCount),
      "protocols": .array(protocols.map { .string($0) }),
      "selected_on_labels": .bool(isSelectedOnLabels),
    ]
  }
}

extension Claim {
  fileprivate var json: JSONValue {
    [
      "against": .string(against), "verdict": .string(verdict.rawValue),
      "reason": .string(reason), "difference": .optional(difference),
      "interval": .optional(interval), "bootstrap_interval": .optional(bootstrapInterval),
      "p": .optional(pValue), "p_adjusted": .optional(adjustedPValue),
      "p_equivalence": .optional(equivalencePValue), "margin": .optional(margin),
      "seeds_needed": seedsNeeded.map { .integer($0) } ?? .null,
    ]
  }
}

extension RankSummary {
  fileprivate var json: JSONValue {
    [
      "metric": .string(metric), "datasets": .array(datasets.map { .string($0) }),
      "models": .array(models.map { .string($0) }), "mean_ranks": .numbers(analysis.meanRanks),
      "friedman": .number(analysis.friedmanStatistic),
      "p_friedman": .number(analysis.friedmanPValue),
      "p_iman_davenport": .number(analysis.imanDavenportPValue),
      "critical_difference": .number(analysis.criticalDifference),
      "pairs": .array(
        pairs.map { pair in
          [
            "model": .string(pair.model), "p": .optional(pair.test?.pValue),
            "p_adjusted": .number(pair.adjustedPValue),
          ]
        }),
    ]
  }
}

extension ThresholdCheck {
  fileprivate var json: JSONValue {
    [
      "dataset": .string(dataset), "model": .string(model), "preset": .string(preset),
      "metric": .string(metric), "status": .string(status.rawValue), "failed": .bool(isFailure),
      "message": .string(message),
    ]
  }
}

extension JSONValue {
  fileprivate static func optional(_ value: Double?) -> JSONValue {
    value.map { .number($0) } ?? .null
  }

  fileprivate static func optional(_ value: String?) -> JSONValue {
    value.map { .string($0) } ?? .null
  }

  fileprivate static func optional(_ range: ClosedRange<Double>?) -> JSONValue {
    range.map { .numbers([$0.lowerBound, $0.upperBound]) } ?? .null
  }
}
