import BenchSupport
import Torch

/// MR-VAE: one β-VAE for all β, whose layers are gated by functions of β.
///
/// Bae et al., arXiv:2212.03905: every observation of a batch draws its own log β uniformly; every
/// layer's pre-activations are scaled by σ(w·η + b) with η the standardised log β; σ is the logistic
/// function in the encoder and √max(1 − eˣ, 0) in the decoder (Eq. 7). The nearest published
/// relative of the multi-β VAE: it varies the weight but learns no noise level of its own.
///
/// Deviation: the radicand is kept above 1e-6, where its root's slope would not be finite.
final class MultiRateVAE: TrainableModel, RepresentationModel {
  let store: ParameterStore
  private let networks: GaussianNetworks
  private let encoderGates: RateGates
  private let decoderGates: RateGates
  private let logBetas: ClosedRange<Double>
  private let learningRate: Double

  var latentCount: Int { networks.latentCount }

  /// Creates an untrained model for β in a range.
  init(_ context: ModelContext, betas: ClosedRange<Double>) throws {
    learningRate = context.learningRate
    logBetas = log(betas.lowerBound)...log(betas.upperBound)
    store = ParameterStore(device: context.device)
    networks = try GaussianNetworks(store.root, context)
    encoderGates = try RateGates(
      store.root.scope("encoder.gates"),
      widths: ConvolutionalEncoder.modulatedWidths(latentCount: context.latentCount)
    ) { try $0.sigmoid() }
    decoderGates = try RateGates(
      store.root.scope("decoder.gates"), widths: ConvolutionalDecoder.modulatedWidths
    ) { try (1 - $0.exp()).clamped(from: 1e-6).squareRoot() }
  }

  var optimizerGroups: [OptimizerGroup] {
    [OptimizerGroup(name: "model", options: Adam.Options(learningRate: learningRate))]
  }

  var isDataParallel: Bool { true }
  var isDivisible: Bool { true }

  func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let count = batch.images.shape[0]
    var generator = Philox(seed: batch.seed, stream: UInt64(batch.step))
    let positions = Array(
      (0..<batch.shard.batchSize).map { _ in generator.uniform() }[batch.shard.rows])
    let betas = try Tensor(positions.map { Float(beta(at: $0)) }, shape: [count]).to(store.device)
    let conditions = try condition(positions)
    let codes = try networks.codes(
      batch.images, encoderGates(conditions), shard: batch.shard)
    let reconstruction = try networks.reconstruction(
      batch.images, from: codes.latents, decoderGates(conditions))
    let rates = try Terms.klDivergence(mean: codes.mean, logVariance: codes.logVariance)
    return [
      Loss(
        try reconstruction + Terms.weightedMean(rates, weights: betas),
        terms: [("reconstruction", reconstruction), ("kl", rates)])
    ]
  }

  /// β at a position 0…1 of its logarithmic range.
  private func beta(at position: Double) -> Double {
    exp(logBetas.lowerBound + position * (logBetas.upperBound - logBetas.lowerBound))
  }

  /// log β of zero mean and unit variance over the range, [batch, 1].
  private func condition(_ positions: [Double]) throws -> Tensor {
    let standardized = positions.map { Float(($0 - 0.5) * 12.0.squareRoot()) }
    return try Tensor(standardized, shape: [positions.count, 1]).to(store.device)
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
    return try condition([Double](repeating: t, count: count))
  }

  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    try networks.encode(images, encoderGates(condition(point, count: images.shape[0])))
  }

  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    try networks.decode(latents, decoderGates(condition(point, count: latents.shape[0])))
  }
}

/// The scales of all layers of a network as functions of log β.
private struct RateGates {
  private let projections: [Linear]
  private let gate: (Tensor) throws -> Tensor

  /// Adds one affine function per layer, PyTorch's default weights and no offset.
  init(_ scope: ParameterScope, widths: [Int], _ gate: @escaping (Tensor) throws -> Tensor) throws {
    self.gate = gate
    projections = try widths.enumerated().map { index, width in
      try Linear(scope.scope("layer\(index + 1)"), input: 1, output: width)
    }
  }

  /// [batch, 1] → scales for every layer.
  func callAsFunction(_ condition: Tensor) throws -> Modulation {
    Modulation(
      layers: try projections.map { Modulation.Layer(scale: try gate($0(condition)), shift: nil) })
  }
}

extension ModelDefinition {
  static let multiRateVAE = ModelDefinition(
    name: "mr-vae", summary: "MR-VAE (Bae et al. 2023): one β-VAE for all β, gated by β",
    options: [
      .number("lowest", 0.01, in: 1e-9...1e9, "smallest β"),
      .number("highest", 10, in: 1e-9...1e9, "largest β"),
    ]
  ) { context, options in
    let (lowest, highest) = (options.number("lowest"), options.number("highest"))
    guard lowest < highest else {
      throw TrainingError.badConfiguration(
        what: "mr-vae:highest", expected: "more than lowest (\(lowest))", found: "'\(highest)'")
    }
    return try MultiRateVAE(context, betas: lowest...highest)
  }
}
