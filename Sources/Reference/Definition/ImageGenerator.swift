public import Torch

/// A trained model as a source of images.
public struct ImageGenerator {
  /// Draws samples by their numbers; called before each step of a sampler with the number of steps
  /// done, and of all.
  public typealias Draw = (
    _ samples: Range<Int>, _ onStep: (_ done: Int, _ total: Int) throws -> Void
  ) throws -> Tensor

  private let draw: Draw
  /// What takes codes of any β back to sharp images; nil for a model without.
  public let denoiser: (any CodeDenoiser)?

  /// Wraps a source of images.
  ///
  /// - Parameters:
  ///   - denoiser: What takes codes back to sharp images, if the model has such a thing.
  ///   - draw: Draws images in [0, 1], [sample, channel, height, width]. A sample may depend on the seed
  ///     and its number only.
  public init(denoiser: (any CodeDenoiser)? = nil, draw: @escaping Draw) {
    self.denoiser = denoiser
    self.draw = draw
  }

  /// Draws from the model's prior: how a model without later stages samples.
  public static func prior(_ model: ModelDefinition.Model, seed: UInt64) -> ImageGenerator {
    ImageGenerator { samples, _ in
      var noise = SampleNoise(
        seed: seed, samples: samples, width: model.noiseCount, device: model.store.device)
      return try withoutGradients { try model.sample(noise.next()) }
    }
  }

  /// Images in [0, 1] of samples by their numbers, [sample, channel, height, width].
  ///
  /// - Parameters:
  ///   - samples: Which samples.
  ///   - onStep: Called before each step of a sampler with the number of steps done, and of all.
  /// - Returns: The images.
  /// - Throws: `TorchError` and errors of `onStep`.
  public func images(
    _ samples: Range<Int>, onStep: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Tensor {
    try draw(samples, onStep)
  }
}

/// What takes codes of any β back to sharp images.
public protocol CodeDenoiser {
  /// What encodes, and decodes codes as they are.
  var model: ModelDefinition.Model { get }
  /// The position on the β axis at which σ has a value in (0, 1).
  func point(sigma: Double) throws -> RepresentationPoint
  /// The images of codes at a point, denoised, in [0, 1].
  ///
  /// - Parameters:
  ///   - codes: Means of the posterior there, perhaps changed, [code, latent].
  ///   - point: Where they are from.
  ///   - sharesNoise: Whether all codes start from the same noise and then differ in nothing but
  ///     themselves.
  /// - Returns: The images, [code, channel, height, width].
  /// - Throws: `TorchError` and an interruption.
  func images(
    ofCodes codes: Tensor, at point: RepresentationPoint, sharesNoise: Bool
  ) throws -> Tensor
  /// The images of codes at ``RepresentationModel/sharpestPoint()``.
  func images(ofSharpCodes codes: Tensor) throws -> Tensor
}

/// How a model with stages draws images.
public struct ModelSampling: Sendable {
  /// Whether the first stage alone draws images as well, each of its latents from one number of the noise.
  public let drawsFromPrior: Bool
  /// Whether a sampler, its steps and their grid can be chosen.
  public let takesOptions: Bool
  /// Opens the later stages of a trained first one.
  let open:
    @Sendable (TrainedModel, StageFolders, SamplingOptions, _ skipsOptional: Bool) throws
      -> ImageGenerator
  /// The same of untrained stages, for a probe of its time.
  let untrained:
    @Sendable (ModelDefinition.Model, ModelContext, StageOptions, SamplingOptions) throws
      -> ImageGenerator

  /// Describes how images are drawn.
  ///
  /// - Parameters:
  ///   - drawsFromPrior: Whether the first stage alone draws images as well.
  ///   - takesOptions: Whether a sampler, its steps and their grid can be chosen.
  ///   - open: Opens the later stages of a trained first one; the last argument says whether to pass over
  ///     optional stages.
  ///   - untrained: The same of untrained stages on an untrained first one.
  public init(
    drawsFromPrior: Bool = false, takesOptions: Bool = true,
    open:
      @escaping @Sendable (
        TrainedModel, StageFolders, SamplingOptions, _ skipsOptional: Bool
      ) throws -> ImageGenerator,
    untrained:
      @escaping @Sendable (
        ModelDefinition.Model, ModelContext, StageOptions, SamplingOptions
      ) throws -> ImageGenerator
  ) {
    self.drawsFromPrior = drawsFromPrior
    self.takesOptions = takesOptions
    self.open = open
    self.untrained = untrained
  }
}

extension ModelDefinition {
  /// The generator of a model whose stages are untrained, for a probe of its time.
  ///
  /// - Throws: Errors of the model.
  public func untrainedGenerator(
    _ model: Model, _ context: ModelContext, _ stages: StageOptions, _ options: SamplingOptions
  ) throws -> ImageGenerator {
    try sampling?.untrained(model, context, stages, options) ?? .prior(model, seed: options.seed)
  }
}
