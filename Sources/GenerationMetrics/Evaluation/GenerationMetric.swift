public import BenchSupport

/// The metrics that compare a generated set with a reference set.
public enum GenerationMetric: String, Sendable, CaseIterable {
  /// The Fréchet distance.
  case frechet = "fid"
  /// The Fréchet distance with covariances divided by `N`, as StyleGAN computes it.
  case frechetBiased = "fid:stylegan"
  /// The Fréchet distance extrapolated to infinitely many generated images.
  case frechetExtrapolated = "fid:infinity"
  /// The Fréchet distance with a jackknife interval.
  case frechetInterval = "fid:interval"
  /// The Fréchet distance of features with places.
  case spatialFrechet = "sfid"
  /// The kernel distance as torch-fidelity computes it with the real set first.
  case kernel = "kid"
  /// The same with the generated set first: the subsets are drawn in the other order.
  case kernelGeneratedFirst = "kid:generated-first"
  /// The kernel distance as clean-fid and StyleGAN compute it.
  case kernelCleanFID = "kid:clean-fid"
  /// The kernel distance of all samples at once.
  case kernelOfAll = "kid:all"
  /// The inception score of the generated set.
  case inceptionScore = "is"
  /// The inception score without shuffling, as StyleGAN and the original code compute it.
  case inceptionScoreInOrder = "is:in-order"
  /// Generated samples within real neighbourhoods.
  case precision
  /// Real samples within generated neighbourhoods.
  case recall
  /// Real neighbourhoods around generated samples.
  case density
  /// Real neighbourhoods that hold generated samples.
  case coverage
  /// How deep generated samples lie in real neighbourhoods, averaged.
  case realism
  /// The same by youngjung's code: plain distances, all neighbourhoods.
  case realismYoungjung = "realism:youngjung"

  /// Name, direction and unit; the protocol of a value is that of the features it was computed from.
  public var description: MetricDescription {
    switch self {
    case .frechet, .frechetBiased, .frechetExtrapolated, .frechetInterval, .spatialFrechet:
      MetricDescription(
        name: rawValue, direction: .lowerIsBetter, unit: "squared distance of features")
    case .kernel, .kernelGeneratedFirst, .kernelCleanFID, .kernelOfAll:
      MetricDescription(name: rawValue, direction: .lowerIsBetter, unit: "squared MMD")
    default: MetricDescription(name: rawValue)
    }
  }

  /// The metrics of a comparison that names none.
  public static let standard: [GenerationMetric] = [
    .frechet, .kernel, .precision, .recall, .density, .coverage, .inceptionScore,
  ]
}

/// The parameters of the metrics; defaults are the references'.
public struct GenerationOptions: Sendable, Equatable {
  /// Which neighbour sets a neighbourhood's radius.
  public var neighbourCount = 3
  /// Whether a sample on a neighbourhood's boundary lies inside.
  public var inside = PrecisionRecall.Inside.strict
  /// Number of subsets of the kernel distance.
  public var kernelSubsetCount = 100
  /// Samples per subset of the kernel distance.
  public var kernelSubsetSize = 1000
  /// Number of splits of the inception score.
  public var splitCount = 10
  /// Seed of what the references leave unseeded.
  public var seed: UInt64 = 0

  /// The references' parameters.
  public init() {}
}
