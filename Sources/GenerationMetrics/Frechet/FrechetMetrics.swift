import BenchSupport
import LinearAlgebra

extension GenerationMetric {
  /// The name of the Fréchet distance of features that are not Inception's.
  public static let otherFrechet = "frechet"

  /// The Fréchet distance.
  public static let frechet = GenerationMetric(
    description("fid"), isStandard: true, withOtherFeatures: .metric(otherFrechet)
  ) { pair in
    value(try FrechetDistance(pair.reference.frechetOperand(), pair.generated.frechetOperand()))
  }

  /// The Fréchet distance with covariances divided by `N`, as StyleGAN computes it.
  public static let frechetBiased = GenerationMetric(description("fid:stylegan")) { pair in
    let sets = try pair.features(for: "fid:stylegan")
    return value(try FrechetDistance(sets.reference, sets.generated, divisor: .count))
  }

  /// The Fréchet distance extrapolated to infinitely many generated images.
  public static let frechetExtrapolated = GenerationMetric(description("fid:infinity")) { pair in
    let sets = try pair.features(for: "fid:infinity")
    let line = try FrechetExtrapolation(
      reference: sets.reference, generated: sets.generated, seed: pair.options.seed)
    return Value(
      line.value,
      details: [
        "slope": .number(line.slope), "sizes": .array(line.sizes.map { .integer($0) }),
        "distances": .numbers(line.distances),
      ])
  }

  /// The Fréchet distance with a jackknife interval.
  public static let frechetInterval = GenerationMetric(description("fid:interval")) { pair in
    let sets = try pair.features(for: "fid:interval")
    let interval = try FrechetInterval(
      reference: sets.reference, generated: sets.generated, seed: pair.options.seed)
    return Value(
      interval.value,
      details: [
        "standard_error": .number(interval.standardError),
        "lower": .number(interval.bounds.lowerBound),
        "upper": .number(interval.bounds.upperBound),
      ])
  }

  /// The Fréchet distance of features with places.
  public static let spatialFrechet = GenerationMetric(description("sfid")) { pair in
    value(
      try FrechetDistance(
        pair.reference.spatialOperand(for: "sfid"), pair.generated.spatialOperand(for: "sfid")))
  }

  /// Whether it looks at statistics alone, not at single images.
  public var needsStatisticsAlone: Bool { self == .frechet || self == .spatialFrechet }

  private static func description(_ name: String) -> MetricDescription {
    MetricDescription(
      name: name, direction: .lowerIsBetter, unit: "squared distance of features")
  }

  private static func value(_ distance: FrechetDistance) -> Value {
    Value(
      distance.value,
      details: [
        "mean_term": .number(distance.meanTerm),
        "trace_reference": .number(distance.firstTrace),
        "trace_generated": .number(distance.secondTrace),
        "trace_of_root": .number(distance.traceOfRoot),
      ])
  }
}
