import BenchSupport

extension GenerationMetric {
  /// The Monge inception distance, with torch-fidelity's draws.
  public static let sliced = distance("mind", unit: "scaled squared distance of features") {
    pair, sets in
    let distance = try SlicedDistance(
      reference: sets.reference, generated: sets.generated,
      directionCount: pair.options.directionCount)
    return Value(
      distance.value,
      details: [
        "directions": .integer(distance.directionCount), "samples": .integer(distance.sampleCount),
      ])
  }

  /// The discrepancy of CLIP embeddings.
  public static let embeddingDiscrepancy = distance("cmmd", unit: "squared MMD times 1000") {
    _, sets in
    Value(
      try EmbeddingDiscrepancy.value(reference: sets.reference, generated: sets.generated),
      details: ["sigma": 10])
  }

  /// The sliced Wasserstein distance in its Gaussian approximation.
  public static let approximateSliced = distance("asw", unit: "distance of features") { _, sets in
    Value(
      try ApproximateSlicedDistance.value(
        reference: sets.reference, generated: sets.generated))
  }

  /// How many different samples the generated set effectively holds.
  public static let vendi = GenerationMetric(
    MetricDescription(name: "vendi", unit: "effective number of samples")
  ) { pair in
    let generated = try pair.generated.required(\.features, "features", for: "vendi")
    var details: [String: JSONValue] = ["samples": .integer(generated.count)]
    if let reference = pair.reference.features {
      details["reference"] = .number(try VendiScore.value(of: reference))
      details["reference_samples"] = .integer(reference.count)
    }
    return Value(try VendiScore.value(of: generated), details: details)
  }

  private static func distance(
    _ name: String, unit: String,
    compute:
      @escaping @Sendable (
        GenerationPair, (reference: FeatureSet, generated: FeatureSet)
      ) throws -> Value
  ) -> GenerationMetric {
    GenerationMetric(MetricDescription(name: name, direction: .lowerIsBetter, unit: unit)) { pair in
      try compute(pair, pair.features(for: name))
    }
  }
}
