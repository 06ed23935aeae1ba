import BenchSupport

/// A comparison with its thresholds, ready to be printed and to end the program with a code.
public struct ComparisonReport: Sendable, Equatable {
  /// How to print.
  public enum Format: String, Sendable, CaseIterable {
    /// Aligned text for a terminal.
    case table
    /// Markdown for people.
    case markdown
    /// One JSON object.
    case json
    /// JUnit's XML, which most CI systems read.
    case junit
    /// GitHub's workflow commands, shown beside the change.
    case github
    /// Tables for a paper, with all else as comments.
    case latex
    /// One line per model and metric, for other programs.
    case csv
  }

  /// The tables and verdicts.
  public var comparison: Comparison
  /// The thresholds' outcomes; nil without thresholds.
  public var checks: [ThresholdCheck]?
  /// Whether a verdict `worse` than the reference is a failure.
  public var failsOnWorse: Bool
  /// Run folders without a result.
  public var incomplete: [String]

  /// Creates a report.
  public init(
    comparison: Comparison, checks: [ThresholdCheck]? = nil, failsOnWorse: Bool = false,
    incomplete: [String] = []
  ) {
    self.comparison = comparison
    self.checks = checks
    self.failsOnWorse = failsOnWorse
    self.incomplete = incomplete
  }

  /// Why the comparison fails; empty if it does not.
  public var failures: [String] {
    let limits = (checks ?? []).filter(\.isFailure).map {
      "\($0.name): \($0.status.rawValue): \($0.message)"
    }
    return limits + worse.map { "\($0.name): \($0.verdict)" }
  }

  /// The rows that are significantly worse than the reference, if that is a failure.
  private var worse: [(name: String, verdict: String)] {
    guard failsOnWorse else { return [] }
    return comparison.tables.flatMap { table in
      table.rows.compactMap { row in
        guard let claim = row.claim, claim.verdict == .worse, claim.against == "reference" else {
          return nil
        }
        return ("\(table.dataset)/\(row.label) \(table.metric)", claim.text)
      }
    }
  }

  /// The report as text in a format.
  ///
  /// - Throws: `EncodingError` if a number is not finite.
  public func text(_ format: Format) throws -> String {
    switch format {
    case .table: blocks(heading: { $0 }, table: { $0.text() })
    case .markdown: blocks(heading: { "## \($0)" }, table: { $0.markdown() })
    case .json: try json.text()
    case .junit: JUnitReport(self).xml()
    case .github: annotations()
    case .latex:
      blocks(heading: Self.comment, table: { $0.latex() }, list: Self.comment)
    case .csv: csv
    }
  }

  /// The text as comments of LaTeX.
  private static func comment(_ text: String) -> String {
    text.split(separator: "\n").map { "% \($0)" }.joined(separator: "\n")
  }

  private func blocks(
    heading: (String) -> String, table: (ResultTable) -> String,
    list: (String) -> String = { $0 }
  ) -> String {
    var blocks = comparison.primaryTables.flatMap { [heading($0.source), table($0.table)] }
    blocks += comparison.ownScores.flatMap { [heading($0.title), table($0.table)] }
    let others = comparison.tables.filter { !$0.isOwnScore }
    let shown = comparison.options.showsPrimaryOnly ? others.filter(\.hasVerdict) : others
    blocks += shown.flatMap { item in
      [heading(item.title), table(item.resultTable(comparison))]
    }
    if comparison.options.showsPrimaryOnly {
      blocks.append(
        "Shown: the primary metrics and the publication that is reproduced. --all shows every metric and "
          + "publication, --metric NAME one of them.")
    }
    if comparison.options.showsPrimaryOnly {
      blocks += RankSummary.overviews(comparison.ranks).flatMap { ranks in
        [heading("Mean ranks over \(ranks.datasets.joined(separator: ", "))"), table(ranks.table)]
      }
    } else {
      blocks += comparison.ranks.flatMap { ranks in
        [heading("Ranks by \(ranks.metric)"), table(ranks.resultTable)]
      }
    }
    if !comparison.sources.isEmpty {
      let sources = comparison.sources.enumerated().map { "[\($0 + 1)] \($1)" }
      blocks += [heading("Sources"), list(sources.joined(separator: "\n"))]
    }
    if let checks {
      blocks += [heading("Thresholds"), table(ThresholdCheck.resultTable(checks))]
    }
    if !incomplete.isEmpty {
      blocks += [heading("Runs without a result"), list(incomplete.joined(separator: "\n"))]
    }
    if checks != nil || failsOnWorse {
      blocks.append(
        list(failures.isEmpty ? "Passed." : "Failed: \(failures.count) of the comparisons."))
    }
    return blocks.joined(separator: "\n\n")
  }

  /// GitHub's workflow commands: errors for failures, notices for the rest.
  private func annotations() -> String {
    var lines = failures.map { "::error title=bench compare::\(Self.command($0))" }
    for check in checks ?? [] where !check.isFailure {
      let text = "\(check.name): \(check.status.rawValue): \(check.message)"
      lines.append("::notice title=bench compare::\(Self.command(text))")
    }
    if checks == nil {
      for table in comparison.tables {
        for row in table.rows {
          guard let claim = row.claim, !(failsOnWorse && claim.verdict == .worse) else { continue }
          let text = "\(table.dataset)/\(row.label) \(table.metric): \(claim.text)"
          lines.append("::notice title=bench compare::\(Self.command(text))")
        }
      }
    }
    lines += incomplete.map { "::warning title=bench compare::\(Self.command($0)): no result" }
    return lines.joined(separator: "\n")
  }

  /// The text with the characters that end a workflow command replaced.
  private static func command(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "%": result += "%25"
      case "\n": result += "%0A"
      case "\r": result += "%0D"
      default: result.append(character)
      }
    }
  }
}

// MARK: - Tables

extension Comparison.Row {
  /// The model with its preset.
  public var label: String { preset.map { "\(method)/\($0)" } ?? method }
}

extension Claim {
  /// The verdict with what it is against and why.
  public var text: String {
    var parts = ["\(verdict.rawValue) (vs \(against))"]
    if !reason.isEmpty { parts.append(reason) }
    if verdict == .notDistinguishable, let seedsNeeded, pValue != nil {
      parts.append("\(seedsNeeded) seeds needed")
    }
    return parts.joined(separator: ": ")
  }
}

extension Comparison.Table {
  /// Whether runs of ours are compared with something.
  var hasVerdict: Bool { rows.contains { $0.claim != nil } }

  /// Dataset, metric and direction.
  public var title: String {
    "\(dataset): \(metric)" + (direction.map { " \($0.arrow)" } ?? "")
  }

  /// What is said of a metric that cannot be ranked.
  static let undirectedNote =
    "no record says that larger or smaller values are better (higher_is_better): not ranked, no verdict"

  /// The table for people; columns without contents are left out.
  func resultTable(_ comparison: Comparison) -> ResultTable {
    let confidence = ((1 - comparison.options.significance) * 100).fixed(0)
    let columns: [(name: String, text: (Comparison.Row) -> String)] = [
      ("method", \.method),
      ("preset", { $0.preset ?? "" }),
      ("published", { $0.published.map { $0.text + ($0.count.map { " (\($0))" } ?? "") } ?? "" }),
      ("source", { $0.published.map(comparison.sourceMark) ?? "" }),
      ("reference", { $0.reference?.text ?? "" }),
      ("runs", { $0.runs?.text ?? "" }),
      ("difference [\(confidence) %]", { $0.claim?.differenceText ?? "" }),
      ("p", { $0.claim?.adjustedPValue.map { $0 < 0.0005 ? "<0.001" : $0.fixed(3) } ?? "" }),
      ("verdict", { $0.claim?.text ?? "" }),
    ]
    let shown = columns.filter { column in
      column.name == "method" || rows.contains { !column.text($0).isEmpty }
    }
    var table = ResultTable(header: shown.map(\.name))
    for row in rows { table.append(shown.map { .init($0.text(row)) }) }
    if rows.contains(where: { ($0.runs ?? $0.reference)?.isSelectedOnLabels == true }) {
      table.footnotes.append("† selected on labels: an upper bound, not a result")
    }
    if direction == nil { table.footnotes.append(Self.undirectedNote) }
    if let headline {
      table.footnotes.append(
        "on the models' own axes, which for some of them mean nothing; as they are read: "
          + "--metric \(headline)")
    }
    return table
  }
}

extension Comparison {
  /// The number of a row's citation, and how the number was obtained if not from the text itself.
  func sourceMark(_ row: PublishedRow) -> String {
    let number = (sources.firstIndex(of: row.source) ?? 0) + 1
    return "[\(number)]" + (row.verified == "text" ? "" : " \(row.verified)")
  }
}

extension Claim {
  fileprivate var differenceText: String {
    guard let difference else { return "" }
    let places = max(
      Summary.decimals(for: difference), margin.map { $0 > 0 && $0 < 0.001 ? 6 : 3 } ?? 3)
    func signed(_ value: Double) -> String { (value < 0 ? "" : "+") + value.fixed(places) }
    return signed(difference)
      + (interval.map { " [\(signed($0.lowerBound)), \(signed($0.upperBound))]" } ?? "")
  }
}

extension ThresholdCheck {
  static func resultTable(_ checks: [ThresholdCheck]) -> ResultTable {
    var table = ResultTable(header: ["", "run", "metric", "outcome"])
    // Failures first.
    for check in checks.filter(\.isFailure) + checks.filter({ !$0.isFailure }) {
      table.append([
        .init(check.isFailure ? "FAIL" : "ok"),
        .init("\(check.dataset)/\(check.model)/\(check.preset)"), .init(check.metric),
        .init("\(check.status.rawValue): \(check.message)"),
      ])
    }
    return table
  }
}
