package import Reference

/// Which stages of a model are trained: `1`, the name of a later one, or `all` that are not optional.
package struct StageChoice: Equatable, Sendable {
  /// What was asked for.
  package let name: String

  /// Names a choice; whether the model has such a stage shows with ``later(of:)``.
  package init(_ name: String) { self.name = name }

  /// Whether the first stage is among them.
  package var hasFirst: Bool { name == "1" || name == "all" }

  /// The later stages among them.
  ///
  /// - Throws: `TrainingError` if the model has no such stage.
  package func later(of definition: ModelDefinition) throws(TrainingError) -> [ModelStage] {
    switch name {
    case "1": []
    case "all": definition.laterStages.filter { !$0.isOptional }
    default: [try definition.laterStage(named: name)]
    }
  }
}
