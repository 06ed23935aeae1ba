public import Torch

/// A trained model as a source of images from noise.
public enum ImageGenerator {
  /// Standard normal latents, decoded: how a VAE samples.
  case prior(ModelDefinition.Model, seed: UInt64)
  /// Latents of a second stage's sampler, decoded.
  case diffusion(TrainedDiffusion, SamplingOptions)

  /// Images in [0, 1] of samples by their numbers, [sample, channel, height, width].
  ///
  /// A sample's noise depends on the seed and its number only.
  ///
  /// - Parameters:
  ///   - samples: Which samples.
  ///   - onStep: Called before each step of a sampler with the number of steps done, and of all.
  /// - Returns: The images.
  /// - Throws: `TorchError` and errors of `onStep`.
  public func images(
    _ samples: Range<Int>, onStep: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Tensor {
    switch self {
    case .prior(let model, let seed):
      var noise = SampleNoise(
        seed: seed, samples: samples, width: model.latentCount, device: model.store.device)
      return try withoutGradients { try model.decode(noise.next(), at: model.samplingPoint()) }
    case .diffusion(let trained, let options):
      let latents = try trained.diffusion.generate(samples, options, onStep: onStep)
      return try withoutGradients { try trained.decode(latents) }
    }
  }
}
