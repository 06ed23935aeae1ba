import BenchSupport

/// The model that is significantly the best at a metric, if there is one.
///
/// The model with the best mean must be better than every other model by Welch's test over seeds,
/// Holm-corrected over these comparisons. One seed is no evidence. Values picked by looking at
/// labels, undefined ones and those of another protocol, other data or another budget give no best
/// model.
///
/// - Parameters:
///   - results: Runs of one dataset and preset.
///   - metric: The metric's name.
///   - significance: Error rate of the tests together.
/// - Returns: The model's name; nil if no model stands out.
public func significantlyBestModel(
  _ results: [RunResult], metric: String, significance: Double = 0.05
) -> String? {
  guard let direction = MetricDirection.of(metric, in: results) else { return nil }
  let candidates = results.map(\.model).uniqued().compactMap { model in
    Sample(results.filter { $0.model == model }, metric: metric).map { (model, $0) }
  }
  let samples = candidates.map(\.1)
  guard samples.count > 1,
    samples.allSatisfy({ !$0.isSelectedOnLabels && $0.undefinedCount == 0 })
  else { return nil }
  func mean(_ index: Int) -> Double { samples[index].summary?.mean ?? .nan }
  guard let best = samples.indices.max(by: { direction.isBetter(mean($1), than: mean($0)) })
  else { return nil }
  let test = ClaimTest(
    significance: significance, marginInDeviations: 1, assumedCount: 3, usesPermutations: false)
  let claims = samples.indices.filter { $0 != best }.map { index -> Claim? in
    test.claim(samples[best], against: samples[index], name: candidates[index].0)
  }
  let verdicts = test.verdicts(claims, direction: direction)
  return verdicts.allSatisfy { $0?.verdict == .better } ? candidates[best].0 : nil
}
