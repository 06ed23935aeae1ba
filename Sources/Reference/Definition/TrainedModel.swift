/// A model read from a checkpoint, with its averaged parameters where it has them.
public struct TrainedModel {
  /// The model.
  public let model: ModelDefinition.Model
  /// Which model it is, with its options.
  public let specification: ModelSpecification
  /// What it was built for.
  public let context: ModelContext
  /// How far it was trained.
  public let state: Checkpoint.State

  /// Its name with options.
  public var label: String { specification.label }
}
