package import Torch

/// FactorVAE: a discriminator estimates the total correlation, which the VAE is penalised for.
///
/// Kim & Mnih, arXiv:1802.05983, as disentanglement_lib trains it (`vae.FactorVAE`): the VAE
/// minimises rec + KL + γ·mean(D₀(z) − D₁(z)), the discriminator the cross-entropy of draws against
/// draws with each latent shuffled over the batch; both step at once, from the same forward pass.
final class FactorVAE: TrainableModel, GaussianModel {
  let store: ParameterStore
  let networks: GaussianNetworks
  let batchesPerStep: Int
  private let gamma: Double
  private let learningRate: Double
  private let discriminator: LatentDiscriminator

  /// Creates an untrained model; its initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - context: What it is built for.
  ///   - gamma: The weight of the total correlation.
  ///   - usesSecondBatch: Whether the shuffled draws are of a second batch (the paper) or of the
  ///     same (disentanglement_lib).
  /// - Throws: `TorchError`.
  init(_ context: ModelContext, gamma: Double, usesSecondBatch: Bool) throws {
    self.gamma = gamma
    batchesPerStep = usesSecondBatch ? 2 : 1
    learningRate = context.learningRate
    store = ParameterStore(device: context.device)
    networks = try GaussianNetworks(store.root, context)
    discriminator = try LatentDiscriminator(
      store.root.scope("discriminator"), latentCount: context.latentCount)
  }

  /// Adam for the VAE, and with (0.5, 0.9) for the discriminator; both have the same learning rate, as
  /// in the study, whose 10⁻⁴ it is.
  var optimizerGroups: [OptimizerGroup] {
    [
      OptimizerGroup(name: "model", options: Adam.Options(learningRate: learningRate)) {
        !$0.hasPrefix("discriminator.")
      },
      OptimizerGroup(
        name: "discriminator", options: Adam.Options(learningRate: learningRate, betas: [0.5, 0.9])
      ) { $0.hasPrefix("discriminator.") },
    ]
  }

  func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let count = batch.images.shape[0] / batchesPerStep
    let images =
      batchesPerStep == 1 ? batch.images : try batch.images.narrowed(0, start: 0, count: count)
    let codes = try networks.codes(images)
    let reconstruction = try networks.reconstruction(images, from: codes.latents)
    let rate = try codes.rate()
    let correlation = try LatentDiscriminator.totalCorrelation(discriminator(codes.latents))
    let value = try reconstruction + rate + gamma * correlation

    // What the discriminator learns from is cut off from the encoder.
    let draws = try codes.latents.detached()
    let others =
      batchesPerStep == 1
      ? draws
      : try withoutGradients {
        try networks.codes(batch.images.narrowed(0, start: count, count: count)).latents
      }
    let logits = try discriminator(
      Tensor.concatenated([draws, LatentDiscriminator.shuffled(others)]))
    let discrimination = try LatentDiscriminator.loss(
      joint: logits.narrowed(0, start: 0, count: count),
      shuffled: logits.narrowed(0, start: count, count: count))
    return [
      Loss(
        value, terms: [("reconstruction", reconstruction), ("kl", rate), ("tc", correlation)]),
      Loss(discrimination, terms: []),
    ]
  }
}

/// FactorVAE's discriminator: six layers of 1000, leaky ReLU (0.2), two logits.
///
/// Class 0 stands for draws of q(z), class 1 for shuffled ones.
package struct LatentDiscriminator {
  private let layers: [Linear]

  /// Adds the layers to a scope.
  package init(_ scope: ParameterScope, latentCount: Int) throws {
    let widths = [latentCount] + [Int](repeating: 1000, count: 6) + [2]
    layers = try zip(widths, widths.dropFirst()).enumerated().map { index, widths in
      try Linear(
        scope.scope("dense\(index + 1)"), input: widths.0, output: widths.1, .glorotUniform)
    }
  }

  /// [batch, latent] → logits [batch, 2].
  package func callAsFunction(_ latents: Tensor) throws -> Tensor {
    var features = latents
    for layer in layers.dropLast() { features = try layer(features).leakyRelu(slope: 0.2) }
    return try layers[layers.count - 1](features)
  }

  /// The estimate mean(D₀ − D₁) of the total correlation from the logits of draws, in nats.
  package static func totalCorrelation(_ logits: Tensor) throws -> Tensor {
    try (logits.selected(1, 0) - logits.selected(1, 1)).mean()
  }

  /// −½·mean log p₀(draws) − ½·mean log p₁(shuffled), probabilities kept within [1e-6, 1 − 1e-6].
  package static func loss(joint: Tensor, shuffled: Tensor) throws -> Tensor {
    func meanLog(_ logits: Tensor, _ index: Int) throws -> Tensor {
      try logits.softmax(1).selected(1, index).clamped(from: 1e-6, to: 1 - 1e-6).log().mean()
    }
    return try -0.5 * (meanLog(joint, 0) + meanLog(shuffled, 1))
  }

  /// Every latent shuffled over the batch on its own.
  package static func shuffled(_ latents: Tensor) throws -> Tensor {
    let (batch, latentCount) = (latents.shape[0], latents.shape[1])
    let orders = try (0..<latentCount).map { _ in
      try Tensor.permutation(batch, device: latents.device)
    }
    return try latents.gathered(0, indices: Tensor.stacked(orders, dimension: 1))
  }
}

extension ModelDefinition {
  static let factorVAE = ModelDefinition(
    name: "factor-vae", summary: "FactorVAE (Kim & Mnih 2018): a discriminator's total correlation",
    options: [
      .number("gamma", 30, in: 0...1e6, "weight of the total correlation"),
      .choice(
        "shuffles", "same-batch", of: ["same-batch", "second-batch"],
        "whose draws are shuffled: disentanglement_lib's or the paper's choice"),
      .choice(
        "updates", "all", of: ["all", "half"],
        "all the steps, as in the paper; or half, as in the study, whose counter both optimisers raise"
      ),
    ],
    grid: Grid("gamma", [10, 20, 30, 40, 50, 100]), laterStages: [.disco],
    stepShare: factorVAEShare
  ) { context, options in
    try FactorVAE(
      context, gamma: options.number("gamma"),
      usesSecondBatch: options.choice("shuffles") == "second-batch")
  }

  @Sendable private static func factorVAEShare(_ options: ModelOptions) -> Double {
    options.choice("updates") == "half" ? 0.5 : 1
  }
}
