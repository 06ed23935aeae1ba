public import BenchSupport
import Datasets
public import Torch

extension ModelStage {
  /// The denoiser of the latents of all β.
  public static let denoiser = ModelStage(
    name: "2", folder: "denoiser", label: LatentDiffusion.name
  ) { (autoencoder: MultiBetaVAE, _, options) in
    try LatentDiffusion(autoencoder, options[DiffusionOptions.self] ?? DiffusionOptions())
  }

  /// The decoder, adversarially.
  public static let tunedDecoder = ModelStage(
    name: "decoder", folder: "decoder", label: DecoderTuning.name, isOptional: true
  ) { (autoencoder: MultiBetaVAE, context, options) in
    try DecoderTuning(
      autoencoder, channelCount: context.imageShape.channelCount,
      options[DecoderTuning.Options.self] ?? DecoderTuning.Options())
  }
}

extension ModelSampling {
  /// From noise to latents with the denoiser, and the decoder.
  static let latentDiffusion = ModelSampling { trained, folders, options, skipsOptional in
    LatentWalk(
      try TrainedDiffusion(trained, in: folders, usesTunedDecoder: !skipsOptional), options
    ).generator
  } untrained: { model, context, stages, options in
    guard
      let diffusion = try ModelStage.denoiser.make(on: model, context, stages) as? LatentDiffusion
    else { preconditionFailure("the stage 'denoiser' makes another model") }
    return ImageGenerator { samples, onStep in
      let latents = try diffusion.generate(samples, options, onStep: onStep)
      return try withoutGradients { try model.decode(latents, at: model.sharpestPoint()) }
    }
  }
}

extension LatentDiffusion: StageModel {
  /// The name in checkpoints.
  public static let name = "latent-diffusion"

  /// The choices made.
  public func optionsJSON() throws -> JSONValue { try JSONValue(encoding: options) }

  /// What is measured.
  public var preparation: String? {
    "Measuring how fast the encoder's means move along the β axis …"
  }

  /// ``prepare(_:)``: the images are enough.
  public func prepare(
    _ images: Tensor, from trained: TrainedModel, in folders: StageFolders
  ) throws { try prepare(images) }
}

extension DecoderTuning: StageModel {
  /// The choices made.
  public func optionsJSON() throws -> JSONValue { try JSONValue(encoding: options) }
}
