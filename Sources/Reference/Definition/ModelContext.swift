public import BenchSupport
public import Datasets
public import Torch

/// What a model is built for: the images, its size and where it lives.
///
/// All but the last is kept in its checkpoints, so that they can be opened alone.
public struct ModelContext: Sendable, Equatable {
  /// The dataset's name.
  public let dataset: String
  /// What identifies the dataset's contents.
  public let datasetChecksum: String
  /// Number of observations that are trained on.
  public let observationCount: Int
  /// Number of the dataset's images that no stage is trained on.
  public let heldOutCount: Int
  /// The images.
  public let imageShape: ImageShape
  /// Number of latents.
  public let latentCount: Int
  /// The learning rate of the main optimiser.
  public let learningRate: Double
  /// Where the model's parameters live.
  public let device: Device

  /// Describes the surroundings of a model that is trained on a dataset without its held-out images.
  public init(
    dataset: any ImageDataset, heldOutCount: Int = 0, latentCount: Int, learningRate: Double,
    device: Device = .cpu
  ) {
    self.dataset = dataset.name
    datasetChecksum = dataset.checksum
    observationCount = dataset.count - heldOutCount
    self.heldOutCount = heldOutCount
    imageShape = dataset.imageShape
    self.latentCount = latentCount
    self.learningRate = learningRate
    self.device = device
  }

  /// Reads what ``json`` gave.
  ///
  /// - Throws: ``TrainingError/badCheckpoint(path:reason:)``.
  init(_ json: JSONValue, path: String, device: Device) throws(TrainingError) {
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
    let heldOutCount = json["held_out_count"]?.integer ?? 0
    guard heldOutCount >= 0 else {
      throw .badCheckpoint(
        path: path, reason: "state.json speaks of \(heldOutCount) held-out images")
    }
    self.heldOutCount = heldOutCount
    imageShape = ImageShape(height: shape[0], width: shape[1], channelCount: shape[2])
    self.latentCount = latentCount
    self.learningRate = learningRate
    self.device = device
  }

  /// Everything but the device as JSON.
  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "dataset": .string(dataset), "dataset_checksum": .string(datasetChecksum),
      "observation_count": .integer(observationCount),
      "image_shape": [
        .integer(imageShape.height), .integer(imageShape.width), .integer(imageShape.channelCount),
      ],
      "latent_count": .integer(latentCount), "learning_rate": .number(learningRate),
    ]
    if heldOutCount > 0 { members["held_out_count"] = .integer(heldOutCount) }
    return .object(members)
  }

  /// The images that a stage is trained on: the dataset's without those held out.
  ///
  /// - Parameter dataset: The dataset of this context.
  /// - Returns: It, or a part of it.
  /// - Throws: `DatasetError` if it has no more images than are held out.
  public func trainingImages(
    of dataset: any ImageDataset
  ) throws(DatasetError) -> any ImageDataset {
    guard heldOutCount > 0 else { return dataset }
    return try HeldOutSplit(dataset, heldOutCount: heldOutCount).training
  }

  /// Refuses images that the large-scale study's nets cannot take.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)``.
  func requireStudyImages() throws(TrainingError) {
    guard imageShape.height == 64, imageShape.width == 64 else {
      throw .badConfiguration(
        what: "model",
        expected: "images of 64×64, or a multi-β VAE with one of the residual architectures",
        found: "images of \(imageShape)")
    }
  }
}
