import BenchSupport

/// The values of one metric over the seeds of one model with one preset on one dataset.
public struct Sample: Sendable, Equatable {
  /// The finite values, in the order of ``seeds``.
  public var values: [Double]
  /// The seeds of these values.
  public var seeds: [Int]
  /// How many runs have the metric but no value for it.
  public var undefinedCount: Int
  /// The protocols of the values; more than one only if the runs disagree.
  public var protocols: [String]
  /// What else must agree, the data and the budget, by its name in messages; only what the runs
  /// record, and more than one text only if they disagree.
  public var conditions: [String: [String]]
  /// Whether values were picked by looking at the labels that they are judged by.
  public var isSelectedOnLabels: Bool

  /// Collects the values of a metric.
  ///
  /// - Returns: nil if no run has the metric.
  init?(_ results: [RunResult], metric: String) {
    let runs = results.filter { $0.value(metric) != nil }.sorted { $0.seed < $1.seed }
    guard !runs.isEmpty else { return nil }
    let defined = runs.filter { $0.value(metric)?.isFinite == true }
    values = defined.compactMap { $0.value(metric) }
    seeds = defined.map(\.seed)
    undefinedCount = runs.count - defined.count
    protocols = runs.map { $0.protocolID(metric) }.uniqued().sorted()
    conditions = runs.reduce(into: [:]) { found, run in
      found.merge(run.conditions.mapValues { [$0] }) { ($0 + $1).uniqued().sorted() }
    }
    isSelectedOnLabels = runs.contains { $0.isSelectedOnLabels(metric) }
  }

  /// Mean, spread and count; nil without values.
  public var summary: Summary? { values.isEmpty ? nil : Summary(values) }

  /// The values as text, for instance `0.420 ± 0.013 (5)`.
  public var text: String {
    guard let summary, undefinedCount == 0 else {
      return "undefined in \(undefinedCount) of \(undefinedCount + values.count)"
    }
    return "\(summary.text()) (\(summary.count))" + (isSelectedOnLabels ? " †" : "")
  }
}

extension Sample {
  /// Why the values cannot be compared with anything: the runs disagree; nil if they do not.
  var disagreement: String? {
    if protocols.count > 1 {
      return "runs of different protocols: \(protocols.joined(separator: ", "))"
    }
    for name in conditions.keys.sorted() {
      guard let texts = conditions[name], texts.count > 1 else { continue }
      return "among the runs the \(name) differs: \(texts.joined(separator: ", "))"
    }
    return nil
  }

  /// Why the values cannot be compared with others: what both record differs; nil if it does not.
  func difference(from other: Sample) -> String? {
    func against(_ texts: [String], _ others: [String]) -> String {
      "\(texts.joined(separator: ", ")) against \(others.joined(separator: ", "))"
    }
    guard protocols == other.protocols else {
      return "protocol \(against(protocols, other.protocols))"
    }
    for name in conditions.keys.sorted() {
      guard let texts = conditions[name], let others = other.conditions[name], texts != others
      else { continue }
      return "the \(name) differs: \(against(texts, others))"
    }
    return nil
  }
}

/// What the evidence says about one group of values against another.
public enum Verdict: String, Sendable, Equatable {
  /// Significantly better.
  case better
  /// Significantly worse.
  case worse
  /// Shown to differ by less than the margin.
  case equivalent
  /// Neither a difference nor equivalence is shown.
  case notDistinguishable = "not distinguishable"
  /// The numbers were not measured in the same way.
  case notComparable = "not comparable"
}

/// A verdict with the evidence for it.
public struct Claim: Sendable, Equatable {
  /// What the values are compared with, for instance `reference` or `published [2]`.
  public var against: String
  /// What the evidence says.
  public var verdict: Verdict
  /// Why there is no better verdict; empty if nothing needs saying.
  public var reason: String = ""
  /// Difference of the means; nil if not comparable.
  public var difference: Double?
  /// The difference's confidence interval (Welch).
  public var interval: ClosedRange<Double>?
  /// The difference's bootstrap interval; nil against published summaries.
  public var bootstrapInterval: ClosedRange<Double>?
  /// The p-value of no difference.
  public var pValue: Double?
  /// The p-value after Holm's correction over all claims of the same table.
  public var adjustedPValue: Double?
  /// The p-value of a difference beyond the margin.
  public var equivalencePValue: Double?
  /// The largest difference that counts as equivalent.
  public var margin: Double?
  /// Seeds per group with which a difference of this size would be found with a power of 80 % among
  /// the claims of the same table.
  public var seedsNeeded: Int?
  /// What ``seedsNeeded`` follows from; nil where nothing varies.
  var effect: Effect?

  /// The size of a difference, and the seeds behind it.
  struct Effect: Sendable, Equatable {
    /// The difference of the means in standard deviations.
    var size: Double
    /// Seeds per group; of two groups of different sizes, how many in each say as much.
    var seedCount: Int
    /// Whether the other side is one number, taken as exact.
    var isOneSample: Bool
  }
}
