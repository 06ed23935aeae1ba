import BenchSupport

/// Whether larger or smaller values of a metric are better.
public enum MetricDirection: String, Sendable, Equatable {
  /// Larger is better.
  case higherIsBetter
  /// Smaller is better.
  case lowerIsBetter

  /// An arrow for table headers.
  public var arrow: String { self == .higherIsBetter ? "↑" : "↓" }

  /// Whether one value is better than another.
  public func isBetter(_ value: Double, than other: Double) -> Bool {
    self == .higherIsBetter ? value > other : value < other
  }

  /// +1 if larger is better, else −1.
  package var sign: Double { self == .higherIsBetter ? 1 : -1 }

  /// The direction of a known metric by its name or alias, variants after a colon, fields after a
  /// dot and axes after an at sign included; nil for unknown ones.
  public static func of(_ metric: String) -> MetricDirection? {
    let name = MetricName.canonical(metric)
    if lower.contains(name) { return .lowerIsBetter }
    if higher.contains(name) { return .higherIsBetter }
    guard let base = name.split(whereSeparator: { ".:@".contains($0) }).first else {
      return nil
    }
    if lower.contains(String(base)) { return .lowerIsBetter }
    return higher.contains(String(base)) ? .higherIsBetter : nil
  }

  /// The direction that the results themselves state, else that of the known metric.
  static func of(_ metric: String, in results: [RunResult]) -> MetricDirection? {
    for result in results {
      if case .bool(let isHigher)? = result.metrics[metric]?["higher_is_better"] {
        return isHigher ? .higherIsBetter : .lowerIsBetter
      }
    }
    return of(metric)
  }

  private static let higher: Set<String> = [
    "mig", "mig-sup", "dcimig", "jemmig", "dci", "sap", "modularity", "explicitness", "irs",
    "infomec", "tad", "factorvae",
    "betavae", "precision", "recall", "density", "coverage", "is", "psnr", "ssim",
    "med", "review", "images_per_second", "attributes_captured", "accuracy", "auroc",
  ]
  private static let lower: Set<String> = [
    "unsupervised", "fid", "frechet", "kid", "rfid", "mse", "reconstruction",
    "reconstruction_error", "lpips",
    "distortion",
    "bits_per_dimension", "nll", "loss", "wall_seconds", "peak_memory_bytes",
  ]
}
