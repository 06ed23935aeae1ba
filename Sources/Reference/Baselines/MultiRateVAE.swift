import BenchSupport
import Glibc
import Torch

/// MR-VAE: one β-VAE for all β, whose layers are gated by functions of β.
///
/// Bae et al., arXiv:2212.03905, as its authors train it on colour images (pomonam/mr-vae): every observation of a
/// batch draws its own log β uniformly; gates and batch normalisation as in ``MultiRateNetworks``; squared error
/// summed over pixels, which β is in units of; the learning rate rises over the first tenth of the training and
/// falls to 10⁻⁶ along a cosine. The nets are the study's, as for all models here. The nearest published
/// relative of the multi-β VAE: it varies the weight but learns no noise level of its own.
final class MultiRateVAE: TrainableModel, ExplorableModel {
  /// How reconstructions are judged.
  enum Reconstruction: String, CaseIterable {
    /// The squared error, summed over pixels.
    case squared
    /// The Bernoulli cross-entropy, summed over pixels, as the study's models have it.
    case bernoulli
  }

  let store: ParameterStore
  private let networks: MultiRateNetworks
  private let logBetas: ClosedRange<Double>
  private let reconstruction: Reconstruction
  private let learningRate: Double

  var latentCount: Int { networks.latentCount }

  /// Creates an untrained model for β in a range.
  init(
    _ context: ModelContext, betas: ClosedRange<Double>, reconstruction: Reconstruction
  ) throws {
    learningRate = context.learningRate
    logBetas = log(betas.lowerBound)...log(betas.upperBound)
    self.reconstruction = reconstruction
    store = ParameterStore(device: context.device)
    networks = try MultiRateNetworks(store.root, context)
  }

  var optimizerGroups: [OptimizerGroup] {
    let peak = learningRate
    return [
      OptimizerGroup(name: "model", options: Adam.Options(learningRate: peak)) { position in
        Self.learningRateFactor(at: position, peak: peak)
      }
    ]
  }

  /// A linear rise over a tenth of the training, then half a cosine down to 10⁻⁶.
  static func learningRateFactor(at position: TrainingPosition, peak: Double) -> Double {
    let warmUp = max(position.stepCount / 10, 1)
    guard position.step >= warmUp else { return Double(position.step + 1) / Double(warmUp) }
    let end = 1e-6 / peak
    let done = Double(position.step - warmUp) / Double(max(position.stepCount - warmUp, 1))
    return end + (1 - end) * 0.5 * (1 + cos(.pi * done))
  }

  func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let count = batch.images.shape[0]
    var generator = Philox(seed: batch.seed, stream: UInt64(batch.step))
    let positions = (0..<count).map { _ in generator.uniform() }
    let betas = try Tensor(positions.map { Float(beta(at: $0)) }, shape: [count]).to(store.device)
    let conditions = try condition(positions)
    let codes = try networks.encode(batch.images, conditions, isTraining: true)
    let latents = try Terms.sample(
      mean: codes.mean, logVariance: codes.logVariance, noise: codes.mean.normalLike())
    let logits = try networks.decode(latents, conditions, isTraining: true)
    let errors = try errors(logits, batch.images)
    let rates = try Terms.klDivergence(mean: codes.mean, logVariance: codes.logVariance)
    return [
      Loss(
        try errors + Terms.weightedMean(rates, weights: betas),
        terms: [("reconstruction", errors), ("kl", rates)])
    ]
  }

  private func errors(_ logits: Tensor, _ images: Tensor) throws -> Tensor {
    switch reconstruction {
    case .squared: try logits.sigmoid().squaredError(images).sum() / Double(images.shape[0])
    case .bernoulli: try Terms.bernoulliReconstruction(logits: logits, images: images)
    }
  }

  /// β at a position 0…1 of its logarithmic range.
  private func beta(at position: Double) -> Double {
    exp(logBetas.lowerBound + position * (logBetas.upperBound - logBetas.lowerBound))
  }

  /// log β of zero mean and unit variance over the range, [batch, 1].
  private func condition(_ positions: [Double]) throws -> Tensor {
    let standardized = positions.map { Float(Self.standardized($0)) }
    return try Tensor(standardized, shape: [positions.count, 1]).to(store.device)
  }

  private static func standardized(_ position: Double) -> Double {
    (position - 0.5) * 12.0.squareRoot()
  }

  /// Sixteen β, equally spaced in their logarithm; `t` is the place in the range.
  func points() throws -> [RepresentationPoint] {
    (0..<16).map { index in
      let position = Double(index) / 15
      return RepresentationPoint(label: "β=\(beta(at: position).fixed(2))", t: position)
    }
  }

  /// β = 1, where the objective is the likelihood bound, or the end of the range nearest to it.
  func samplingPoint() throws -> RepresentationPoint {
    let place = -logBetas.lowerBound / (logBetas.upperBound - logBetas.lowerBound)
    let position = min(max(place, 0), 1)
    return RepresentationPoint(label: "β=\(beta(at: position).fixed(2))", t: position)
  }

  private func condition(_ point: RepresentationPoint, count: Int) throws -> Tensor {
    guard let t = point.t else { preconditionFailure("point '\(point.label)' has no position t") }
    return try Tensor.full([count, 1], Self.standardized(t), device: store.device)
  }

  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    let codes = try networks.encode(
      images, condition(point, count: images.shape[0]), isTraining: false)
    return try Encoding(mean: codes.mean, logVariance: codes.logVariance)
  }

  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    try networks.decode(latents, condition(point, count: latents.shape[0]), isTraining: false)
      .sigmoid()
  }
}

extension ModelDefinition {
  static let multiRateVAE = ModelDefinition(
    name: "mr-vae", summary: "MR-VAE (Bae et al. 2023): one β-VAE for all β, gated by β",
    options: [
      .number("lowest", 0.01, in: 1e-9...1e9, "smallest β"),
      .number("highest", 10, in: 1e-9...1e9, "largest β"),
      .choice(
        "loss", MultiRateVAE.Reconstruction.squared.rawValue,
        of: MultiRateVAE.Reconstruction.allCases.map(\.rawValue),
        "squared error as the authors have it for colours, or the study's cross-entropy"),
    ], laterStages: [.disco]
  ) { context, options in
    let (lowest, highest) = (options.number("lowest"), options.number("highest"))
    guard lowest < highest else {
      throw TrainingError.badConfiguration(
        what: "mr-vae:highest", expected: "more than lowest (\(lowest))", found: "'\(highest)'")
    }
    return try MultiRateVAE(
      context, betas: lowest...highest, reconstruction: options.choice("loss"))
  }
}
