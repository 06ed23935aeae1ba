public import Torch

extension TrainedModel {
  /// Opens the checkpoint of a run folder, or a checkpoint folder itself.
  ///
  /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` and errors of libtorch.
  public init(folder: String, device: Device) throws {
    let inRun = Trainer.checkpointPath(in: folder)
    let path = Checkpoint.exists(at: inRun) ? inRun : folder
    let checkpoint = try Checkpoint(folder: path)
    let state = checkpoint.state
    let specification = try ModelSpecification(parsing: state.model)
    let context = try ModelContext(state.context, path: path, device: device)
    let model = try specification.make(context)
    try restore(model.trainedState, from: checkpoint.model)
    self.init(model: model, specification: specification, context: context, state: state)
  }
}

extension StageFolders {
  /// The first stage, trained to its end.
  ///
  /// - Throws: ``TrainingError`` if there is none, or if its training has not ended.
  public func openFirst(on device: Device) throws -> TrainedModel {
    _ = try firstDigest()
    let trained = try TrainedModel(folder: first, device: device)
    try requireFinished(trained)
    return trained
  }
}

extension TrainedDiffusion {
  /// Opens a run folder.
  ///
  /// - Parameters:
  ///   - folder: The run folder.
  ///   - device: Where tensors live.
  ///   - usesTunedDecoder: Whether to decode with the tuned decoder if there is one.
  /// - Throws: ``TrainingError`` if a stage is missing or belongs to another first stage, or if the model
  ///   is none of these.
  public init(folder: String, device: Device, usesTunedDecoder: Bool = true) throws {
    let folders = StageFolders(folder)
    try self.init(
      folders.openFirst(on: device), in: folders, usesTunedDecoder: usesTunedDecoder)
  }
}

extension ImageGenerator {
  /// Opens the later stages of a run folder to draw images with all of them.
  ///
  /// - Parameters:
  ///   - trained: The run's first stage.
  ///   - folder: The run folder.
  ///   - options: How to sample; a model without later stages takes the seed alone.
  ///   - skipsOptional: Whether to pass over optional stages, as a tuned decoder.
  /// - Throws: ``TrainingError`` if a stage is missing or belongs to another first stage.
  public init(
    _ trained: TrainedModel, folder: String, _ options: SamplingOptions,
    skipsOptional: Bool = false
  ) throws {
    if let sampling = trained.specification.definition.sampling {
      let folders = StageFolders(folder)
      try folders.requireFinished(trained)
      self = try sampling.open(trained, folders, options, skipsOptional)
    } else {
      self = .prior(trained.model, seed: options.seed)
    }
  }
}

extension TrainedModel {
  /// What reads codes of images with a later stage.
  ///
  /// - Parameters:
  ///   - name: The reading's name.
  ///   - folder: The run folder.
  /// - Returns: A model that encodes.
  /// - Throws: ``TrainingError`` if the model has no such reading, or if the stage is missing or belongs to
  ///   another first stage.
  public func reading(named name: String, folder: String) throws -> any RepresentationModel {
    let reading = try specification.definition.reading(named: name)
    let folders = StageFolders(folder)
    try folders.requireFinished(self)
    return try reading.open(self, folders)
  }
}
