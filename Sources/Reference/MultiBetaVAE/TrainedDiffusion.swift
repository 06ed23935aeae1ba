import BenchSupport
public import Torch

/// Both trained stages, with the tuned decoder where there is one.
public struct TrainedDiffusion {
  /// The first stage as trained.
  public let trained: TrainedModel
  /// The second stage.
  public let diffusion: LatentDiffusion
  /// How far the second stage was trained.
  public let state: Checkpoint.State
  /// What turns clean latents into images: the first stage, or its tuned copy.
  public let decoder: MultiBetaVAE
  /// Whether ``decoder`` was tuned.
  public let hasTunedDecoder: Bool

  /// The first stage.
  public var autoencoder: MultiBetaVAE { diffusion.autoencoder }

  /// Opens the later stages of a trained first one.
  init(
    _ trained: TrainedModel, in folders: StageFolders, usesTunedDecoder: Bool
  ) throws {
    guard let autoencoder = trained.model as? MultiBetaVAE else {
      throw TrainingError.badConfiguration(
        what: "model", expected: "a multi-β VAE, which alone has a denoiser of its codes",
        found: "'\(trained.label)'")
    }
    let checkpoint = try folders.checkpoint(of: .denoiser)
    let diffusion = try LatentDiffusion(
      autoencoder, folders.options(DiffusionOptions.self, of: .denoiser, in: checkpoint))
    try restore(diffusion.trainedState, from: checkpoint.model)
    self.trained = trained
    self.diffusion = diffusion
    state = checkpoint.state
    let tuned = usesTunedDecoder ? try Self.tunedDecoder(folders, trained) : nil
    decoder = tuned ?? autoencoder
    hasTunedDecoder = tuned != nil
  }

  /// The first stage with the decoder that was tuned afterwards, if it was.
  private static func tunedDecoder(
    _ folders: StageFolders, _ trained: TrainedModel
  ) throws -> MultiBetaVAE? {
    guard Checkpoint.exists(at: Trainer.checkpointPath(in: folders.folder(of: .tunedDecoder)))
    else { return nil }
    let checkpoint = try folders.checkpoint(of: .tunedDecoder)
    guard let decoder = try trained.specification.make(trained.context) as? MultiBetaVAE else {
      preconditionFailure("two models of '\(trained.label)' of different types")
    }
    try restore(decoder.trainedState, from: checkpoint.model)
    return decoder
  }

  /// Images in [0, 1] of clean latents.
  public func decode(_ latents: Tensor) throws -> Tensor {
    try decoder.decode(latents, at: autoencoder.sharpestPoint())
  }
}

/// Both stages with a way to sample: what `bench sample`, `denoise` and `traverse` walk with.
public struct LatentWalk: CodeDenoiser {
  /// The stages.
  public let trained: TrainedDiffusion
  /// How to sample.
  public let options: SamplingOptions
  /// Whether noise is added to codes first.
  public let start: DenoisingStart

  /// Pairs trained stages with a way to sample.
  public init(
    _ trained: TrainedDiffusion, _ options: SamplingOptions, start: DenoisingStart = .noisy
  ) {
    self.trained = trained
    self.options = options
    self.start = start
  }

  /// The first stage.
  public var model: ModelDefinition.Model { trained.autoencoder }

  /// The position at which σ has a value.
  public func point(sigma: Double) throws -> RepresentationPoint {
    try trained.diffusion.point(sigma: sigma)
  }

  /// The images of codes, denoised and decoded.
  public func images(
    ofCodes codes: Tensor, at point: RepresentationPoint, sharesNoise: Bool
  ) throws -> Tensor {
    let clean = try trained.diffusion.denoise(
      codes, from: point.t ?? 1, start: start,
      noiseIndices: sharesNoise ? Array(repeating: 0, count: codes.shape[0]) : nil, options
    ) { _, _ in try Interruption.check() }
    return try withoutGradients { try trained.decode(clean) }
  }

  /// The images of codes at β = 0.
  public func images(ofSharpCodes codes: Tensor) throws -> Tensor { try trained.decode(codes) }

  /// Images from noise.
  public var generator: ImageGenerator {
    ImageGenerator(denoiser: self) { samples, onStep in
      let latents = try trained.diffusion.generate(samples, options, onStep: onStep)
      return try withoutGradients { try trained.decode(latents) }
    }
  }
}
