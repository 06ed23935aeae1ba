public import BenchSupport

/// A metric as the catalog lists it: a name, what it needs, and a function from inputs to result.
public struct MetricDefinition: Sendable {
  /// An input beyond the codes themselves.
  public enum Requirement: String, Sendable, CaseIterable {
    /// The class of every factor in every sample.
    case factors
    /// The value of every factor in every sample; classes are taken for values where there are no others.
    case factorValues
    /// Binary attributes of every sample.
    case attributes
    /// Codes of chosen factor values; drawn from codes and factors if no source is given.
    case interventions
    /// Codes of every combination of factor values.
    case everyState
  }

  /// Name, direction, unit and the reference's protocol.
  public let description: MetricDescription
  /// One sentence for tables and help.
  public let summary: String
  /// The inputs the metric cannot do without.
  public let requirements: Set<Requirement>
  /// How many samples of what kind the reference's protocol takes.
  public let sampling: MetricSampling
  /// Whether one evaluation takes a minute or so at the reference sample size: studies run it where it is named.
  public let isExpensive: Bool
  /// The numbers of its protocol that ``MetricInput/settings`` may change.
  public let parameters: [MetricParameter]
  private let compute: @Sendable (MetricInput) throws -> MetricResult

  /// Describes a metric.
  ///
  /// - Parameters:
  ///   - description: Name, direction, unit, and the protocol of the reference.
  ///   - summary: One sentence for tables and help.
  ///   - requirements: The inputs it cannot do without.
  ///   - sampling: How many samples of what kind the reference takes.
  ///   - isExpensive: Whether an evaluation takes a minute or so.
  ///   - parameters: The numbers of its protocol that may be changed.
  ///   - compute: Evaluates it.
  public init(
    _ description: MetricDescription, summary: String, requirements: Set<Requirement>,
    sampling: MetricSampling = .everySample, isExpensive: Bool = false,
    parameters: [MetricParameter] = [],
    compute: @escaping @Sendable (MetricInput) throws -> MetricResult
  ) {
    self.description = description
    self.summary = summary
    self.requirements = requirements
    self.sampling = sampling
    self.isExpensive = isExpensive
    self.parameters = parameters
    self.compute = compute
  }

  /// The name, variants after a colon, for instance `sap:continuous`.
  public var name: String { description.name }

  /// Evaluates the metric.
  ///
  /// - Parameter input: Codes and what is known of them.
  /// - Returns: The scores with their description, whose protocol is the one that this input allowed.
  /// - Throws: ``DisentanglementError``, and whatever an encoder throws.
  public func evaluate(_ input: MetricInput) throws -> MetricResult {
    var result = try compute(input)
    result.description = try description(on: input)
    return result
  }

  /// Whether the input has everything the metric needs.
  public func accepts(_ input: MetricInput) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .factors: input.factors != nil
      case .factorValues: input.factors != nil || input.factorValues != nil
      case .attributes: input.attributes != nil
      case .interventions: input.interventions != nil || input.factors != nil
      case .everyState: (try? input.interventions(metric: name))?.isComplete ?? false
      }
    }
  }
}
