import Datasets
package import Torch

/// The codes of one batch and where in the training it stands: all a ``Regularizer`` sees.
package struct SampledCodes {
  /// The posteriors' means, [batch, latent].
  package let mean: Tensor
  /// The posteriors' log-variances, [batch, latent].
  package let logVariance: Tensor
  /// One draw from each posterior, [batch, latent].
  package let latents: Tensor
  /// Which rows of the whole batch these are.
  package let shard: BatchShard

  /// Puts codes together; without a shard they are those of the whole batch.
  package init(mean: Tensor, logVariance: Tensor, latents: Tensor, shard: BatchShard? = nil) {
    self.mean = mean
    self.logVariance = logVariance
    self.latents = latents
    self.shard = shard ?? BatchShard(batchSize: mean.shape[0])
  }

  /// KL(q(z|x) ‖ p(z)) in nats, averaged over the batch; over this process's share of it, where
  /// several train together.
  package func rate() throws -> Tensor {
    try Terms.klDivergence(mean: mean, logVariance: logVariance).mean()
  }

  /// The same over the whole batch, for penalties that are not linear in it.
  package func batchRate() throws -> Tensor { try shard.mean(rate()) }
}

/// What a method adds to the reconstruction error: most of the baselines differ in nothing else.
package protocol Regularizer {
  /// The weighted penalty, a scalar, with its parts for the log; they include `kl`.
  func penalty(_ codes: SampledCodes, at position: TrainingPosition) throws -> Loss
  /// Whether the penalty of a batch and its gradient are the means of those of equal shares.
  var isDataParallel: Bool { get }
  /// Whether they are also the means of those of parts that know nothing of each other.
  var isDivisible: Bool { get }
}

extension Regularizer {
  /// One process only.
  package var isDataParallel: Bool { false }
  /// Whole batches only.
  package var isDivisible: Bool { false }
}

/// The study's encoder with a diagonal Gaussian posterior and its Bernoulli decoder.
struct GaussianNetworks {
  let latentCount: Int
  private let encoder: ConvolutionalEncoder
  private let decoder: ConvolutionalDecoder

  /// Adds the networks to a scope.
  init(_ scope: ParameterScope, _ context: ModelContext) throws {
    try context.requireStudyImages()
    latentCount = context.latentCount
    encoder = try ConvolutionalEncoder(
      scope.scope("encoder"), channelCount: context.imageShape.channelCount,
      latentCount: latentCount, headCount: 2)
    decoder = try ConvolutionalDecoder(
      scope.scope("decoder"), channelCount: context.imageShape.channelCount,
      latentCount: latentCount)
  }

  /// Encodes images in [0, 1] and draws once from each posterior; without a shard, the images are a
  /// whole batch.
  func codes(_ images: Tensor, _ modulation: Modulation = .none, shard: BatchShard? = nil) throws
    -> SampledCodes
  {
    let heads = try encoder(images, modulation)
    let shard = shard ?? BatchShard(batchSize: images.shape[0])
    return SampledCodes(
      mean: heads[0], logVariance: heads[1],
      latents: try Terms.sample(
        mean: heads[0], logVariance: heads[1], noise: shard.normal(like: heads[0])),
      shard: shard)
  }

  /// The posterior's mean and rate.
  func encode(_ images: Tensor, _ modulation: Modulation = .none) throws -> Encoding {
    let heads = try encoder(images, modulation)
    return try Encoding(mean: heads[0], logVariance: heads[1])
  }

  /// The decoder's pixel means.
  func decode(_ latents: Tensor, _ modulation: Modulation = .none) throws -> Tensor {
    try decoder(latents, modulation).sigmoid()
  }

  /// The Bernoulli cross-entropy of images given latents, summed over pixels, a scalar.
  func reconstruction(
    _ images: Tensor, from latents: Tensor, _ modulation: Modulation = .none
  ) throws -> Tensor {
    try Terms.bernoulliReconstruction(logits: decoder(latents, modulation), images: images)
  }
}

/// A model whose one representation is the mean of a diagonal Gaussian posterior.
protocol GaussianModel: ExplorableModel {
  /// Encoder and decoder.
  var networks: GaussianNetworks { get }
}

extension GaussianModel {
  var latentCount: Int { networks.latentCount }
  func points() throws -> [RepresentationPoint] { [RepresentationPoint(label: "mean")] }
  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    try networks.encode(images)
  }
  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    try networks.decode(latents)
  }
}

/// A VAE with the nets, likelihood and optimiser of the large-scale study (Locatello et al.,
/// arXiv:1811.12359) and a method's regulariser: rec + penalty.
///
/// Bernoulli cross-entropy summed over pixels, averaged over the batch; Adam.
final class GaussianVAE: TrainableModel, GaussianModel {
  let store: ParameterStore
  let networks: GaussianNetworks
  private let regularizer: any Regularizer
  private let learningRate: Double

  /// Creates an untrained model; its initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - context: What it is built for.
  ///   - regularizer: Makes the regulariser, whose state, if any, lives in the given scope.
  /// - Throws: `TorchError`.
  init(_ context: ModelContext, _ regularizer: (ParameterScope) throws -> any Regularizer) throws {
    learningRate = context.learningRate
    store = ParameterStore(device: context.device)
    networks = try GaussianNetworks(store.root, context)
    self.regularizer = try regularizer(store.root.scope("regularizer"))
  }

  var optimizerGroups: [OptimizerGroup] {
    [OptimizerGroup(name: "model", options: Adam.Options(learningRate: learningRate))]
  }

  var isDataParallel: Bool { regularizer.isDataParallel }

  var isDivisible: Bool { regularizer.isDivisible }

  func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let codes = try networks.codes(batch.images, shard: batch.shard)
    let reconstruction = try networks.reconstruction(batch.images, from: codes.latents)
    let penalty = try regularizer.penalty(codes, at: batch.position)
    return [
      Loss(
        try reconstruction + penalty.value,
        terms: [("reconstruction", reconstruction)] + penalty.terms)
    ]
  }
}
