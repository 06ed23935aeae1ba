import BenchSupport
public import Torch

/// Stage 2 of the Denoising Multi-β VAE (Uppal et al., arXiv:2507.06613): a diffusion model of the
/// latents of all β, on a frozen first stage.
///
/// The forward process is zₜ = f(x, t) + σₜε: its mean moves non-linearly with t, so that going back
/// takes two predictions, the noise and the mean's movement. Targets are differences of two passes of
/// the frozen encoder, in single precision.
///
/// Where the deviation depends on the image as well, zₜ = f(x, t) + σ(x, t)ε, going back still takes two
/// conditional means: that of the score, −ε/σ(x, t), and that of the velocity at fixed noise, ∂ₜf + ∂ₜσ·ε
/// (*Neural Flow Diffusion Models*, Bartosh et al., arXiv:2404.12940; docs/denoiser.md derives it). With ε and
/// Δ restated for the shared schedule σ̄, ε̃ = ε·σ̄/σ(x) and Δ̃ = Δ + (σ′ − σ)(x)·ε − (σ̄′ − σ̄)·ε̃, all samplers
/// stay as they are.
public final class LatentDiffusion: TrainableModel {
  /// The parameters of the second stage and its tables.
  public let store: ParameterStore
  /// The choices made.
  public let options: DiffusionOptions

  let autoencoder: MultiBetaVAE
  let schedule: FrozenSchedule
  let tables: DiffusionTables
  private let network: any DenoiserNetwork

  /// 1/N, over which displacements are measured.
  var duration: Double { 1 / Double(options.stepCount) }

  /// Creates an untrained second stage; initial weights come from libtorch's generator.
  ///
  /// - Parameters:
  ///   - autoencoder: The trained first stage.
  ///   - options: The choices.
  /// - Throws: `TorchError`.
  public convenience init(_ autoencoder: MultiBetaVAE, _ options: DiffusionOptions) throws {
    guard autoencoder.options.axis == 0...1 else {
      throw TrainingError.badConfiguration(
        what: "first stage", expected: "one trained on the whole β axis, from=0 and to=1",
        found: "\(autoencoder.options.axis)")
    }
    try self.init(autoencoder, options, isOutline: false)
  }

  /// The same; an outline's parameters have no memory of their own, to count them.
  package init(_ autoencoder: MultiBetaVAE, _ options: DiffusionOptions, isOutline: Bool) throws {
    self.autoencoder = autoencoder
    self.options = options
    store = ParameterStore(device: autoencoder.store.device, isOutline: isOutline)
    schedule = try autoencoder.objective.schedule.frozen()
    tables = try DiffusionTables(store.root.scope("tables"), width: schedule.width)
    let scope = store.root.scope("denoiser")
    let shape = autoencoder.objective.networks.latentShape
    network =
      shape.count == 3
      ? try UNetDenoiser(
        scope, latentShape: shape,
        sizes: UNetSizes(latentHeight: shape[1], width: options.width))
      : try MLPDenoiser(
        scope, latentCount: shape[0], width: options.width ?? (shape[0] <= 32 ? 512 : 2048))
  }

  /// The decay of the averages that sampling uses.
  public var averageDecay: Double? { options.averageDecay }

  /// AdamW with weight decay 0.01, gradients clipped to norm 1.
  public var optimizerGroups: [OptimizerGroup] {
    [
      OptimizerGroup(
        name: "denoiser",
        options: Adam.Options(learningRate: options.learningRate, weightDecay: 0.01),
        maximumGradientNorm: 1)
    ]
  }

  /// Measures c(t) and the rate over the β axis on the first images; once, before training.
  public func prepare(_ images: Tensor) throws {
    let images = try measured(images)
    var rates: [Double] = []
    var divergences: [Double] = []
    for t in DiffusionTables.positions {
      let pair = try moments(images, t: Array(repeating: t, count: images.shape[0]))
      let step = t - max(t - duration, 0)
      let change = try (pair.after - pair.before).squared().mean().item().squareRoot()
      rates.append(max(change / step, 1e-6))
      let latents = Double(autoencoder.latentCount)
      let power = try pair.before.squared().mean().item() * latents
      let spread: Double
      if let deviations = pair.deviationBefore {
        spread = try (deviations.squared() - deviations.log() * 2 - 1).mean().item() * latents
      } else {
        let sigmas = schedule.level(at: t).sigmas
        spread =
          sigmas.reduce(0) { $0 + $1 * $1 - 1 - 2 * log($1) } * latents / Double(sigmas.count)
      }
      divergences.append(0.5 * (power + spread))
    }
    try withoutGradients { try tables.setEncoder(rates: rates, klDivergence: divergences) }
  }

  /// The errors are averaged over observations.
  public var isDataParallel: Bool { true }

  /// For the same reason; positions are stratified over each part.
  public var isDivisible: Bool { true }

  /// The mean squared errors of both heads, weighted, at stratified positions.
  public func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let times = Array(
      trainingTimes(batch.shard.batchSize, step: batch.step, seed: batch.seed)[batch.shard.rows])
    let errors = try errors(batch.images, times, batch.shard)
    let value = try loss(errors, times).mean()
    return [
      Loss(
        value,
        terms: [
          ("noise", try errors.noise.squared().mean()),
          ("displacement", try errors.displacement.squared().mean()),
          ("elbo", try boundTerm(errors, times).mean() * Double(autoencoder.latentCount)),
        ])
    ]
  }

  /// The errors of both heads and the bound at eight positions.
  public func monitors(_ images: Tensor) throws -> [[String: Double]] {
    try [0.002, 0.02, 0.05, 0.1, 0.25, 0.5, 0.75, 0.98].map { t in
      let times = Array(repeating: t, count: images.shape[0])
      let errors = try errors(images, times)
      return [
        "t": t, "sigma": schedule.level(at: t).sigma,
        "noise": try errors.noise.squared().mean().item(),
        "displacement": try errors.displacement.squared().mean().item(),
        "elbo": try boundTerm(errors, times).mean().item() * Double(autoencoder.latentCount),
        "rate": try tables.rate(at: t),
      ]
    }
  }

  /// Measures the heads' errors over the β axis on the first images, from which the optimal sampling
  /// variance follows.
  public func conclude(_ images: Tensor) throws {
    let images = try measured(images)
    var moments = Array(
      repeating: Array(repeating: [Double](), count: schedule.width), count: 3)
    for t in DiffusionTables.positions {
      let times = Array(repeating: t, count: images.shape[0])
      let errors = try errors(images, times)
      let rate = try errors.displacement * (displacementScale(at: t) / duration)
      let products = try [rate.squared(), rate * errors.noise, errors.noise.squared()]
      for (index, product) in products.enumerated() {
        let means = try product.mean([0]).elements(as: Double.self)
        let values =
          schedule.width == 1 ? [means.reduce(0, +) / Double(means.count)] : means
        for (latent, value) in values.enumerated() { moments[index][latent].append(value) }
      }
    }
    try tables.setResiduals(moments)
  }

  /// The first 64 images, or as many as have the pixels of 64 of 64×64: the encoder passes over them
  /// at every position of the tables.
  private func measured(_ images: Tensor) throws -> Tensor {
    let pixels = images.count / (images.shape[0] * images.shape[1])
    let count = min(images.shape[0], 64, max(1, 64 * 64 * 64 / pixels))
    return try images.narrowed(0, start: 0, count: count)
  }

  // MARK: - Targets and errors

  /// The heads' errors for a batch of noisy states, [state, latent], the displacement's in units of
  /// its scale; `noisesPerImage` states per image, one after another.
  struct Errors {
    let noise: Tensor
    let displacement: Tensor
  }

  /// What a forward process gives images at t and t − τ, [image, latent] each.
  private struct Moments {
    /// f(x, t).
    let before: Tensor
    /// f(x, t − τ).
    let after: Tensor
    /// σ(x, t), and σ(x, t − τ); nil where σ depends on t alone.
    let deviationBefore: Tensor?
    let deviationAfter: Tensor?
  }

  /// Both moments in one pass of the frozen encoder, in single precision.
  private func moments(_ images: Tensor, t: [Double]) throws -> Moments {
    let earlier = t.map { max($0 - duration, 0) }
    let both = try withFullPrecision(on: store.device) {
      try autoencoder.posteriors(Tensor.concatenated([images, images]), t: t + earlier)
    }
    func half(_ tensor: Tensor, _ index: Int) throws -> Tensor {
      try tensor.narrowed(0, start: index * t.count, count: t.count)
    }
    return Moments(
      before: try half(both.means, 0), after: try half(both.means, 1),
      deviationBefore: try both.deviations.map { try half($0, 0) },
      deviationAfter: try both.deviations.map { try half($0, 1) })
  }

  /// What the second head's output is multiplied with to give Δ over 1/N.
  package func displacementScale(at t: Double) throws -> Double {
    options.head == .paper ? 1 : try duration * tables.rate(at: t)
  }

  /// Without a shard, the images are a whole batch.
  private func errors(_ images: Tensor, _ times: [Double], _ shard: BatchShard? = nil) throws
    -> Errors
  {
    let shard = shard ?? BatchShard(batchSize: times.count)
    let noise = try shard.normal(
      [times.count * options.noisesPerImage, autoencoder.latentCount], device: store.device)
    let (states, target) = try targets(images, times, noise: noise)
    let heads = try network(
      states, t: column(times).squeezed(1), gamma: column(times.map(boundedGamma)).squeezed(1))
    return Errors(
      noise: try heads.noise - target.noise,
      displacement: try heads.displacement - target.displacement)
  }

  /// The states that noise makes of images' codes, and what the heads are to say of them.
  ///
  /// - Parameters:
  ///   - images: The images.
  ///   - times: Their positions t.
  ///   - noise: Standard normal numbers, [image · ``DiffusionOptions/noisesPerImage``, latent].
  /// - Returns: z = f + σε and the targets, each in the shape of the noise.
  /// - Throws: `TorchError`.
  package func targets(
    _ images: Tensor, _ times: [Double], noise: Tensor
  ) throws -> (states: Tensor, heads: DenoiserHeads) {
    let moments = try moments(images, t: times)
    let scales = try column(times.map { try displacementScale(at: $0) })
    let sigmas = try repeated(rows(times.map { schedule.level(at: $0).sigmas }))
    let before = try repeated(moments.before)
    var target = DenoiserHeads(
      noise: noise, displacement: try repeated((moments.after - moments.before) / scales))
    var deviations = sigmas
    if let own = moments.deviationBefore, let later = moments.deviationAfter {
      deviations = try repeated(own)
      let laterSigmas = try repeated(
        rows(times.map { schedule.level(at: max($0 - duration, 0)).sigmas }))
      let restated = try noise * sigmas / deviations
      let change =
        try (repeated(later) - deviations) * noise - (laterSigmas - sigmas) * restated
      target = DenoiserHeads(
        noise: restated,
        displacement: try target.displacement + change / repeated(scales))
    }
    return (try before.addingProduct(deviations, noise), target)
  }

  /// γ at t within the range that the embedding tells apart.
  private func boundedGamma(_ t: Double) -> Double { min(max(schedule.gamma(at: t), -15), 15) }

  /// [image, …] → [image · noisesPerImage, …].
  private func repeated(_ tensor: Tensor) throws -> Tensor {
    let shape = tensor.shape
    return try tensor.unsqueezed(1).expanded([shape[0], options.noisesPerImage, shape[1]])
      .reshaped([-1, shape[1]])
  }

  private func column(_ values: [Double]) throws -> Tensor { try rows(values.map { [$0] }) }

  private func rows(_ values: [[Double]]) throws -> Tensor {
    try Tensor(
      values.flatMap { $0.map { Float($0) } }, shape: [values.count, values[0].count],
      device: store.device)
  }

  // MARK: - Loss

  private func loss(_ errors: Errors, _ times: [Double]) throws -> Tensor {
    guard options.weighting != .elbo else { return try boundTerm(errors, times) }
    let sum = try errors.noise.squared() + errors.displacement.squared()
    guard options.weighting == .minSNR else { return sum }
    let weights = times.map { t in
      // SNR = (1 − σ²)/σ² = e^(−γ).
      min(1, 5 * exp(min(schedule.gamma(at: t), 30)))
    }
    return try sum * repeated(column(weights))
  }

  /// ‖(D̂ − D) − 2σ̇(ε̂ − ε)‖²/(4σσ̇) per latent: the limit for many steps of the divergence between the
  /// step's posterior given x and the model's, per unit of t.
  private func boundTerm(_ errors: Errors, _ times: [Double]) throws -> Tensor {
    let end = 1 - MultiBetaObjective.margin
    let positions = times.map { min($0, end) }
    let slopes = try repeated(rows(positions.map { schedule.slopes(at: $0) }))
    let sigmas = try repeated(rows(positions.map { schedule.level(at: $0).sigmas }))
    let rates = try repeated(column(positions.map { try displacementScale(at: $0) / duration }))
    let difference = try errors.displacement * rates - errors.noise * slopes * 2
    return try difference.squared() / (sigmas * slopes * 4)
  }

  private func trainingTimes(_ count: Int, step: Int, seed: UInt64) -> [Double] {
    var generator = Philox(seed: seed, stream: UInt64(step))
    guard options.weighting != .edm else {
      return (0..<count).map { _ in
        let t = schedule.position(ofGamma: 2 * (-1.2 + 1.2 * generator.normal()))
        return min(max(t, duration), 1)
      }
    }
    let offset = generator.uniform()
    return (0..<count).map { index in
      let place = (offset + Double(index) / Double(count)).truncatingRemainder(dividingBy: 1)
      return options.times == .continuous
        ? duration + (1 - duration) * place
        : (place * Double(options.stepCount)).rounded(.down) * duration + duration
    }
  }
}

extension LatentDiffusion: LatentDenoiser {
  private func predict(_ states: Tensor, at level: NoiseLevel) throws -> DenoiserHeads {
    try network(
      states, t: Tensor.full([1], level.t, device: store.device),
      gamma: Tensor.full([1], boundedGamma(level.t), device: store.device))
  }

  package func heads(_ states: Tensor, _ step: SamplingStep) throws -> DenoiserHeads {
    let heads = try slopes(states, at: step.from)
    return DenoiserHeads(
      noise: heads.noise, displacement: try heads.displacement * duration(of: step, at: step.from))
  }

  /// ∫c over the step in units of c at the level; over a short step τ, as in the paper.
  ///
  /// The mean's speed c(t) may change manyfold in one step: D̂/c is taken to stay, and c is integrated.
  package func duration(of step: SamplingStep, at level: NoiseLevel) throws -> Double {
    try tables.duration(of: step, at: level)
  }

  package func slopes(_ states: Tensor, at level: NoiseLevel) throws -> DenoiserHeads {
    let heads = try predict(states, at: level)
    let scale = try displacementScale(at: level.t) / duration
    return DenoiserHeads(noise: heads.noise, displacement: try heads.displacement * scale)
  }

  package func residualVariance(_ step: SamplingStep) throws -> [Double] {
    try tables.residualVariance(
      at: step.from.t, duration: duration(of: step, at: step.from),
      noiseWeight: step.noiseWeight)
  }
}
