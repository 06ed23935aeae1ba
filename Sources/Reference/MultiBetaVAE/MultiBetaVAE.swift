import BenchSupport
import Datasets
public import Torch

/// Stage 1 of the Denoising Multi-β VAE (Uppal et al., arXiv:2507.06613): one VAE for all β.
///
/// Encoder and decoder are conditioned on β; the posterior's σ_β and the decoder's s_β are learned
/// monotone functions of it. `t` is the training axis: β itself under ``Reduction/sum``, a warped
/// β under ``Reduction/mean``.
public final class MultiBetaVAE: TrainableModel, RepresentationModel {
  /// All parameters.
  public let store: ParameterStore
  /// Number of latents.
  public var latentCount: Int { objective.networks.latentCount }
  /// Averages over about a thousand steps, as suits runs of thousands of steps.
  public let averageDecay: Double? = 0.999

  package let objective: MultiBetaObjective
  private let learningRate: Double
  private let times: TimeDistribution
  private let device: Device

  /// The choices the paper leaves open.
  package struct Options {
    package var posterior = PosteriorKind.isotropic
    package var reduction = Reduction.mean
    package var times = TimeDistribution.uniform
    package var architecture = Architecture.study
    /// Channels of the first level of residual nets, where they are not the architecture's own.
    package var width: Int?

    /// The defaults are the paper's posterior and the mean reduction.
    package init(
      posterior: PosteriorKind = .isotropic, reduction: Reduction = .mean,
      times: TimeDistribution = .uniform
    ) {
      self.posterior = posterior
      self.reduction = reduction
      self.times = times
    }
  }

  /// Creates an untrained model; its initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - context: What it is for.
  ///   - options: The choices.
  ///   - isOutline: Leaves parameters without memory of their own, to count them.
  /// - Throws: `TorchError`.
  package convenience init(
    _ context: ModelContext, _ options: Options, isOutline: Bool = false
  ) throws {
    let store = ParameterStore(device: context.device, isOutline: isOutline)
    if options.architecture == .study { try context.requireStudyImages() }
    let networks: any MultiBetaNetworks =
      if let sizes = options.architecture.residual(width: options.width) {
        try ResidualMultiBetaNetworks(
          store.root, imageShape: context.imageShape, latentCount: context.latentCount,
          sizes: sizes)
      } else {
        try ConvolutionalMultiBetaNetworks(
          store.root, channelCount: context.imageShape.channelCount,
          latentCount: context.latentCount)
      }
    try self.init(store, networks, options, learningRate: context.learningRate)
  }

  /// Creates an untrained model on given networks.
  package init(
    _ store: ParameterStore, _ networks: any MultiBetaNetworks, _ options: Options,
    learningRate: Double
  ) throws {
    self.store = store
    self.learningRate = learningRate
    times = options.times
    device = store.device
    let root = store.root
    objective = MultiBetaObjective(
      networks: networks, embedding: try BetaEmbedding(root.scope("embedding")),
      schedule: try NoiseSchedule(
        root.scope("sigma"), width: options.posterior == .isotropic ? 1 : networks.latentCount),
      deviation: try DecoderDeviation(root.scope("deviation")), reduction: options.reduction)
  }

  /// One Adam for everything, with gradients clipped to norm 1.
  public var optimizerGroups: [OptimizerGroup] {
    [
      OptimizerGroup(
        name: "model", options: Adam.Options(learningRate: learningRate), maximumGradientNorm: 1)
    ]
  }

  /// The objective is a mean over observations.
  public var isDataParallel: Bool { true }

  /// For the same reason; t is stratified over each part.
  public var isDivisible: Bool { true }

  /// The objective at stratified t: each batch covers the β axis evenly from a random offset.
  public func losses(_ batch: TrainingBatch) throws -> [Loss] {
    [
      try loss(
        of: batch.images * 2 - 1, step: batch.step, seed: batch.seed, shard: batch.shard)
    ]
  }

  /// The same for observations that are already on the scale of [−1, 1].
  package func loss(
    of observations: Tensor, step: Int, seed: UInt64, shard: BatchShard? = nil
  ) throws -> Loss {
    let count = observations.shape[0]
    let shard = shard ?? BatchShard(batchSize: count)
    var generator = Philox(seed: seed, stream: UInt64(step))
    let offset = generator.uniform()
    let margin = MultiBetaObjective.margin
    let t = shard.rows.map { index in
      let position = (offset + Double(index) / Double(shard.batchSize))
        .truncatingRemainder(dividingBy: 1)
      guard times == .logit else { return Float(margin + (1 - 2 * margin) * position) }
      return Float(sigmoid((2 * position - 1) * logit(1 - margin)))
    }
    let value = try objective(
      observations, t: Tensor(t, shape: [count], device: device),
      noise: shard.normal([count, latentCount], device: device))
    return Loss(
      try value.loss.mean(), terms: [("mse", value.squaredError), ("kl", value.klDivergence)])
  }

  /// σ_β's logarithm at positions on the β axis, averaged over latents.
  public func logSigma(at t: [Double]) throws -> [Double] {
    let gamma = try gamma(at: t)
    return try (0.5 * NoiseSchedule.logVariance(ofGamma: gamma)).mean([1]).elements(as: Double.self)
  }

  /// Sixteen positions equally spaced in log σ between σ = 0.05 and σ = 0.95.
  public func points() throws -> [RepresentationPoint] {
    let logSigmas = (0..<16).map { index in
      log(0.05) + Double(index) / 15 * (log(0.95) - log(0.05))
    }
    return try positions(ofLogSigma: logSigmas)
  }

  /// f(x, 0), read at the smallest t that is trained.
  public func sharpestPoint() throws -> RepresentationPoint {
    let t = MultiBetaObjective.margin
    let logSigmas = try withoutGradients { try logSigma(at: [t]) }
    return RepresentationPoint(label: "β→0", t: t, sigma: exp(logSigmas[0]))
  }

  /// The positions at which σ_β has given values, by interpolation in a fine table.
  package func positions(ofLogSigma targets: [Double]) throws -> [RepresentationPoint] {
    let lambdas = (0...4000).map { -10 + Double($0) / 200 }
    let margin = MultiBetaObjective.margin
    let ts = lambdas.map { min(max(sigmoid($0), margin), 1 - margin) }
    let table = try withoutGradients { try logSigma(at: ts) }
    return targets.map { target in
      let index = table.firstIndex { $0 >= target } ?? table.count - 1
      guard index > 0, table[index] > table[index - 1] else {
        return point(t: ts[index], logSigma: table[index])
      }
      let fraction = (target - table[index - 1]) / (table[index] - table[index - 1])
      let t = ts[index - 1] + min(max(fraction, 0), 1) * (ts[index] - ts[index - 1])
      return point(t: t, logSigma: min(target, table[index]))
    }
  }

  private func point(t: Double, logSigma: Double) -> RepresentationPoint {
    let sigma = exp(logSigma)
    return RepresentationPoint(label: "σ=\(sigma.fixed(2))", t: t, sigma: sigma)
  }

  private func gamma(at t: [Double]) throws -> Tensor {
    let positions = try Tensor(t.map(Float.init), shape: [t.count], device: device)
    return try objective.schedule.gamma(MultiBetaObjective.lambda(positions))
  }

  /// γ and the condition vector for a batch that is all at one position.
  private func condition(_ point: RepresentationPoint, count: Int) throws -> (
    gamma: Tensor, condition: Tensor
  ) {
    guard let t = point.t else { preconditionFailure("point '\(point.label)' has no position t") }
    let positions = try Tensor.full([count], t, device: device)
    let gamma = try objective.schedule.gamma(MultiBetaObjective.lambda(positions))
    return (gamma, try objective.condition(t: positions, gamma: gamma))
  }

  /// f(x, t) of images in [0, 1] at one position each, without gradients; positions outside the
  /// trained range are taken to its ends.
  package func means(_ images: Tensor, t: [Double]) throws -> Tensor {
    let margin = MultiBetaObjective.margin
    let positions = try Tensor(
      t.map { Float(min(max($0, margin), 1 - margin)) }, shape: [t.count], device: device)
    return try withoutGradients {
      let gamma = try objective.schedule.gamma(MultiBetaObjective.lambda(positions))
      let condition = try objective.condition(t: positions, gamma: gamma)
      return try objective.networks.encode(images * 2 - 1, condition)
    }
  }

  /// f(x, β) and its rate.
  public func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    let (gamma, condition) = try condition(point, count: images.shape[0])
    let mean = try objective.networks.encode(images * 2 - 1, condition)
    let logVariance = try NoiseSchedule.logVariance(ofGamma: gamma) * mean.onesLike()
    return Encoding(mean: mean, rate: try Terms.klDivergence(mean: mean, logVariance: logVariance))
  }

  /// g(z, β), limited to the range of pixels.
  public func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    let (_, condition) = try condition(point, count: latents.shape[0])
    return try ((objective.networks.decode(latents, condition) + 1) / 2).clamped(from: 0, to: 1)
  }

  /// s_β at a position.
  package func decoderDeviation(at point: RepresentationPoint) throws -> Double {
    let t = try Tensor.full([1], point.t ?? 0, device: device)
    return try objective.deviation.logDeviation(MultiBetaObjective.lambda(t)).exp().item()
  }
}
