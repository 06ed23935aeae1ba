extension GenerationMetric {
  /// All metrics, in the order of tables; a new one is one file and one line here.
  public static let all: [GenerationMetric] = [
    .frechet, .frechetBiased, .frechetExtrapolated, .frechetInterval, .spatialFrechet,
    .kernel, .kernelGeneratedFirst, .kernelCleanFID, .kernelOfAll,
    .inceptionScore, .inceptionScoreInOrder,
    .precision, .recall, .density, .coverage,
    .realism, .realismYoungjung,
  ]
}
