import BenchSupport

/// What became of one metric of one model under the thresholds.
public struct ThresholdCheck: Sendable, Equatable {
  /// The outcome.
  public enum Status: String, Sendable, Equatable {
    /// All limits hold.
    case passed
    /// A limit does not hold.
    case failed
    /// The reference or a rule names runs that are not there.
    case missing
    /// The metric has no value in some runs.
    case undefined
    /// The runs were measured in another way than the reference.
    case differentProtocol = "different protocol"
    /// The runs are of other data or of another budget than the reference.
    case notComparable = "not comparable"
    /// There is no reference for these runs; not a failure.
    case extra
  }

  /// The dataset.
  public var dataset: String
  /// The model.
  public var model: String
  /// The preset.
  public var preset: String
  /// The metric.
  public var metric: String
  /// The outcome.
  public var status: Status
  /// One sentence with the numbers.
  public var message: String

  /// Whether the check fails the comparison.
  public var isFailure: Bool { status != .passed && status != .extra }

  /// What was checked, for messages.
  public var name: String { "\(dataset)/\(model)/\(preset) \(metric)" }
}

extension Thresholds {
  /// Checks runs against limits.
  ///
  /// - Parameters:
  ///   - runs: New results.
  ///   - reference: What they are compared with; may be empty if all limits are `min` and `max`.
  /// - Returns: One check per model and metric that a rule matches, one per run without a
  ///   reference that needs one, and one per rule that matches nothing.
  public func checks(runs: [RunResult], reference: [RunResult]) -> [ThresholdCheck] {
    var checks: [ThresholdCheck] = []
    var used: Set<Int> = []
    let (new, old) = (Groups(runs), Groups(reference))
    for key in (old.keys + new.keys).uniqued() {
      let names = old.metrics(key) + new.metrics(key)
      for metric in (names + explicitMetrics).uniqued().sorted() {
        let (sample, base) = (new.sample(key, metric), old.sample(key, metric))
        guard sample != nil || base != nil else { continue }
        let matching = rules.indices.filter {
          rules[$0].matches(dataset: key[0], preset: key[2], model: key[1], metric: metric)
        }
        used.formUnion(matching)
        guard let index = matching.first else { continue }
        var check = ThresholdCheck(
          dataset: key[0], model: key[1], preset: key[2], metric: metric, status: .passed,
          message: "")
        let direction = MetricDirection.of(metric, in: runs + reference)
        (check.status, check.message) = rules[index].judge(sample, base, direction)
        checks.append(check)
      }
    }
    for index in rules.indices where !used.contains(index) {
      let rule = rules[index]
      checks.append(
        ThresholdCheck(
          dataset: rule.dataset, model: rule.model, preset: rule.preset, metric: rule.metric,
          status: .missing, message: "rule \(index + 1) of the thresholds matches no runs"))
    }
    return checks
  }

  /// Fields such as `infomec.infom` that rules name in full.
  private var explicitMetrics: [String] {
    rules.map(\.metric).filter { !$0.contains("*") }
  }
}

/// Results by dataset, model and preset.
private struct Groups {
  let groups: [[String]: [RunResult]]

  init(_ results: [RunResult]) {
    groups = Dictionary(grouping: results) { [$0.dataset.name, $0.model, $0.preset] }
  }

  var keys: [[String]] { groups.keys.sorted { $0.lexicographicallyPrecedes($1) } }

  func metrics(_ key: [String]) -> [String] {
    groups[key, default: []].flatMap { $0.metrics.keys.sorted() }.uniqued()
  }

  func sample(_ key: [String], _ metric: String) -> Sample? {
    Sample(groups[key, default: []], metric: metric)
  }
}

extension Thresholds.Rule {
  /// Judges one model's values.
  fileprivate func judge(
    _ sample: Sample?, _ reference: Sample?, _ direction: MetricDirection?
  ) -> (ThresholdCheck.Status, String) {
    guard let sample else { return (.missing, "the reference has this, the runs do not") }
    guard sample.undefinedCount == 0, let summary = sample.summary else {
      let total = sample.undefinedCount + sample.values.count
      return (.undefined, "undefined in \(sample.undefinedCount) of \(total) runs")
    }
    let absent = Set(reference?.seeds ?? []).subtracting(sample.seeds).sorted()
      .map { "seed \($0)" }.joined(separator: ", ")
    let lacking = absent.isEmpty ? "" : ", without \(absent) of the reference"
    guard summary.count >= minimumSeeds else {
      return (.missing, "\(summary.count) seeds of the \(minimumSeeds) the rule wants\(lacking)")
    }
    var problems = bounds(summary)
    var basis = ""
    if absolute != nil || relative != nil || sigma != nil {
      guard let reference else {
        guard problems.isEmpty else { return (.failed, problems.joined(separator: "; ")) }
        return (.extra, "no reference for these runs")
      }
      guard reference.undefinedCount == 0, let base = reference.summary else {
        return (.undefined, "undefined in the reference")
      }
      if let refusal = refusal(sample, reference) { return refusal }
      problems += distances(summary, base, direction)
      basis = ", reference \(base.text())"
    }
    let values = "\(summary.text()) over \(summary.count) seeds\(basis)\(lacking)"
    guard problems.isEmpty else {
      return (.failed, "\(values): \(problems.joined(separator: "; "))")
    }
    return (.passed, values)
  }

  /// Why the values cannot be held against the reference's; nil if they can.
  private func refusal(
    _ sample: Sample, _ reference: Sample
  ) -> (ThresholdCheck.Status, String)? {
    guard sample.protocols == reference.protocols else {
      let (new, old) = (sample.protocols, reference.protocols)
      return (
        .differentProtocol,
        "measured by \(new.joined(separator: ", ")), reference by \(old.joined(separator: ", "))"
      )
    }
    return sample.difference(from: reference).map { (ThresholdCheck.Status.notComparable, $0) }
  }

  private func bounds(_ summary: Summary) -> [String] {
    var problems: [String] = []
    if let minimum, summary.mean < minimum { problems.append("below the minimum \(minimum)") }
    if let maximum, summary.mean > maximum { problems.append("above the maximum \(maximum)") }
    return problems
  }

  private func distances(
    _ summary: Summary, _ base: Summary, _ direction: MetricDirection?
  ) -> [String] {
    // Without a known direction a change to either side may be a loss.
    let sign = isTwoSided ? nil : direction?.sign
    let change = summary.mean - base.mean
    let loss = sign.map { max(0, -$0 * change) } ?? abs(change)
    var problems: [String] = []
    func check(_ limit: Double?, _ name: String) {
      guard let limit, loss > limit else { return }
      let word = sign == nil ? "differs" : "worse"
      let places = max(4, 1 - Int(limit == 0 ? 0 : limit.exponent10))
      problems.append(
        "\(word) by \(loss.fixed(places)), allowed \(limit.fixed(places)) (\(name))")
    }
    check(absolute, "absolute")
    check(relative.map { $0 * abs(base.mean) }, "relative")
    if let sigma {
      if let deviation = base.standardDeviation {
        check(sigma * deviation, "sigma")
      } else {
        problems.append("the limit sigma needs at least two reference seeds, found one")
      }
    }
    return problems
  }
}

extension Double {
  /// The power of ten of the first digit.
  fileprivate var exponent10: Double {
    var (value, exponent) = (abs(self), 0.0)
    while value < 1 && exponent > -12 {
      value *= 10
      exponent -= 1
    }
    return exponent
  }
}
