import Datasets
public import Torch

/// β-VAE: the evidence lower bound with its rate weighted by β.
///
/// Higgins et al., ICLR 2017, as disentanglement_lib trains it (`vae.BetaVAE`): Bernoulli
/// cross-entropy summed over pixels plus β times the KL divergence, both averaged over the batch;
/// Adam 1e-4, batch 64.
public final class BetaVAE: TrainableModel, RepresentationModel {
  /// All parameters.
  public let store: ParameterStore
  /// Number of latents.
  public let latentCount: Int
  private let beta: Double
  private let learningRate: Double
  private let encoder: ConvolutionalEncoder
  private let decoder: ConvolutionalDecoder

  /// Creates an untrained model; its initial weights come from libtorch's generator.
  init(_ context: ModelContext, beta: Double) throws {
    self.beta = beta
    learningRate = context.learningRate
    latentCount = context.latentCount
    store = ParameterStore(device: context.device)
    encoder = try ConvolutionalEncoder(
      store.root.scope("encoder"), channelCount: context.imageShape.channelCount,
      latentCount: latentCount, headCount: 2)
    decoder = try ConvolutionalDecoder(
      store.root.scope("decoder"), channelCount: context.imageShape.channelCount,
      latentCount: latentCount)
  }

  /// One Adam for everything.
  public var optimizerGroups: [OptimizerGroup] {
    [OptimizerGroup(name: "model", options: Adam.Options(learningRate: learningRate))]
  }

  /// rec + β·KL.
  public func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let heads = try encoder(batch.images)
    let latents = try Terms.sample(mean: heads[0], logVariance: heads[1])
    let reconstruction = try Terms.bernoulliReconstruction(
      logits: decoder(latents), images: batch.images)
    let rate = try Terms.klDivergence(mean: heads[0], logVariance: heads[1]).mean()
    return [
      Loss(
        try reconstruction + beta * rate,
        terms: [("reconstruction", reconstruction), ("kl", rate)])
    ]
  }

  /// The one representation: the posterior's mean.
  public func points() throws -> [RepresentationPoint] { [RepresentationPoint(label: "mean")] }

  /// The posterior's mean and rate.
  public func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    let heads = try encoder(images)
    return Encoding(
      mean: heads[0], rate: try Terms.klDivergence(mean: heads[0], logVariance: heads[1]))
  }

  /// The decoder's pixel means.
  public func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    try decoder(latents).sigmoid()
  }
}
