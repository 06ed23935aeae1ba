public import BenchSupport
import LinearAlgebra

/// Metrics that were asked for and have no value.
public struct MissingValues: Error, Equatable, CustomStringConvertible {
  /// Why, by metric.
  public let reasons: [GenerationMetric: String]

  /// One sentence for each.
  public var description: String {
    GenerationMetric.allCases.compactMap { metric in
      reasons[metric].map { "no value for \(metric.rawValue): \($0)" }
    }.joined(separator: " ")
  }
}

/// The values of several generation metrics for one pair of sets.
public struct GenerationEvaluation: Sendable {
  /// One metric's value and what else it says.
  public struct Value: Sendable, Equatable {
    /// The value.
    public let value: Double
    /// Further numbers by name, for instance a standard deviation.
    public let details: [String: JSONValue]
  }

  /// The values, by metric.
  public let values: [GenerationMetric: Value]
  /// Why metrics were left out that nobody asked for by name and that the two sides do not allow.
  public let skipped: [GenerationMetric: String]
  /// Why metrics have no value that were asked for by name or failed where the two sides allow them.
  public let failed: [GenerationMetric: String]

  /// Computes metrics; one that cannot be had does not keep the others from being computed.
  ///
  /// - Parameters:
  ///   - reference: The real set.
  ///   - generated: The generated set.
  ///   - metrics: Which metrics; nil for all standard ones that the two sides allow.
  ///   - options: Their parameters.
  /// - Throws: ``GenerationError`` if the sides were made with different protocols or widths, or if
  ///   no metric was named and not even the Fréchet distance can be computed.
  public init(
    reference: GenerationSide, generated: GenerationSide, metrics: [GenerationMetric]? = nil,
    options: GenerationOptions = GenerationOptions()
  ) throws {
    try reference.requireProtocol(generated.protocolID, of: generated.name)
    guard reference.width == generated.width else {
      throw GenerationError.widthMismatch(
        first: reference.name, firstWidth: reference.width, second: generated.name,
        secondWidth: generated.width)
    }
    var evaluator = Evaluator(reference: reference, generated: generated, options: options)
    var values: [GenerationMetric: Value] = [:]
    var skipped: [GenerationMetric: String] = [:]
    var failed: [GenerationMetric: String] = [:]
    for metric in metrics ?? GenerationMetric.standard {
      do {
        values[metric] = try evaluator.value(of: metric)
      } catch let error as GenerationError where metrics == nil && error.isMissingInput {
        skipped[metric] = error.description
      } catch let error as GenerationError {
        failed[metric] = error.description
      } catch let error as LinearAlgebraError {
        failed[metric] = error.description
      }
    }
    // The Fréchet distance needs least: if even that was impossible, say why instead of nothing.
    if values.isEmpty, metrics == nil { values[.frechet] = try evaluator.value(of: .frechet) }
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
      members[metric.rawValue] = .object(fields)
    }
    for (metric, reason) in failed {
      members[metric.rawValue] = ["value": .null, "reason": .string(reason)]
    }
    return .object(members)
  }
}

extension GenerationError {
  /// Whether the sets merely do not hold what the metric needs.
  fileprivate var isMissingInput: Bool {
    switch self {
    case .missingInput, .tooFewSamples: true
    default: false
    }
  }
}

/// Computes metrics of one pair, sharing what several of them need.
private struct Evaluator {
  let reference: GenerationSide
  let generated: GenerationSide
  let options: GenerationOptions
  private var neighbourhoods: PrecisionRecall?

  init(reference: GenerationSide, generated: GenerationSide, options: GenerationOptions) {
    self.reference = reference
    self.generated = generated
    self.options = options
  }

  mutating func value(of metric: GenerationMetric) throws -> GenerationEvaluation.Value {
    switch metric {
    case .frechet: return try frechet()
    case .frechetBiased: return try biasedFrechet()
    case .frechetExtrapolated: return try extrapolation()
    case .frechetInterval: return try interval()
    case .spatialFrechet: return try spatialFrechet()
    case .kernel: return try kernel(metric, .torchFidelity())
    case .kernelGeneratedFirst:
      return try kernel(metric, .torchFidelity(), isGeneratedFirst: true)
    case .kernelCleanFID: return try kernel(metric, .cleanFID(seed: options.seed))
    case .kernelOfAll: return try kernel(metric, .allSamples)
    case .inceptionScore: return try inceptionScore(metric, .shuffled())
    case .inceptionScoreInOrder: return try inceptionScore(metric, .asGiven)
    case .realism: return try realism(metric, .official)
    case .realismYoungjung: return try realism(metric, .youngjung)
    case .precision: return try neighbourhood(metric, \.precision)
    case .recall: return try neighbourhood(metric, \.recall)
    case .density: return try neighbourhood(metric, \.density)
    case .coverage: return try neighbourhood(metric, \.coverage)
    }
  }

  private func featureSets(
    _ metric: GenerationMetric
  ) throws(GenerationError) -> (FeatureSet, FeatureSet) {
    guard let first = reference.features else { throw missing("features", reference, metric) }
    guard let second = generated.features else { throw missing("features", generated, metric) }
    return (first, second)
  }

  private func missing(
    _ needed: String, _ side: GenerationSide, _ metric: GenerationMetric
  ) -> GenerationError {
    .missingInput(set: side.name, needed: needed, metric: "'\(metric.rawValue)'")
  }

  private func frechet() throws -> GenerationEvaluation.Value {
    value(try FrechetDistance(reference.frechetOperand(), generated.frechetOperand()))
  }

  private func biasedFrechet() throws -> GenerationEvaluation.Value {
    let (first, second) = try featureSets(.frechetBiased)
    return value(try FrechetDistance(first, second, divisor: .count))
  }

  private func spatialFrechet() throws -> GenerationEvaluation.Value {
    guard let first = reference.spatial else {
      throw missing("spatial features", reference, .spatialFrechet)
    }
    guard let second = generated.spatial else {
      throw missing("spatial features", generated, .spatialFrechet)
    }
    return value(try FrechetDistance(first, second))
  }

  private func value(_ distance: FrechetDistance) -> GenerationEvaluation.Value {
    GenerationEvaluation.Value(
      value: distance.value,
      details: [
        "mean_term": .number(distance.meanTerm),
        "trace_reference": .number(distance.firstTrace),
        "trace_generated": .number(distance.secondTrace),
        "trace_of_root": .number(distance.traceOfRoot),
      ])
  }

  private func extrapolation() throws -> GenerationEvaluation.Value {
    let (first, second) = try featureSets(.frechetExtrapolated)
    let line = try FrechetExtrapolation(reference: first, generated: second, seed: options.seed)
    return GenerationEvaluation.Value(
      value: line.value,
      details: [
        "slope": .number(line.slope), "sizes": .array(line.sizes.map { .integer($0) }),
        "distances": .numbers(line.distances),
      ])
  }

  private func interval() throws -> GenerationEvaluation.Value {
    let (first, second) = try featureSets(.frechetInterval)
    let interval = try FrechetInterval(reference: first, generated: second, seed: options.seed)
    return GenerationEvaluation.Value(
      value: interval.value,
      details: [
        "standard_error": .number(interval.standardError),
        "lower": .number(interval.bounds.lowerBound),
        "upper": .number(interval.bounds.upperBound),
      ])
  }

  private func kernel(
    _ metric: GenerationMetric, _ variant: KernelDistance.Variant, isGeneratedFirst: Bool = false
  ) throws -> GenerationEvaluation.Value {
    let sets = try featureSets(metric)
    // The distance is symmetric but for the order in which subsets are drawn.
    let (first, second) = isGeneratedFirst ? (sets.1, sets.0) : sets
    let distance = try KernelDistance(
      reference: first, generated: second, variant: variant,
      subsetCount: options.kernelSubsetCount, subsetSize: options.kernelSubsetSize)
    guard variant != .allSamples else {
      return GenerationEvaluation.Value(value: distance.value, details: [:])
    }
    return GenerationEvaluation.Value(
      value: distance.value,
      details: [
        "std": .number(distance.standardDeviation),
        "subsets": .integer(distance.subsetValues.count),
        "subset_size": .integer(distance.subsetSize),
      ])
  }

  private func inceptionScore(
    _ metric: GenerationMetric, _ order: InceptionScore.Order
  ) throws -> GenerationEvaluation.Value {
    guard let logits = generated.logits else { throw missing("logits", generated, metric) }
    let score = try InceptionScore(
      logits: logits, name: generated.name, splitCount: options.splitCount, order: order)
    return GenerationEvaluation.Value(
      value: score.value,
      details: [
        "std": .number(score.standardDeviation), "splits": .integer(score.splitValues.count),
      ])
  }

  private func realism(
    _ metric: GenerationMetric, _ variant: Realism.Variant
  ) throws -> GenerationEvaluation.Value {
    let (first, second) = try featureSets(metric)
    let scores = try Realism.scores(
      reference: first, generated: second, neighbourCount: options.neighbourCount,
      variant: variant)
    guard !scores.isEmpty else {
      throw GenerationError.tooFewSamples(
        set: second.name, found: 0, needed: 1, metric: metric.rawValue)
    }
    return GenerationEvaluation.Value(
      value: scores.reduce(0, +) / Double(scores.count),
      details: ["k": .integer(options.neighbourCount), "scores": .numbers(scores)])
  }

  private mutating func neighbourhood(
    _ metric: GenerationMetric, _ part: KeyPath<PrecisionRecall, Double>
  ) throws -> GenerationEvaluation.Value {
    let (first, second) = try featureSets(metric)
    let result =
      try neighbourhoods
      ?? PrecisionRecall(
        reference: first, generated: second, neighbourCount: options.neighbourCount,
        inside: options.inside)
    neighbourhoods = result
    return GenerationEvaluation.Value(
      value: result[keyPath: part],
      details: [
        "k": .integer(options.neighbourCount), "inside": .string(options.inside.rawValue),
      ])
  }
}
