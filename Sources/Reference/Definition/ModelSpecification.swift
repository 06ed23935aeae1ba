/// A model with the values of all its options.
public struct ModelSpecification: Sendable {
  /// The model as the catalog lists it.
  public let definition: ModelDefinition
  /// The values of its options.
  public private(set) var options: ModelOptions
  /// The options that somebody chose, be it their defaults.
  private var chosen: Set<String> = []

  /// The model's name.
  public var name: String { definition.name }

  /// The name, with the options that differ from the defaults: `beta-vae:beta=6`.
  public var label: String {
    let changed = definition.options.filter { options.choice($0.name) != $0.defaultValue }
      .map { "\($0.name)=\(options.choice($0.name) as String)" }
    return changed.isEmpty ? name : "\(name):\(changed.joined(separator: ","))"
  }

  /// A model with the defaults of its options.
  public init(_ definition: ModelDefinition) {
    self.definition = definition
    options = ModelOptions(
      Dictionary(uniqueKeysWithValues: definition.options.map { ($0.name, $0.defaultValue) }))
  }

  /// The steps it takes of a training's, at least 1.
  public func stepCount(of stepCount: Int) -> Int {
    max(Int((Double(stepCount) * definition.stepShare(options)).rounded()), 1)
  }

  /// Whether the model has an option.
  public func hasOption(_ option: String) -> Bool {
    definition.options.contains { $0.name == option }
  }

  /// Whether the option was chosen, or is still to be decided by whoever knows better than a default.
  public func isChosen(_ option: String) -> Bool { chosen.contains(option) }

  /// Chooses the value of an option.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` if there is no such option or it
  ///   has no such value.
  public mutating func choose(_ option: String, _ value: String) throws(TrainingError) {
    guard let known = definition.options.first(where: { $0.name == option }) else {
      let known = definition.options.map(\.name).joined(separator: ", ")
      throw .badConfiguration(
        what: name, expected: known.isEmpty ? "no options" : "an option among \(known)",
        found: "'\(option)'")
    }
    options = options.with(option, try known.canonical(value, model: name))
    chosen.insert(option)
  }

  /// The model with nets of their published sizes, where its options were left open.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` if the definition names values that no option has.
  public func withPublishedSizes() throws(TrainingError) -> ModelSpecification {
    var result = self
    for (option, value) in definition.publishedSizes where !isChosen(option) {
      try result.choose(option, value)
    }
    return result
  }

  /// Creates the model, untrained; initial weights come from libtorch's generator.
  public func make(_ context: ModelContext) throws -> ModelDefinition.Model {
    try definition.make(context, options)
  }
}

/// Two are equal if they make the same model.
extension ModelSpecification: Equatable {
  /// Whether name and options are the same.
  public static func == (one: ModelSpecification, other: ModelSpecification) -> Bool {
    one.name == other.name && one.options == other.options
  }
}
