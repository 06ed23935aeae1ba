import BenchSupport

/// A comparison in the XML of JUnit: one suite per dataset, one case per model and metric.
struct JUnitReport {
  private struct Case {
    let suite: String
    let name: String
    let model: String
    let failure: String?
    let skipped: String?
  }

  private let cases: [Case]

  init(_ report: ComparisonReport) {
    if let checks = report.checks {
      cases = checks.map { check in
        Case(
          suite: check.dataset, name: check.metric, model: "\(check.model)/\(check.preset)",
          failure: check.isFailure ? "\(check.status.rawValue): \(check.message)" : nil,
          skipped: check.status == .extra ? check.message : nil)
      }
    } else {
      cases = report.comparison.tables.flatMap { table in
        table.rows.filter { $0.runs != nil || $0.reference != nil }.map { row in
          let claim = row.claim
          let isFailure =
            report.failsOnWorse && claim?.verdict == .worse && claim?.against == "reference"
          let isTested = claim.map { $0.verdict != .notComparable } ?? false
          return Case(
            suite: table.dataset,
            name: table.metric + (claim.map { " vs \($0.against)" } ?? ""), model: row.label,
            failure: isFailure ? claim?.text : nil,
            skipped: isTested ? nil : claim?.text ?? "nothing to compare with")
        }
      }
    }
  }

  func xml() -> String {
    let suites = cases.map(\.suite).uniqued()
    var lines = [#"<?xml version="1.0" encoding="UTF-8"?>"#]
    lines.append("<testsuites name=\"bench compare\" \(counts(cases))>")
    for suite in suites {
      let members = cases.filter { $0.suite == suite }
      lines.append("  <testsuite name=\"\(escaped(suite))\" \(counts(members)) errors=\"0\">")
      lines += members.map(line)
      lines.append("  </testsuite>")
    }
    return (lines + ["</testsuites>"]).joined(separator: "\n")
  }

  private func counts(_ cases: [Case]) -> String {
    "tests=\"\(cases.count)\" failures=\"\(cases.count { $0.failure != nil })\""
      + " skipped=\"\(cases.count { $0.skipped != nil })\""
  }

  private func line(_ item: Case) -> String {
    let head =
      "    <testcase classname=\"\(escaped("\(item.suite).\(item.model)"))\""
      + " name=\"\(escaped(item.name))\" time=\"0\""
    if let failure = item.failure {
      return "\(head)><failure message=\"\(escaped(failure))\"/></testcase>"
    }
    if let skipped = item.skipped {
      return "\(head)><skipped message=\"\(escaped(skipped))\"/></testcase>"
    }
    return "\(head)/>"
  }
}
