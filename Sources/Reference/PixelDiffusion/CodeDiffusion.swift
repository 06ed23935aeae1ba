import BenchSupport
package import Torch

/// A diffusion model of pixels with codes, as a stage that draws codes sees it.
package protocol CodedDiffusion: TrainableModel, RepresentationModel {
  /// How images are drawn.
  var sampler: PixelSampler { get }
  /// What codes are standardised with; nil for a model without codes.
  var codeMoments: CodeMoments? { get }
  /// Images in [0, 1] of codes, [image, latent], from noise, [image, channel, height, width].
  func images(ofCodes codes: Tensor, from noise: Tensor) throws -> Tensor
}

extension CodedDiffusion {
  /// The parts of standard normal numbers, [sample, ``RepresentationModel/noiseCount``]: a code's and the pixels'.
  func parts(ofNoise noise: Tensor) throws -> (code: Tensor, pixels: Tensor) {
    (
      try noise.narrowed(1, start: 0, count: latentCount),
      try noise.narrowed(1, start: latentCount, count: sampler.width)
        .reshaped([noise.shape[0]] + sampler.shape)
    )
  }

  /// Codes have whatever spread the encoder gives them.
  package var latentReach: Double? { nil }

  /// A code and the pixels' noise.
  package var noiseCount: Int { latentCount + sampler.width }

  /// DDIM from one noise, the same for all codes.
  package func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    try images(
      ofCodes: latents, from: sampler.fixedNoise(latents.shape[0], on: store.device))
  }

  /// DDIM from noise, with codes of the mean and deviations that the images' have.
  package func sample(_ noise: Tensor) throws -> Tensor {
    let parts = try parts(ofNoise: noise)
    return try images(
      ofCodes: codeMoments?.codes(parts.code) ?? parts.code, from: parts.pixels)
  }
}

/// A diffusion model of the codes of a frozen diffusion autoencoder, from which codes are drawn to sample images.
///
/// Preechakul et al., arXiv:2111.15640, Section 4, as its code has it (`templates_latent.py`): codes of mean 0 and deviation 1,
/// a constant β of 0.008 over 1,000 states, the absolute error of the predicted noise, a ``SkipNetwork``, AdamW with decay 0.01
/// and averages. Codes are drawn by DDIM in as many steps as images are.
package final class CodeDiffusion: TrainableModel {
  /// The choices made.
  package struct Options: Sendable, Equatable, Codable {
    /// Features of the net, 2048 in the paper; nil for 512, or 2048 for more than 32 latents.
    package var width: Int?
    /// The learning rate of AdamW.
    package var learningRate = 1e-4
    /// The decay of the averages that are used afterwards.
    package var averageDecay = 0.9999

    /// The defaults.
    package init() {}
  }

  /// The name in checkpoints.
  package static let name = "code-diffusion"
  private static let schedule = DiscreteSchedule(.constant(0.008))
  private static let waveCount = 64
  private static let embeddingWidth = 512

  package let store: ParameterStore
  let options: Options
  private let model: any CodedDiffusion
  private let moments: CodeMoments
  private let embedding: TimestepEmbedding
  private let net: SkipNetwork

  /// Creates an untrained stage; initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - model: The trained first stage.
  ///   - options: The choices.
  ///   - isOutline: Leaves parameters without memory of their own, to count them.
  /// - Throws: `TorchError`.
  package init(_ model: any CodedDiffusion, _ options: Options, isOutline: Bool = false) throws {
    guard let moments = model.codeMoments else {
      preconditionFailure("codes of a model without codes")
    }
    self.model = model
    self.options = options
    self.moments = moments
    store = ParameterStore(device: model.store.device, isOutline: isOutline)
    embedding = try TimestepEmbedding(
      store.root.scope("embedding"), count: Self.waveCount, width: Self.embeddingWidth)
    net = try SkipNetwork(
      store.root.scope("net"), input: model.latentCount, output: model.latentCount,
      width: options.width ?? (model.latentCount <= 32 ? 512 : 2048),
      condition: Self.embeddingWidth)
  }

  package var averageDecay: Double? { options.averageDecay }

  package var optimizerGroups: [OptimizerGroup] {
    [
      OptimizerGroup(
        name: "codes",
        options: Adam.Options(learningRate: options.learningRate, weightDecay: 0.01))
    ]
  }

  /// The error is averaged over observations.
  package var isDataParallel: Bool { true }

  /// For the same reason.
  package var isDivisible: Bool { true }

  /// The absolute error of the predicted noise at one random state per code.
  package func losses(_ batch: TrainingBatch) throws -> [Loss] {
    var random = Philox(seed: batch.seed, stream: UInt64(batch.step))
    let all = (0..<batch.shard.batchSize).map { _ in
      random.integer(below: Self.schedule.count)
    }
    let states = Array(all[batch.shard.rows])
    let codes = try withoutGradients { try self.codes(of: batch.images) }
    let noise = try batch.shard.normal(like: codes)
    let noisy = try Self.schedule.noisy(codes, noise, at: states)
    let error = try (predict(noisy, at: states) - noise).abs().mean()
    return [Loss(error, terms: [("noise", error)])]
  }

  /// Codes of images in [0, 1], of mean 0 and deviation 1.
  package func codes(of images: Tensor) throws -> Tensor {
    try moments.standardized(model.encode(images, at: model.sharpestPoint()).mean)
  }

  /// Codes of standard normal numbers, `[code, latent]`, by DDIM.
  package func drawn(_ noise: Tensor) throws -> Tensor {
    try withoutGradients {
      let states = Self.schedule.spaced(model.sampler.stepCount)
      var codes = noise
      for (place, state) in states.enumerated().reversed() {
        let predicted = try predict(
          codes, at: Array(repeating: state, count: codes.shape[0]))
        codes = try Self.schedule.step(
          codes, predicted, from: state, to: place > 0 ? states[place - 1] : nil)
      }
      return try moments.codes(codes)
    }
  }

  private func predict(_ codes: Tensor, at states: [Int]) throws -> Tensor {
    let steps = try Tensor(
      states.map { Float($0) }, shape: [states.count], device: store.device)
    return try net(codes, embedding(steps).silu())
  }

  /// Images of standard normal numbers, the first of which make their codes.
  package func images(ofNoise noise: Tensor) throws -> Tensor {
    let parts = try model.parts(ofNoise: noise)
    return try model.images(ofCodes: drawn(parts.code), from: parts.pixels)
  }
}
