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
  /// Averages over about a thousand steps, as suits runs of thousands of steps; nil without.
  public var averageDecay: Double? { options.hasAverages ? 0.999 : nil }

  package let objective: MultiBetaObjective
  /// The choices made.
  package let options: Options
  private let learningRate: Double
  private let device: Device

  /// The choices the paper leaves open.
  package struct Options {
    package var posterior = PosteriorKind.isotropic
    package var reduction = Reduction.mean
    package var times = TimeDistribution.uniform
    package var architecture = Architecture.study
    /// Channels of the first level of residual nets, where they are not the architecture's own.
    package var width: Int?
    /// The part of the β axis that is trained; a single t if its ends are equal.
    package var axis = 0.0...1.0
    /// κ of (1 − t)·rec + t·(KL + (κ − 1)·TC).
    package var correlationWeight = 1.0
    /// Whether codes are those of averaged parameters.
    package var hasAverages = true
    /// Whether gradients are clipped to norm 1.
    package var clipsGradients = true
    /// How the weights of the study's nets start.
    package var initializer = Initializer.kaimingNormal

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
          sizes: sizes, hasShift: options.posterior == .diagonalPerImage)
      } else {
        try ConvolutionalMultiBetaNetworks(
          store.root, channelCount: context.imageShape.channelCount,
          latentCount: context.latentCount, hasShift: options.posterior == .diagonalPerImage,
          initializer: options.initializer)
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
    self.options = options
    device = store.device
    let root = store.root
    objective = MultiBetaObjective(
      networks: networks, embedding: try BetaEmbedding(root.scope("embedding")),
      schedule: try NoiseSchedule(
        root.scope("sigma"), width: options.posterior == .isotropic ? 1 : networks.latentCount,
        hasShares: options.posterior != .isotropic),
      deviation: try DecoderDeviation(root.scope("deviation")), reduction: options.reduction)
  }

  /// One Adam for everything, with gradients clipped to norm 1 unless that was not wanted.
  public var optimizerGroups: [OptimizerGroup] {
    [
      OptimizerGroup(
        name: "model", options: Adam.Options(learningRate: learningRate),
        maximumGradientNorm: options.clipsGradients ? 1 : nil)
    ]
  }

  /// The objective is a mean over observations, unless total correlation is weighted, which is estimated
  /// from whole batches.
  public var isDataParallel: Bool { options.correlationWeight == 1 }

  /// For the same reason; t is stratified over each part.
  public var isDivisible: Bool { options.correlationWeight == 1 }

  /// Observations that share a position where total correlation is weighted: it is a property of the
  /// aggregate posterior of one β.
  private static let groupSize = 32

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
    let groupSize = options.correlationWeight == 1 ? 1 : min(Self.groupSize, shard.batchSize)
    let groupCount = (shard.batchSize + groupSize - 1) / groupSize
    let t = shard.rows.map { index in
      let place = (offset + Double(index / groupSize) / Double(groupCount))
        .truncatingRemainder(dividingBy: 1)
      return Float(position(at: place))
    }
    let value = try objective(
      observations, t: Tensor(t, shape: [count], device: device),
      noise: shard.normal([count, latentCount], device: device))
    let terms = [("mse", value.squaredError), ("kl", value.klDivergence)]
    guard options.correlationWeight != 1 else { return Loss(try value.loss.mean(), terms: terms) }
    let correlations = try stride(from: 0, to: count, by: groupSize).map { start in
      let size = min(groupSize, count - start)
      return (
        weight: Double(t[start]) * Double(size) / Double(count),
        tensor: try correlation(value, start: start, count: size)
      )
    }
    let scale = options.reduction == .mean ? 1 / Double(latentCount) : 1
    let penalty = try correlations.dropFirst().reduce(
      correlations[0].tensor * correlations[0].weight
    ) { try $0 + $1.tensor * $1.weight }
    return Loss(
      try value.loss.mean() + penalty * (scale * (options.correlationWeight - 1)),
      terms: terms + [("tc", try Tensor.stacked(correlations.map(\.tensor), dimension: 0).mean())])
  }

  /// The total correlation of a group of observations at one position, in nats up to a constant.
  private func correlation(_ value: MultiBetaObjective.Value, start: Int, count: Int) throws
    -> Tensor
  {
    func part(_ tensor: Tensor) throws -> Tensor {
      try tensor.narrowed(0, start: start, count: count)
    }
    let mean = try part(value.mean)
    let codes = SampledCodes(
      mean: mean, logVariance: try part(value.logVariance) * mean.onesLike(),
      latents: try part(value.latents))
    return try TotalCorrelationEstimator(.study, observationCount: count)(codes)
  }

  /// The ends of the part of the β axis that is trained, within what can be.
  var ends: (low: Double, high: Double) {
    let margin = MultiBetaObjective.margin
    func bounded(_ t: Double) -> Double { min(max(t, margin), 1 - margin) }
    return (bounded(options.axis.lowerBound), bounded(options.axis.upperBound))
  }

  /// t at a place 0…1 of the trained axis.
  private func position(at place: Double) -> Double {
    let (low, high) = ends
    switch options.times {
    case .uniform: return low + (high - low) * place
    case .logit: return sigmoid(logit(low) + (logit(high) - logit(low)) * place)
    }
  }

  /// σ_β's logarithm at positions on the β axis, averaged over latents, each as far as it is used.
  public func logSigma(at t: [Double]) throws -> [Double] {
    let logs = try 0.5 * NoiseSchedule.logVariance(ofGamma: gamma(at: t))
    guard let shares = try objective.schedule.shares() else {
      return try logs.mean([1]).elements(as: Double.self)
    }
    return try ((logs * shares).sum([1]) / shares.sum()).elements(as: Double.self)
  }

  /// Sixteen positions equally spaced in log σ between σ = 0.05 and σ = 0.95, or the trained part of that
  /// range; one where a single t is trained.
  public func points() throws -> [RepresentationPoint] {
    let (low, high) = ends
    let limits = try withoutGradients { try logSigma(at: [low, high]) }
    guard low < high else { return [point(t: low, logSigma: limits[0])] }
    let (first, last) = (max(log(0.05), limits[0]), min(log(0.95), limits[1]))
    // An axis that lies outside the range altogether has its own ends.
    let (start, end) = first < last ? (first, last) : (limits[0], limits[1])
    return try positions(
      ofLogSigma: (0..<16).map { start + Double($0) / 15 * (end - start) })
  }

  /// f(x, 0), read at the smallest t that is trained.
  public func sharpestPoint() throws -> RepresentationPoint {
    let t = ends.low
    let logSigmas = try withoutGradients { try logSigma(at: [t]) }
    let isLossless = t == MultiBetaObjective.margin
    return RepresentationPoint(
      label: isLossless ? "β→0" : "σ=\(exp(logSigmas[0]).fixed(2))", t: t, sigma: exp(logSigmas[0]))
  }

  /// The positions at which σ_β has given values, by interpolation in a fine table.
  package func positions(ofLogSigma targets: [Double]) throws -> [RepresentationPoint] {
    let lambdas = (0...4000).map { -10 + Double($0) / 200 }
    let (low, high) = ends
    let ts = lambdas.map { min(max(sigmoid($0), low), high) }
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

  /// f(x, t) of images in [0, 1] at one position each, without gradients, and the posteriors' deviations where
  /// images have their own; positions outside the trained range are taken to its ends.
  package func posteriors(_ images: Tensor, t: [Double]) throws -> (
    means: Tensor, deviations: Tensor?
  ) {
    let (low, high) = ends
    let positions = try Tensor(
      t.map { Float(min(max($0, low), high)) }, shape: [t.count], device: device)
    return try withoutGradients {
      let gamma = try objective.schedule.gamma(MultiBetaObjective.lambda(positions))
      let condition = try objective.condition(t: positions, gamma: gamma)
      let heads = try objective.networks.posterior(images * 2 - 1, condition)
      let deviations = try heads.shift.map { _ in
        try (0.5 * objective.logVariance(gamma: gamma, heads)).exp()
      }
      return (heads.mean, deviations)
    }
  }

  /// The means of ``posteriors(_:t:)``.
  package func means(_ images: Tensor, t: [Double]) throws -> Tensor {
    try posteriors(images, t: t).means
  }

  /// f(x, β) and its rate.
  public func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    let (gamma, condition) = try condition(point, count: images.shape[0])
    let heads = try objective.networks.posterior(images * 2 - 1, condition)
    let logVariance = try objective.logVariance(gamma: gamma, heads) * heads.mean.onesLike()
    return try Encoding(mean: heads.mean, logVariance: logVariance)
  }

  /// g(z, β), limited to the range of pixels.
  public func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    try unlimited(latents, at: point).clamped(from: 0, to: 1)
  }

  /// The same before it is limited: beyond the range of pixels there would be no gradient.
  func unlimited(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    let (_, condition) = try condition(point, count: latents.shape[0])
    return try (objective.networks.decode(latents, condition) + 1) / 2
  }

  /// s_β at a position.
  package func decoderDeviation(at point: RepresentationPoint) throws -> Double {
    let t = try Tensor.full([1], point.t ?? 0, device: device)
    return try objective.deviation.logDeviation(MultiBetaObjective.lambda(t)).exp().item()
  }
}
