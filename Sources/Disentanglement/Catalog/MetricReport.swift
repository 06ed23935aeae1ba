public import BenchSupport
import LinearAlgebra

/// What several metrics found on the same input.
public struct MetricReport: Sendable, Equatable {
  /// One metric's outcome.
  public struct Entry: Sendable, Equatable {
    /// The scores and their parts.
    public let result: MetricResult
    /// Intervals of the scores, if asked for.
    public let intervals: [ScoreInterval]?
    /// How long the metric took, without intervals.
    public let seconds: Double
  }

  /// A metric that could not be evaluated.
  public struct Skipped: Sendable, Equatable {
    /// Its name.
    public let metric: String
    /// Why, in one sentence.
    public let reason: String
  }

  /// The outcomes, in the catalog's order.
  public let entries: [Entry]
  /// The metrics that were left out.
  public let skipped: [Skipped]

  /// An object with one member per metric; intervals are its member `ci`.
  public var json: JSONValue {
    .object(
      Dictionary(
        entries.map { entry in
          guard case .object(var members) = entry.result.json, let intervals = entry.intervals
          else { return (entry.result.metric, entry.result.json) }
          members["ci"] = .object(
            Dictionary(
              intervals.map {
                ($0.score, .numbers([$0.range.lowerBound, $0.range.upperBound]))
              }
            ) { $1 })
          members["standard_error"] = .object(
            Dictionary(intervals.map { ($0.score, .number($0.standardError)) }) { $1 })
          return (entry.result.metric, .object(members))
        }
      ) { $1 })
  }

  /// ``json`` with the metrics that were left out: `null` and the reason.
  public var jsonWithSkipped: JSONValue {
    guard case .object(var members) = json else { return json }
    for missing in skipped {
      members[missing.metric] = ["value": .null, "reason": .string(missing.reason)]
    }
    return .object(members)
  }

  /// How long each metric took, without intervals.
  public var secondsJSON: JSONValue {
    .object(Dictionary(entries.map { ($0.result.metric, .number($0.seconds)) }) { $1 })
  }

  /// Names and reasons of the metrics that were left out.
  public var skippedJSON: JSONValue {
    .object(Dictionary(skipped.map { ($0.metric, .string($0.reason)) }) { $1 })
  }
}

extension MetricCatalog {
  /// The metrics of factors with classes and of attributes that have no variant in their name and take seconds.
  public static var headline: [MetricDefinition] {
    all.filter {
      !$0.name.contains(":") && !$0.requirements.contains(.factorValues) && !$0.isExpensive
    }
  }

  /// The metrics of factors without classes that take seconds.
  public static var continuous: [MetricDefinition] {
    all.filter { $0.requirements.contains(.factorValues) && !$0.isExpensive }
  }

  /// Evaluates metrics on one input.
  ///
  /// - Parameters:
  ///   - metrics: The metrics.
  ///   - input: Codes and what is known of them.
  ///   - resampleCount: Number of half-samples for intervals; nil for no intervals.
  ///   - skipsFailures: Lists metrics that lack an input or cannot be scored instead of throwing;
  ///     an error of an encoder is always thrown.
  ///   - progress: Called with the name of each metric before it starts.
  /// - Returns: The outcomes.
  /// - Throws: The first metric's error, unless failures are skipped.
  public static func evaluate(
    _ metrics: [MetricDefinition], on input: MetricInput, resampleCount: Int? = nil,
    skipsFailures: Bool = false, progress: (String) -> Void = { _ in }
  ) throws -> MetricReport {
    var entries: [MetricReport.Entry] = []
    var skipped: [MetricReport.Skipped] = []
    for metric in metrics {
      progress(metric.name)
      do {
        let start = ContinuousClock.now
        let result = try metric.evaluate(input)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let intervals = try resampleCount.map { count in
          do {
            return try metric.intervals(of: result, on: input, resampleCount: count)
          } catch is DisentanglementError where skipsFailures {
            // Halves can be too small for a metric that the whole is not.
            return []
          } catch is LinearAlgebraError where skipsFailures {
            return []
          }
        }
        entries.append(MetricReport.Entry(result: result, intervals: intervals, seconds: seconds))
      } catch let error as DisentanglementError where skipsFailures {
        skipped.append(MetricReport.Skipped(metric: metric.name, reason: error.description))
      } catch let error as LinearAlgebraError where skipsFailures {
        skipped.append(MetricReport.Skipped(metric: metric.name, reason: error.description))
      }
    }
    return MetricReport(entries: entries, skipped: skipped)
  }
}
