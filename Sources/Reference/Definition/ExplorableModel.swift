public import Torch

/// A model whose images are a differentiable function of numbers, in which a later stage looks for directions.
public protocol ExplorableModel: RepresentationModel {
  /// How many numbers an image is made of there.
  var explorationWidth: Int { get }
  /// Whether these numbers are codes, as the model's encoder gives them.
  var exploresCodes: Bool { get }
  /// Numbers to start from, one row per image.
  ///
  /// - Parameter images: Images of the data in [0, 1], for a model that starts from their codes.
  /// - Returns: `[image, explorationWidth]`, of about unit variance, without a gradient.
  /// - Throws: `TorchError`.
  func explorationStarts(_ images: Tensor) throws -> Tensor
  /// Numbers of samples, where those are not draws from the prior but made by a later stage.
  ///
  /// - Parameters:
  ///   - count: How many rows.
  ///   - trained: The model as trained.
  ///   - folders: Where its later stages lie.
  /// - Returns: `[count, explorationWidth]`; nil if ``explorationStarts(_:)`` draws from the prior anyway.
  /// - Throws: `TorchError`, and ``TrainingError`` for a stage that is not there.
  func sampledStarts(_ count: Int, _ trained: TrainedModel, in folders: StageFolders) throws
    -> Tensor?
  /// The images of numbers, on the scale of [0, 1] but not limited to it: a limit has no gradient.
  func explored(_ numbers: Tensor) throws -> Tensor
}

extension ExplorableModel {
  /// The numbers that samples are made of.
  public var explorationWidth: Int { noiseCount }

  /// Where a sample is made of codes alone.
  public var exploresCodes: Bool { explorationWidth == latentCount }

  /// Draws from the prior, as many as there are images.
  public func explorationStarts(_ images: Tensor) throws -> Tensor {
    try Tensor.normal([images.shape[0], noiseCount], device: images.device)
  }

  /// Nil: samples are draws from the prior.
  public func sampledStarts(_ count: Int, _ trained: TrainedModel, in folders: StageFolders) throws
    -> Tensor?
  { nil }

  /// Samples, of which an exponential or logistic function at the end limits nothing abruptly.
  public func explored(_ numbers: Tensor) throws -> Tensor { try sample(numbers) }
}
