import BenchSupport

/// A metric as the catalog lists it: a name, what it needs, and a function from inputs to result.
public struct MetricDefinition: Sendable {
  /// An input beyond the codes themselves.
  public enum Requirement: String, Sendable, CaseIterable {
    /// The class of every factor in every sample.
    case factors
    /// Binary attributes of every sample.
    case attributes
    /// Codes of chosen factor values; drawn from codes and factors if no source is given.
    case interventions
  }

  /// The name, variants after a colon, for instance `sap:continuous`.
  public let name: String
  /// One sentence for tables and help.
  public let summary: String
  /// The inputs the metric cannot do without.
  public let requirements: Set<Requirement>
  /// Whether larger scores are better.
  public let higherIsBetter: Bool
  /// Whether one evaluation takes seconds rather than milliseconds at the reference sample size.
  public let isExpensive: Bool
  /// The numbers of its protocol that ``MetricInput/settings`` may change.
  public let parameters: [MetricParameter]
  /// Evaluates the metric.
  public let evaluate: @Sendable (MetricInput) throws -> MetricResult

  /// Describes a metric.
  public init(
    name: String, summary: String, requirements: Set<Requirement>, higherIsBetter: Bool = true,
    isExpensive: Bool = false, parameters: [MetricParameter] = [],
    evaluate: @escaping @Sendable (MetricInput) throws -> MetricResult
  ) {
    self.name = name
    self.summary = summary
    self.requirements = requirements
    self.higherIsBetter = higherIsBetter
    self.isExpensive = isExpensive
    self.parameters = parameters
    self.evaluate = evaluate
  }

  /// Whether the input has everything the metric needs.
  public func accepts(_ input: MetricInput) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .factors: input.factors != nil
      case .attributes: input.attributes != nil
      case .interventions: input.interventions != nil || input.factors != nil
      }
    }
  }
}

/// Every disentanglement metric, by name.
public enum MetricCatalog {
  /// All metrics, in the order in which tables show them; one line per metric.
  public static let all: [MetricDefinition] = [
    .mutualInformationGap,
    .dci,
    .randomForestDCI,
    .lassoDCI,
    .forestRegressorDCI,
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
    .infoMEC,
    .discreteInfoMEC,
    .tripodInfoMEC,
    .tripodDiscreteInfoMEC,
    .migSup,
    .dcimig,
    .jemmig,
    .med,
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

  /// The metrics with these names, each once, in the catalog's order; `all` stands for every one.
  ///
  /// - Throws: ``DisentanglementError/unknownMetric(name:nearest:)``.
  public static func metrics(named names: [String]) throws(DisentanglementError)
    -> [MetricDefinition]
  {
    if names.contains("all") { return all }
    var chosen: Set<String> = []
    for name in names { chosen.insert(try metric(named: name).name) }
    return all.filter { chosen.contains($0.name) }
  }
}
