import BenchSupport

/// Every disentanglement metric, by name.
public enum MetricCatalog {
  /// All metrics, in the order in which tables show them; one line per metric.
  public static let all: [MetricDefinition] = [
    .mutualInformationGap,
    .dci,
    .randomForestDCI,
    .lassoDCI,
    .forestRegressorDCI,
    .extendedDCI,
    .reviewMutualInformationGap,
    .separatedAttributePredictability,
    .continuousSeparatedAttributePredictability,
    .factorVAEScore,
    .betaVAEScore,
    .modularity,
    .reviewModularity,
    .explicitness,
    .interventionalRobustness,
    .paperInterventionalRobustness,
    .flatness,
    .infoMEC,
    .discreteInfoMEC,
    .tripodInfoMEC,
    .tripodDiscreteInfoMEC,
    .migSup,
    .dcimig,
    .jemmig,
    .med,
    .minimality,
    .sufficiency,
    .meanCorrelation,
    .meanRankCorrelation,
    .meanCorrelationOutOfSample,
    .linearDetermination,
    .kernelDetermination,
    .unsupervisedScores,
    .totalAUROCDifference,
    .totalAUROCDifferenceOfNashAE,
    .totalAUROCDifferenceOfDisDiff,
    .totalAUROCDifferenceFolds,
  ]

  /// The metric with this name.
  ///
  /// - Throws: ``DisentanglementError/unknownMetric(name:nearest:)``.
  public static func metric(named name: String) throws(DisentanglementError) -> MetricDefinition {
    guard let metric = all.first(where: { $0.name == name }) else {
      throw .unknownMetric(name: name, nearest: nearestNames(to: name, in: all.map(\.name)))
    }
    return metric
  }

  /// The metrics with these names, each once, in the order of the names; `all` stands for every one.
  ///
  /// - Throws: ``DisentanglementError/unknownMetric(name:nearest:)``.
  public static func metrics(named names: [String]) throws(DisentanglementError)
    -> [MetricDefinition]
  {
    var chosen: [MetricDefinition] = []
    for name in names {
      for metric in name == "all" ? all : [try metric(named: name)]
      where !chosen.contains(where: { $0.name == metric.name }) {
        chosen.append(metric)
      }
    }
    return chosen
  }
}
