extension GenerationMetric {
  /// All metrics, in the order of tables; a new one is one file and one line here.
  public static let all: [GenerationMetric] = [
    .frechet, .frechetBiased, .frechetExtrapolated, .frechetInterval, .spatialFrechet,
    .kernel, .kernelGeneratedFirst, .kernelCleanFID, .kernelOfAll,
    .kernelGaussian, .embeddingDiscrepancy, .sliced, .approximateSliced, .vendi,
    .inceptionScore, .inceptionScoreInOrder, .inceptionScoreOfADM,
    .precision, .recall, .density, .coverage,
    .realism, .realismYoungjung,
    .frechetRatio, .authenticity, .dataCopying, .likelihood, .likelihoodGap,
  ]

  /// The metrics that ask whether samples are copies of training images.
  public static let ofMemorisation = all.filter { $0.needsHeldOut || $0 == .authenticity }

  /// The metrics of a comparison with held-out images that names none.
  public static let standardWithHeldOut =
    all.filter { $0.isStandard || ofMemorisation.contains($0) }
}
