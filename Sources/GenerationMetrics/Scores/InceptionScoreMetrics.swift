import BenchSupport
import LinearAlgebra

extension GenerationMetric {
  /// The inception score of the generated set.
  public static let inceptionScore = GenerationMetric.inceptionScore(
    "is", .shuffled(), isStandard: true, withOtherFeatures: .nothing)

  /// The inception score without shuffling, as StyleGAN and the original code compute it.
  public static let inceptionScoreInOrder = GenerationMetric.inceptionScore(
    "is:in-order", .asGiven)

  /// The inception score in order, in chunks of 5,000 images, as ADM's evaluator computes it.
  public static let inceptionScoreOfADM = GenerationMetric.inceptionScore("is:adm") {
    logits, set, _ in
    try InceptionScore(logits: logits, name: set, chunkSize: 5000)
  }

  private static func inceptionScore(
    _ name: String, _ order: InceptionScore.Order, isStandard: Bool = false,
    withOtherFeatures meaning: OtherFeatures = .sameMetric
  ) -> GenerationMetric {
    inceptionScore(name, isStandard: isStandard, withOtherFeatures: meaning) {
      logits, set, options in
      try InceptionScore(
        logits: logits, name: set, splitCount: options.splitCount, order: order)
    }
  }

  private static func inceptionScore(
    _ name: String, isStandard: Bool = false,
    withOtherFeatures meaning: OtherFeatures = .sameMetric,
    score: @escaping @Sendable (Matrix<Float>, String, GenerationOptions) throws -> InceptionScore
  ) -> GenerationMetric {
    GenerationMetric(
      MetricDescription(name: name), isStandard: isStandard, withOtherFeatures: meaning
    ) { pair in
      let score = try score(
        pair.generated.required(\.logits, "logits", for: name), pair.generated.name, pair.options)
      return Value(
        score.value,
        details: [
          "std": .number(score.standardDeviation), "splits": .integer(score.splitValues.count),
        ])
    }
  }
}
