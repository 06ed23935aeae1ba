import BenchSupport

extension ComparisonReport {
  /// The report as comma-separated values (RFC 4180): one line per dataset, metric and model, numbers with
  /// all their digits, nothing where there is none.
  var csv: String {
    let lines = comparison.tables.flatMap { table in
      table.rows.map { row in
        let claim = row.claim
        let texts = [
          table.dataset, table.metric, table.direction.map { "\($0 == .higherIsBetter)" } ?? "",
          row.method, row.preset ?? "",
        ]
        let published = [
          number(row.published?.mean), number(row.published?.standardDeviation),
          row.published?.count.map { "\($0)" } ?? "", row.published?.source ?? "",
        ]
        let evidence = [
          claim?.against ?? "", claim?.verdict.rawValue ?? "", number(claim?.difference),
          number(claim?.interval?.lowerBound), number(claim?.interval?.upperBound),
          number(claim?.adjustedPValue),
        ]
        return texts + published + sample(row.reference) + sample(row.runs) + evidence
      }
    }
    return ([Self.csvHeader] + lines).map { $0.map(quoted).joined(separator: ",") }
      .joined(separator: "\n")
  }

  private static let csvHeader =
    ["dataset", "metric", "higher_is_better", "method", "preset"]
    + ["published_mean", "published_std", "published_n", "source"]
    + ["reference", "runs"].flatMap { name in ["mean", "std", "n"].map { "\(name)_\($0)" } }
    + ["against", "verdict", "difference", "interval_low", "interval_high", "p_adjusted"]

  /// Mean, standard deviation and number of the values; a mean is left out where a value is undefined.
  private func sample(_ sample: Sample?) -> [String] {
    guard let sample, let summary = sample.summary, sample.undefinedCount == 0 else {
      return ["", "", ""]
    }
    return [number(summary.mean), number(summary.standardDeviation), "\(summary.count)"]
  }

  private func number(_ value: Double?) -> String {
    value.map { $0.isFinite ? "\($0)" : "" } ?? ""
  }

  private func quoted(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\""
      + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}
