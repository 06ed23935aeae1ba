import BenchSupport

extension GenerationMetric {
  /// The inception score of the generated set.
  public static let inceptionScore = GenerationMetric.inceptionScore(
    "is", .shuffled(), isStandard: true, withOtherFeatures: .nothing)

  /// The inception score without shuffling, as StyleGAN and the original code compute it.
  public static let inceptionScoreInOrder = GenerationMetric.inceptionScore(
    "is:in-order", .asGiven)

  private static func inceptionScore(
    _ name: String, _ order: InceptionScore.Order, isStandard: Bool = false,
    withOtherFeatures meaning: OtherFeatures = .sameMetric
  ) -> GenerationMetric {
    GenerationMetric(
      MetricDescription(name: name), isStandard: isStandard, withOtherFeatures: meaning
    ) { pair in
      let score = try InceptionScore(
        logits: pair.generated.required(\.logits, "logits", for: name), name: pair.generated.name,
        splitCount: pair.options.splitCount, order: order)
      return Value(
        score.value,
        details: [
          "std": .number(score.standardDeviation), "splits": .integer(score.splitValues.count),
        ])
    }
  }
}
