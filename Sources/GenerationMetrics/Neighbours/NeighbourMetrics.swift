import BenchSupport

extension GenerationMetric {
  /// Generated samples within real neighbourhoods.
  public static let precision = GenerationMetric.neighbourhood("precision", \.precision)
  /// Real samples within generated neighbourhoods.
  public static let recall = GenerationMetric.neighbourhood("recall", \.recall)
  /// Real neighbourhoods around generated samples.
  public static let density = GenerationMetric.neighbourhood("density", \.density)
  /// Real neighbourhoods that hold generated samples.
  public static let coverage = GenerationMetric.neighbourhood("coverage", \.coverage)

  /// How deep generated samples lie in real neighbourhoods, averaged.
  public static let realism = GenerationMetric.realism("realism", .official)
  /// The same by youngjung's code: plain distances, all neighbourhoods.
  public static let realismYoungjung = GenerationMetric.realism("realism:youngjung", .youngjung)

  /// All four come from one search.
  private static func neighbourhood(
    _ name: String, _ part: any KeyPath<PrecisionRecall, Double> & Sendable
  ) -> GenerationMetric {
    GenerationMetric(MetricDescription(name: name), isStandard: true) { pair in
      let sets = try pair.features(for: name)
      let found = try pair.shared {
        try PrecisionRecall(
          reference: sets.reference, generated: sets.generated,
          neighbourCount: pair.options.neighbourCount, inside: pair.options.inside)
      }
      return Value(
        found[keyPath: part],
        details: [
          "k": .integer(pair.options.neighbourCount),
          "inside": .string(pair.options.inside.rawValue),
        ])
    }
  }

  private static func realism(_ name: String, _ variant: Realism.Variant) -> GenerationMetric {
    GenerationMetric(MetricDescription(name: name)) { pair in
      let sets = try pair.features(for: name)
      let scores = try Realism.scores(
        reference: sets.reference, generated: sets.generated,
        neighbourCount: pair.options.neighbourCount, variant: variant)
      guard !scores.isEmpty else {
        throw GenerationError.tooFewSamples(
          set: sets.generated.name, found: 0, needed: 1, metric: name)
      }
      return Value(
        scores.reduce(0, +) / Double(scores.count),
        details: ["k": .integer(pair.options.neighbourCount), "scores": .numbers(scores)])
    }
  }
}
