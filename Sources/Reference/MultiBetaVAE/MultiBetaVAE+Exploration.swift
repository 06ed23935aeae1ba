public import Torch

/// Explored where images are sharpest: prior draws have no images there, codes of images have.
extension MultiBetaVAE: ExplorableModel {
  /// f(x, 0), or at the smallest t that is trained.
  public func explorationStarts(_ images: Tensor) throws -> Tensor {
    try means(images, t: Array(repeating: ends.low, count: images.shape[0]))
  }

  /// Latents at β = 0 that the denoiser makes of noise.
  public func sampledStarts(_ count: Int, _ trained: TrainedModel, in folders: StageFolders) throws
    -> Tensor?
  {
    try TrainedDiffusion(trained, in: folders, usesTunedDecoder: false)
      .diffusion.generate(0..<count, SamplingOptions(sampler: .fromNoise))
  }

  /// g(z, 0), not limited to the range of pixels.
  public func explored(_ numbers: Tensor) throws -> Tensor {
    try unlimited(numbers, at: RepresentationPoint(label: "", t: ends.low))
  }
}
