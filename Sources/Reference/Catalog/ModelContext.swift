public import Datasets
public import Torch

/// What a model is built for.
public struct ModelContext: Sendable {
  /// Where its parameters live.
  public let device: Device
  /// The images it sees.
  public let imageShape: ImageShape
  /// Number of latents.
  public let latentCount: Int
  /// The step size of its main optimiser.
  public let learningRate: Double
  /// Number of observations in the dataset it is trained on.
  public let observationCount: Int

  /// Describes the surroundings of a model.
  public init(
    device: Device, imageShape: ImageShape, latentCount: Int, learningRate: Double,
    observationCount: Int
  ) {
    self.device = device
    self.imageShape = imageShape
    self.latentCount = latentCount
    self.learningRate = learningRate
    self.observationCount = observationCount
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
