public import BenchSupport
public import Datasets
public import Torch

/// What a model was built for; kept in its checkpoints, so that they can be opened alone.
public struct ModelSetting: Sendable, Equatable {
  /// The dataset's name.
  public let dataset: String
  /// What identifies the dataset's contents.
  public let datasetChecksum: String
  /// Number of observations in the dataset.
  public let observationCount: Int
  /// The images.
  public let imageShape: ImageShape
  /// Number of latents.
  public let latentCount: Int
  /// The step size of the main optimiser.
  public let learningRate: Double

  /// Describes a setting.
  public init(
    dataset: any ImageDataset, latentCount: Int, learningRate: Double
  ) {
    self.dataset = dataset.name
    datasetChecksum = dataset.checksum
    observationCount = dataset.count
    imageShape = dataset.imageShape
    self.latentCount = latentCount
    self.learningRate = learningRate
  }

  init(_ json: JSONValue, path: String) throws(TrainingError) {
    guard let dataset = json["dataset"]?.string, let checksum = json["dataset_checksum"]?.string,
      let observationCount = json["observation_count"]?.integer, observationCount > 0,
      let shape = json["image_shape"]?.array?.compactMap(\.integer), shape.count == 3,
      shape.allSatisfy({ (1...8192).contains($0) }),
      let latentCount = json["latent_count"]?.integer, (1...1_000_000).contains(latentCount),
      let learningRate = json["learning_rate"]?.double
    else {
      throw .badCheckpoint(path: path, reason: "state.json does not say what the model is for")
    }
    self.dataset = dataset
    datasetChecksum = checksum
    self.observationCount = observationCount
    imageShape = ImageShape(height: shape[0], width: shape[1], channelCount: shape[2])
    self.latentCount = latentCount
    self.learningRate = learningRate
  }

  /// The setting as JSON.
  public var json: JSONValue {
    [
      "dataset": .string(dataset), "dataset_checksum": .string(datasetChecksum),
      "observation_count": .integer(observationCount),
      "image_shape": [
        .integer(imageShape.height), .integer(imageShape.width), .integer(imageShape.channelCount),
      ],
      "latent_count": .integer(latentCount), "learning_rate": .number(learningRate),
    ]
  }

  /// The surroundings of a model on a device.
  public func context(on device: Device) -> ModelContext {
    ModelContext(
      device: device, imageShape: imageShape, latentCount: latentCount, learningRate: learningRate,
      observationCount: observationCount)
  }
}

/// A model read from a checkpoint, with its averaged parameters where it has them.
public struct TrainedModel {
  /// The model.
  public let model: ModelDefinition.Model
  /// Its name with options.
  public let label: String
  /// What it was built for.
  public let setting: ModelSetting
  /// How far it was trained.
  public let state: Checkpoint.State

  /// Opens the checkpoint of a run folder, or a checkpoint folder itself.
  ///
  /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` and errors of libtorch.
  public init(folder: String, device: Device) throws {
    let inRun = Trainer.checkpointPath(in: folder)
    let path = Checkpoint.exists(at: inRun) ? inRun : folder
    let checkpoint = try Checkpoint(folder: path)
    state = checkpoint.state
    label = state.model
    setting = try ModelSetting(state.context, path: path)
    model = try ModelSpecification(parsing: label).make(setting.context(on: device))
    try restore(model.trainedState, from: checkpoint.model)
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
