import Glibc
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  /// Going back from a forward process whose noise depends on the observation, zₜ = f(x, t) + σ(x, t)ε.
  @Suite("A learned forward process") struct LearnedForwardProcessTests {
    /// Three observations with known means and deviations: a mixture whose conditional means are known.
    private struct MixtureToy: LatentDenoiser {
      static let observations = [-1.2, 0.4, 1.5]
      static let probabilities = [0.2, 0.5, 0.3]
      /// What each adds to the log-odds of its variance.
      static let shifts = [-1.5, 0.0, 2.0]
      /// Restates ε and Δ for the shared schedule; without, ε̂ is the mean of ε itself.
      let isRestated: Bool

      static func mean(_ x: Double, _ t: Double) -> Double { x * (1 - t) * (1 + 0.5 * sin(3 * t)) }

      static func sigma(_ t: Double, shift: Double = 0) -> Double {
        guard t > 0 else { return 0 }
        guard t < 1 else { return 1 }
        return (1 / (1 + exp(-(1.5 * (log(t) - log1p(-t)) - 1 + shift)))).squareRoot()
      }

      /// p(x | z), [state, observation], and ε for each observation.
      private func posterior(_ states: Tensor, _ t: Double) throws -> (Tensor, Tensor) {
        let (means, sigmas) = (
          Self.observations.map { Self.mean($0, t) }, Self.shifts.map { Self.sigma(t, shift: $0) }
        )
        let row = { (values: [Double]) in try Tensor(values, shape: [1, values.count]) }
        let noises = try (states - row(means)) / row(sigmas)
        let logits =
          try noises.squared() * -0.5
          + row(zip(Self.probabilities, sigmas).map { log($0) - log($1) })
        return (try logits.softmax(1), noises)
      }

      private func heads(
        _ states: Tensor, _ t: Double, mean change: [Double], deviation: [Double], shared: Double
      ) throws -> DenoiserHeads {
        let (weights, noises) = try posterior(states, t)
        let row = { (values: [Double]) in try Tensor(values, shape: [1, values.count]) }
        let sigma = Self.sigma(t)
        let ratios = isRestated ? Self.shifts.map { sigma / Self.sigma(t, shift: $0) } : [1, 1, 1]
        let restated = try noises * row(ratios)
        let movement = try noises.zerosLike() + row(change)
        let moved =
          isRestated
          ? try movement + noises * row(deviation) - restated * shared : movement
        func expected(_ values: Tensor) throws -> Tensor {
          try (weights * values).sum([1], keepsDimensions: true)
        }
        return DenoiserHeads(noise: try expected(restated), displacement: try expected(moved))
      }

      func heads(_ states: Tensor, _ step: SamplingStep) throws -> DenoiserHeads {
        let (t, s) = (step.from.t, step.to.t)
        return try heads(
          states, t, mean: Self.observations.map { Self.mean($0, s) - Self.mean($0, t) },
          deviation: Self.shifts.map { Self.sigma(s, shift: $0) - Self.sigma(t, shift: $0) },
          shared: Self.sigma(s) - Self.sigma(t))
      }

      func slopes(_ states: Tensor, at level: NoiseLevel) throws -> DenoiserHeads {
        let step = 1e-6
        let (low, high) = (max(level.t - step, 0), min(level.t + step, 1))
        func slope(_ function: (Double) -> Double) -> Double {
          (function(low) - function(high)) / (high - low)
        }
        return try heads(
          states, min(max(level.t, 1e-4), 1 - 1e-4),
          mean: Self.observations.map { x in slope { Self.mean(x, $0) } },
          deviation: Self.shifts.map { shift in slope { Self.sigma($0, shift: shift) } },
          shared: slope { Self.sigma($0) })
      }

      func residualVariance(_ step: SamplingStep) throws -> [Double] { [0] }
    }

    private struct Draws: NoiseSource {
      let count: Int
      mutating func next() throws -> Tensor { try Tensor.normal([count, 1]).to(.float64) }
    }

    /// The largest difference of a share of samples from its observation's probability; samples that are nowhere
    /// near one count as none's.
    private func error(of sampler: Sampler, isRestated: Bool) throws -> Double {
      try TorchRandom.seed(3)
      let count = 4000
      let levels = (0...600).reversed().map { index in
        let t = Double(index) / 600
        return NoiseLevel(t: t, sigmas: [MixtureToy.sigma(t)])
      }
      var noise = Draws(count: count)
      let samples = try withoutGradients {
        try sampler.run(
          noise.next(), through: levels, denoiser: MixtureToy(isRestated: isRestated),
          noise: &noise
        ).elements(as: Double.self)
      }
      return zip(MixtureToy.observations, MixtureToy.probabilities).map { x, probability in
        abs(Double(samples.count { abs($0 - x) < 0.1 }) / Double(count) - probability)
      }.max() ?? 1
    }

    @Test(
      "restated heads lead every sampler back to the data",
      arguments: [Sampler.posterior(.lower), .ddim(eta: 0), .ddim(eta: 1), .heun])
    func sampling(sampler: Sampler) throws {
      // Three standard errors of a share of 4,000 are 0.024.
      #expect(try error(of: sampler, isRestated: true) < 0.03)
    }

    /// z(t) = f + σε and z(t − τ) have the same ε: what the second stage is trained on leads from one to the other.
    @Test("the second stage's targets lead from each state to the one before")
    func targets() throws {
      try TorchRandom.seed(5)
      let store = ParameterStore(device: .cpu)
      var networks = try LinearNetworks(store.root, observationWidth: 6, latentCount: 3)
      networks.shiftWeight = 2
      let autoencoder = try MultiBetaVAE(
        store, networks, .init(posterior: .diagonalPerImage), learningRate: 1e-3)
      var options = DiffusionOptions()
      (options.width, options.noisesPerImage) = (48, 1)
      let model = try LatentDiffusion(autoencoder, options)
      let images = try Tensor.normal([8, 6])
      try withoutGradients {
        try model.prepare(images)
        let times = [0.01, 0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99]
        let earlier = times.map { $0 - 1 / Double(options.stepCount) }
        let noise = try Tensor.normal([8, 3])
        let (states, heads) = try model.targets(images, times, noise: noise)
        let (now, before) = try (
          autoencoder.posteriors(images, t: times), autoencoder.posteriors(images, t: earlier)
        )
        let schedule = try autoencoder.objective.schedule.frozen()
        func shared(_ times: [Double]) throws -> Tensor {
          try Tensor(
            times.flatMap { schedule.level(at: $0).sigmas.map { Float($0) } }, shape: [8, 3])
        }
        let (deviations, later) = try (#require(now.deviations), #require(before.deviations))
        let (sigmas, laterSigmas) = try (shared(times), shared(earlier))
        #expect(try (deviations - sigmas).abs().maximum().item() > 0.01)
        // ε̃ = ε·σ̄/σ.
        #expect(try (heads.noise * deviations - noise * sigmas).abs().maximum().item() < 1e-5)
        let scales = try Tensor(
          times.map { Float(try model.displacementScale(at: $0)) }, shape: [8, 1])
        let back = try states + heads.displacement * scales + heads.noise * (laterSigmas - sigmas)
        #expect(try (back - before.means - later * noise).abs().maximum().item() < 1e-4)
        // The step itself is larger than that.
        #expect(try (back - states).abs().minimum().item() > 0)
        #expect(try (back - states).abs().maximum().item() > 3e-3)
      }
    }

    @Test("the noise's own mean does not")
    func naive() throws {
      #expect(try error(of: .ddim(eta: 0), isRestated: false) > 0.035)
    }
  }
}
