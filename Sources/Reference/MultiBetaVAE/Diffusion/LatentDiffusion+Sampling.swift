import BenchSupport
public import Torch

extension LatentDiffusion {
  /// The position on the β axis at which σ has a value in (0, 1).
  public func point(sigma: Double) throws -> RepresentationPoint {
    RepresentationPoint(
      label: "σ=\(sigma.fixed(2))", t: schedule.position(ofSigma: sigma), sigma: sigma)
  }

  /// The noise levels of a sampling that starts at `start`.
  func levels(_ options: SamplingOptions, from start: Double = 1) throws -> [NoiseLevel] {
    // Read once here: the closure cannot throw.
    let table = try DiffusionTables.positions.map { ($0, try tables.klDivergence(at: $0)) }
    return options.grid.levels(options.stepCount, from: start, schedule: schedule) { t in
      let index = table.firstIndex { $0.0 >= t } ?? table.count - 1
      guard index > 0, t < table[index].0 else { return table[index].1 }
      let fraction =
        (logit(t) - logit(table[index - 1].0)) / (logit(table[index].0) - logit(table[index - 1].0))
      return table[index - 1].1 + fraction * (table[index].1 - table[index - 1].1)
    }
  }

  /// Latents at β = 0 for samples from pure noise, [sample, latent].
  ///
  /// - Parameters:
  ///   - samples: Which samples; each depends on the seed and its index only.
  ///   - options: How to sample.
  ///   - onStep: Called before each step with the number of steps done over all batches, and of all.
  /// - Returns: The latents.
  /// - Throws: `TorchError` and errors of `onStep`.
  public func generate(
    _ samples: Range<Int>, _ options: SamplingOptions,
    onStep: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Tensor {
    let levels = try levels(options)
    return try inBatches(Array(samples), options, levels, onStep) { _, noise in try noise.next() }
  }

  /// Latents at β = 0 for codes at level `t` that start a sampler there, [code, latent].
  ///
  /// - Parameters:
  ///   - codes: Codes f(x, t), perhaps changed, [code, latent].
  ///   - t: Their position.
  ///   - start: Whether noise is added first.
  ///   - noiseIndices: Which sample's noise each code gets; by default each has its own. Codes with
  ///     the same noise differ in nothing but themselves.
  ///   - options: How to sample; the step count is that from `t`, not from 1.
  ///   - onStep: As in ``generate(_:_:onStep:)``.
  /// - Returns: The latents.
  /// - Throws: `TorchError` and errors of `onStep`.
  public func denoise(
    _ codes: Tensor, from t: Double, start: DenoisingStart, noiseIndices: [Int]? = nil,
    _ options: SamplingOptions,
    onStep: (_ done: Int, _ total: Int) throws -> Void = { _, _ in }
  ) throws -> Tensor {
    let levels = try levels(options, from: t)
    let indices = noiseIndices ?? Array(0..<codes.shape[0])
    precondition(indices.count == codes.shape[0], "\(indices.count) noises for \(codes.shape[0])")
    return try inBatches(indices, options, levels, onStep) { part, noise in
      let means = try codes.narrowed(0, start: part.lowerBound, count: part.count)
      guard start == .noisy else { return means }
      return try means + noise.next().scaled(levels[0].sigmas)
    }
  }

  private func inBatches(
    _ samples: [Int], _ options: SamplingOptions, _ levels: [NoiseLevel],
    _ onStep: (Int, Int) throws -> Void, _ start: (Range<Int>, inout SampleNoise) throws -> Tensor
  ) throws -> Tensor {
    let parts = stride(from: 0, to: samples.count, by: options.batchSize).map {
      $0..<min($0 + options.batchSize, samples.count)
    }
    let total = parts.count * (levels.count - 1)
    let results = try withoutGradients {
      try parts.enumerated().map { index, part in
        var noise = SampleNoise(
          seed: options.seed, samples: samples[part], width: autoencoder.latentCount,
          device: store.device)
        let states = try start(part, &noise)
        return try options.sampler.run(states, through: levels, denoiser: self, noise: &noise) {
          try onStep(index * (levels.count - 1) + $0, total)
        }
      }
    }
    return try Tensor.concatenated(results)
  }
}
