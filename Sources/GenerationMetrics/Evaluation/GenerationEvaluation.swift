public import BenchSupport
import LinearAlgebra

/// Metrics that were asked for and have no value.
public struct MissingValues: Error, Equatable, CustomStringConvertible {
  /// Why, by metric.
  public let reasons: [GenerationMetric: String]

  /// One sentence for each.
  public var description: String {
    GenerationMetric.all.compactMap { metric in
      reasons[metric].map { "no value for \(metric.name): \($0)" }
    }.joined(separator: " ")
  }
}

/// The values of several generation metrics for one pair of sets.
public struct GenerationEvaluation: Sendable {
  /// The values, by metric.
  public let values: [GenerationMetric: GenerationMetric.Value]
  /// Why metrics were left out that nobody asked for by name and that the two sides do not allow.
  public let skipped: [GenerationMetric: String]
  /// Why metrics have no value that were asked for by name or failed where the two sides allow them.
  public let failed: [GenerationMetric: String]
  /// How many held-out images are in the reference too; nil without held-out images or their features.
  public let heldOutOverlap: Int?

  /// Computes metrics; one that cannot be had does not keep the others from being computed.
  ///
  /// - Parameters:
  ///   - reference: The real set.
  ///   - generated: The generated set.
  ///   - heldOut: Real images that were not trained on.
  ///   - metrics: Which metrics; nil for all standard ones that the sides allow.
  ///   - options: Their parameters.
  /// - Throws: ``GenerationError`` if the sides were made with different protocols or widths, or if
  ///   no metric was named and not even the Fréchet distance can be computed.
  public init(
    reference: GenerationSide, generated: GenerationSide, heldOut: GenerationSide? = nil,
    metrics: [GenerationMetric]? = nil, options: GenerationOptions = GenerationOptions()
  ) throws {
    let pair = try GenerationPair(
      reference: reference, generated: generated, heldOut: heldOut, options: options)
    heldOutOverlap = pair.heldOutOverlap
    let usual = heldOut == nil ? GenerationMetric.standard : GenerationMetric.standardWithHeldOut
    var values: [GenerationMetric: GenerationMetric.Value] = [:]
    var skipped: [GenerationMetric: String] = [:]
    var failed: [GenerationMetric: String] = [:]
    for metric in metrics ?? usual {
      do {
        values[metric] = try metric.value(of: pair)
      } catch let error as GenerationError where metrics == nil && error.isMissingInput {
        skipped[metric] = error.description
      } catch let error as GenerationError {
        failed[metric] = error.description
      } catch let error as LinearAlgebraError {
        failed[metric] = error.description
      }
    }
    // The Fréchet distance needs least: if even that was impossible, say why instead of nothing.
    if values.isEmpty, metrics == nil {
      values[.frechet] = try GenerationMetric.frechet.value(of: pair)
    }
    self.values = values
    self.skipped = skipped
    self.failed = failed
  }

  /// Throws ``MissingValues`` if ``failed`` names a metric.
  public func requireValues() throws(MissingValues) {
    guard failed.isEmpty else { throw MissingValues(reasons: failed) }
  }

  /// The values as the command line prints them, by metric name; those of ``failed`` are `null`, with
  /// the reason.
  public var json: JSONValue {
    var members: [String: JSONValue] = [:]
    for (metric, value) in values {
      var fields = value.details
      fields["value"] = .number(value.value)
      members[metric.name] = .object(fields)
    }
    for (metric, reason) in failed {
      members[metric.name] = ["value": .null, "reason": .string(reason)]
    }
    return .object(members)
  }
}

extension GenerationError {
  /// Whether the sets merely do not hold what the metric needs.
  fileprivate var isMissingInput: Bool {
    switch self {
    case .missingInput, .missingHeldOut, .tooFewSamples: true
    default: false
    }
  }
}
