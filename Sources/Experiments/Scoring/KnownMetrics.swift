package import BenchSupport
import Disentanglement
import GenerationMetrics

/// What a run says of its model besides the scores of its codes and samples.
package enum RunMetrics {
  /// The mean rate: what a code holds, of which neither more nor less is better.
  package static let rate = MetricDescription(
    name: "rate", direction: nil, unit: "nats", protocolID: "rate:label-free-point")
  /// The Gaussian total correlation.
  package static let totalCorrelation = MetricDescription(
    name: "total_correlation", direction: .lowerIsBetter, unit: "nats",
    protocolID: "total_correlation:label-free-point")
  /// The error of reconstructions.
  package static let squaredError = MetricDescription(
    name: "mse", direction: .lowerIsBetter, unit: "squared intensity in [0, 1] per pixel",
    protocolID: "mse:sharpest-reconstruction")
  /// How near samples lie to training images.
  package static let nearest = MetricDescription(
    name: "nearest", direction: nil, unit: "ratio of distances")
  /// The Fréchet distance of features that are not Inception's.
  package static let frechet = MetricDescription(
    name: GenerationMetric.otherFrechet, direction: .lowerIsBetter,
    unit: "squared distance of features")
  /// The same in units of the held-out images'.
  package static let frechetRatio = MetricDescription(
    name: GenerationMetric.otherFrechetRatio, direction: .lowerIsBetter, unit: "ratio")
  /// The metrics whose scores are ranked among rotations of the codes: those that take milliseconds and that
  /// docs/experiments.md names.
  package static let ranked: Set<String> = ["mig"]
  /// All of them.
  package static let all = [rate, totalCorrelation, squaredError, nearest, frechet, frechetRatio]
}

extension MetricDescription {
  /// The record of a value.
  ///
  /// - Parameters:
  ///   - value: The number.
  ///   - estimator: How it was computed, in words.
  ///   - details: Further members.
  /// - Returns: The object for `result.json`.
  package func record(
    _ value: Double, estimator: String, details: [String: JSONValue] = [:]
  ) -> JSONValue {
    .object(
      members.merging(details) { $1 }
        .merging(["value": .number(value), "estimator": .string(estimator)]) { $1 })
  }
}

extension MetricVocabulary {
  /// Every metric that the suite computes, and those that other programs report.
  package static let known = MetricVocabulary(knownDescriptions)

  /// The same as a list.
  package static let knownDescriptions =
    MetricCatalog.all.map(\.description) + GenerationMetric.all.map(\.description)
    + RunMetrics.all + imported

  /// Metrics of other programs' tables.
  private static let imported =
    [
      "rfid", "reconstruction", "reconstruction_error", "lpips", "distortion",
      "bits_per_dimension", "nll", "loss", "wall_seconds", "peak_memory_bytes",
      "gaussian_total_correlation", "gaussian_wasserstein_correlation", "mutual_info_score",
    ].map { MetricDescription(name: $0, direction: .lowerIsBetter) }
    + ["psnr", "ssim", "images_per_second", "accuracy", "auroc"].map { MetricDescription(name: $0) }
}
