public import Torch

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

  /// Opens the checkpoint of a run folder, or a checkpoint folder itself.
  ///
  /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` and errors of libtorch.
  public init(folder: String, device: Device) throws {
    let inRun = Trainer.checkpointPath(in: folder)
    let path = Checkpoint.exists(at: inRun) ? inRun : folder
    let checkpoint = try Checkpoint(folder: path)
    state = checkpoint.state
    specification = try ModelSpecification(parsing: state.model)
    context = try ModelContext(state.context, path: path, device: device)
    model = try specification.make(context)
    try restore(model.trainedState, from: checkpoint.model)
  }
}

extension ImageGenerator {
  /// Opens a run folder to draw images with all its stages.
  ///
  /// - Parameters:
  ///   - folder: The run folder.
  ///   - device: Where tensors live.
  ///   - options: How to sample; a model without later stages takes the seed alone.
  ///   - skipsOptional: Whether to pass over optional stages, as a tuned decoder.
  /// - Throws: ``TrainingError`` if a stage is missing or belongs to another first stage.
  public init(
    folder: String, device: Device, _ options: SamplingOptions, skipsOptional: Bool = false
  ) throws {
    let path = Trainer.checkpointPath(in: folder)
    let definition =
      try ModelSpecification(parsing: Checkpoint(folder: path).state.model).definition
    if let sampling = definition.sampling {
      self = try sampling.open(folder, device, options, skipsOptional)
    } else {
      self = .prior(try TrainedModel(folder: folder, device: device).model, seed: options.seed)
    }
  }
}

extension TrainableModel {
  /// The model's tensors under the names that their values for evaluation have in a checkpoint.
  var trainedState: [NamedTensor] {
    let hasAverages = averageDecay != nil
    return store.entries.map { entry in
      NamedTensor(
        name: hasAverages && entry.isTrainable ? "average.\(entry.name)" : entry.name,
        tensor: entry.tensor)
    }
  }
}
