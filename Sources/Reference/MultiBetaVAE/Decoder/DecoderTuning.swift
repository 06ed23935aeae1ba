import BenchSupport
public import Torch

/// The adversarial fine-tuning of the decoder at β ≈ 0, after the latent diffusion models of Rombach
/// et al., arXiv:2112.10752 (§3.1 and its code's `LPIPSWithDiscriminator`, without LPIPS).
///
/// Encoder and schedule are frozen. The decoder minimises |x − x̂| summed over pixels plus λ times the
/// adversarial loss, λ being the ratio of both gradients' norms at the last layer; a patch
/// discriminator minimises the hinge loss.
public final class DecoderTuning: TrainableModel {
  /// Settings of the tuning.
  public struct Options: Sendable, Equatable, Codable {
    /// The weight of the adversarial loss relative to the reconstruction's gradient.
    public var adversarialWeight = 0.5
    /// Steps in which only the discriminator meets the decoder's images before they count.
    public var warmUpStepCount = 5000
    /// Features of the discriminator's first layer.
    public var discriminatorWidth = 64
    /// The learning rate of both Adams.
    public var learningRate = 4.5e-6 * 64
    /// The largest σ with whose codes the decoder is tuned: what β ≈ 0 means does not depend on t, at which a
    /// short training may have any.
    public var largestSigma = 0.05

    /// The defaults.
    public init() {}

    /// Reads what was written; files of versions that bounded t have the default.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      adversarialWeight = try container.decode(Double.self, forKey: .adversarialWeight)
      warmUpStepCount = try container.decode(Int.self, forKey: .warmUpStepCount)
      discriminatorWidth = try container.decode(Int.self, forKey: .discriminatorWidth)
      learningRate = try container.decode(Double.self, forKey: .learningRate)
      largestSigma = try container.decodeIfPresent(Double.self, forKey: .largestSigma) ?? 0.05
    }
  }

  /// The name in checkpoints.
  public static let name = "decoder-tuning"

  /// The autoencoder's parameters and the discriminator's.
  public let store: ParameterStore
  private let autoencoder: MultiBetaVAE
  private let discriminator: PatchDiscriminator
  let options: Options
  /// The t at which σ is ``Options/largestSigma``.
  private let largestT: Double

  /// Takes over a trained first stage, whose decoder will change.
  ///
  /// - Parameters:
  ///   - autoencoder: The first stage.
  ///   - channelCount: Channels of the images.
  ///   - options: The settings.
  /// - Throws: `TorchError`.
  public init(_ autoencoder: MultiBetaVAE, channelCount: Int, _ options: Options) throws {
    self.autoencoder = autoencoder
    self.options = options
    store = autoencoder.store
    largestT = try autoencoder.objective.schedule.frozen()
      .position(ofSigma: options.largestSigma)
    discriminator = try PatchDiscriminator(
      store.root.scope("discriminator"), channelCount: channelCount,
      width: options.discriminatorWidth)
  }

  /// The averages of the decoder, as in the first stage.
  public var averageDecay: Double? { autoencoder.averageDecay }

  /// One Adam for the decoder and one for the discriminator, with the decay rates of LDM.
  public var optimizerGroups: [OptimizerGroup] {
    ["decoder", "discriminator"].map { name in
      OptimizerGroup(
        name: name, options: Adam.Options(learningRate: options.learningRate, betas: [0.5, 0.9])
      ) { $0.hasPrefix("\(name).") }
    }
  }

  /// The decoder's loss and the discriminator's.
  ///
  /// Neither shares nor parts of a batch have them: the adversarial weight is a ratio of gradient norms
  /// of the batch, and the discriminator normalises by the batch's mean and variance.
  public func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let images = try batch.images * 2 - 1
    let count = images.shape[0]
    let reconstructions = try reconstructions(batch)
    let reconstruction = try (images - reconstructions).abs().sum() / Double(count)
    let adversarial = try -discriminator(reconstructions).mean()
    let isWarm = batch.step >= options.warmUpStepCount
    let weight =
      isWarm
      ? try Self.adaptiveWeight(
        reconstruction, adversarial, at: autoencoder.objective.networks.outputWeight)
        * options.adversarialWeight : try reconstruction.detached().zerosLike()
    let real = try discriminator(images)
    let generated = try discriminator(reconstructions.detached())
    let hinge = try 0.5 * ((1 - real).relu().mean() + (1 + generated).relu().mean())
    return [
      Loss(
        try reconstruction + weight * adversarial,
        terms: [
          ("reconstruction", reconstruction), ("adversarial", adversarial),
          ("adaptive_weight", weight),
        ]),
      Loss(hinge, terms: [("hinge", hinge)]),
    ]
  }

  /// The norm of the reconstruction's gradient at a parameter over that of the adversarial loss, at
  /// most 10⁴; a constant for the backward pass.
  package static func adaptiveWeight(
    _ reconstruction: Tensor, _ adversarial: Tensor, at parameter: Tensor
  ) throws -> Tensor {
    func norm(_ loss: Tensor) throws -> Tensor {
      try loss.gradients(of: [parameter], keepsGraph: true)[0]?.norm() ?? Tensor.zeros([])
    }
    return try (norm(reconstruction) / (norm(adversarial) + 1e-4)).clamped(from: 0, to: 1e4)
      .detached()
  }

  /// g(f(x, t) + σε, t) at small stratified t.
  private func reconstructions(_ batch: TrainingBatch) throws -> Tensor {
    let count = batch.images.shape[0]
    var generator = Philox(seed: batch.seed, stream: UInt64(batch.step))
    let offset = generator.uniform()
    let times = (0..<count).map { index in
      let place = (offset + Double(index) / Double(count)).truncatingRemainder(dividingBy: 1)
      return max(largestT * place, MultiBetaObjective.margin)
    }
    let t = try Tensor(times.map { Float($0) }, shape: [count], device: store.device)
    let (latents, condition) = try withoutGradients {
      let gamma = try autoencoder.objective.schedule.gamma(MultiBetaObjective.lambda(t))
      let (means, own) = try autoencoder.posteriors(batch.images, t: times)
      let deviation = try own ?? (0.5 * NoiseSchedule.logVariance(ofGamma: gamma)).exp()
      let latents = try means.addingProduct(deviation, means.normalLike())
      return (latents, try autoencoder.objective.condition(t: t, gamma: gamma))
    }
    return try autoencoder.objective.networks.decode(latents, condition)
  }
}
