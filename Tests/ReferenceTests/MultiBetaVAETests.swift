import BenchSupport
import Glibc
import Reference
import TestSupport
import Testing
import Torch

/// libtorch's generators and thread count belong to the process, so these tests take turns with
/// all others that use them.
@Suite(.sharingTorch) struct TorchSuites {}

/// The acceptance tests of the first stage: closed forms, schedules, identities.
extension TorchSuites {
  @Suite("Multi-β VAE") struct MultiBetaVAETests {
    private func model(
      width: Int = 12, latents: Int = 3, posterior: PosteriorKind = .isotropic,
      reduction: Reduction = .mean, rotation: Tensor? = nil
    ) throws -> MultiBetaVAE {
      try TorchRandom.seed(5)
      let store = ParameterStore(device: .cpu)
      var networks = try LinearNetworks(
        store.root, observationWidth: width, latentCount: latents)
      networks.rotation = rotation
      networks.shiftWeight = posterior == .diagonalPerImage ? 1 : nil
      return try MultiBetaVAE(
        store, networks, .init(posterior: posterior, reduction: reduction), learningRate: 1e-3)
    }

    @Test("the closed form of the KL divergence agrees with Monte Carlo")
    func klDivergence() throws {
      try TorchRandom.seed(1)
      let mean = try Tensor([0.7, -1.2, 0.1] as [Float], shape: [1, 3])
      let logVariance = try Tensor([-1, 0.4, -3] as [Float], shape: [1, 3])
      let exact = try Terms.klDivergence(mean: mean, logVariance: logVariance).item()
      let noise = try Tensor.normal([400_000, 3])
      let draws = try mean + (0.5 * logVariance).exp() * noise
      // log q − log p at each draw; the constants cancel.
      let ratio = try 0.5 * (draws.squared() - noise.squared() - logVariance).sum([1])
      // Four standard errors of the estimate.
      let error = try 4 * ratio.variance([0]).item().squareRoot() / 400_000.0.squareRoot()
      #expect(abs(try ratio.mean().item() - exact) < error)
    }

    @Test("σ rises from 0 to 1 whatever the parameters", arguments: 0..<8)
    func monotone(seed: UInt64) throws {
      try TorchRandom.seed(seed)
      let store = ParameterStore(device: .cpu)
      let schedule = try NoiseSchedule(store.root, width: 3)
      let deviation = try DecoderDeviation(store.root.scope("s"))
      try withoutGradients {
        for entry in store.entries {
          try entry.tensor.addInPlace(entry.tensor.normalLike())
        }
        let lambda = try Tensor.range(2001) / 20 - 50
        let gamma = try schedule.gamma(lambda)
        let steps =
          try gamma.narrowed(0, start: 1, count: 2000)
          - gamma.narrowed(0, start: 0, count: 2000)
        #expect(try steps.minimum().item() > 0)
        let sigma = try (0.5 * NoiseSchedule.logVariance(ofGamma: gamma)).exp()
        // The slope at the ends is e^c₁, at most e⁻⁴ here, so σ² is within e^(−50·e⁻⁴)… of its
        // limits; only the direction is tested there, the limits themselves at λ = ∓∞.
        #expect(try sigma.minimum().item() >= 0 && sigma.maximum().item() <= 1)
        let ends = try schedule.gamma(Tensor([-1e6, 1e6] as [Float], shape: [2]))
        let limits = try (0.5 * NoiseSchedule.logVariance(ofGamma: ends)).exp().elements()
        #expect(limits == [0, 0, 0, 1, 1, 1])
        let log = try deviation.logDeviation(lambda)
        #expect(try log.minimum().item() >= Glibc.log(DecoderDeviation.minimum) - 1e-5)
        #expect(try log.maximum().item() <= 0)
      }
    }

    @Test("gradients of the schedule are finite at the ends of the β axis")
    func scheduleGradients() throws {
      let model = try model()
      let observations = try Tensor.normal([3, 12])
      let t = try Tensor([1e-4, 0.5, 1 - 1e-4] as [Float], shape: [3])
      let value = try model.objective(observations, t: t, noise: Tensor.normal([3, 3]))
      let names = model.store.entries.map(\.name)
      let gradients = try value.loss.sum().gradients(of: model.store.trainable)
      for (name, gradient) in zip(names, gradients) where name.hasPrefix("sigma.") {
        let finite = try #require(gradient).isFinite().all().elements(as: UInt8.self)
        #expect(finite == [1], "\(name)")
      }
    }

    /// `mean` at t equals `sum` at logit β = logit t + log(D/d), times a factor that depends on t only.
    @Test("the two reductions are one family", arguments: [0.01, 0.1, 0.5, 0.9])
    func reductions(t: Double) throws {
      let (width, latents) = (12.0, 3.0)
      let warped = 1 / (1 + exp(-(log(t / (1 - t)) + log(width / latents))))
      // rec and KL enter linearly, so two different pairs fix the factor.
      let factors = [(3.0, 0.4), (-7.0, 11.0)].map { rec, kl in
        ((1 - t) * rec / width + t * kl / latents) / ((1 - warped) * rec + warped * kl)
      }
      #expect(abs(factors[0] - factors[1]) < 1e-12 * abs(factors[0]))
      // And the objective really computes both forms.
      let observations = try Tensor.normal([4, 12])
      let noise = try Tensor.normal([4, 3])
      let times = try Tensor.full([4], t)
      let mean = try model().objective(observations, t: times, noise: noise)
      let sum = try model(reduction: .sum).objective(observations, t: times, noise: noise)
      let kl = try mean.klDivergence.elements(as: Double.self)
      let losses = try (mean.loss.elements(as: Double.self), sum.loss.elements(as: Double.self))
      for index in 0..<4 {
        // Solve `mean` for rec, then predict `sum`.
        let rec = (losses.0[index] - t * kl[index] / latents) * width / (1 - t)
        let predicted = (1 - t) * rec + t * kl[index]
        #expect(abs(predicted - losses.1[index]) < 1e-4 * (1 + abs(predicted)))
      }
    }

    @Test("a rotation of the latent space changes nothing for one σ, and something for several")
    func rotation() throws {
      let angle = 0.7
      let rotation = try Tensor(
        [cos(angle), -sin(angle), 0, sin(angle), cos(angle), 0, 0, 0, 1].map { Float($0) },
        shape: [3, 3])
      try TorchRandom.seed(2)
      let observations = try Tensor.normal([64, 12])
      let noise = try Tensor.normal([64, 3])
      let t = try Tensor.full([64], 0.3)
      for posterior in PosteriorKind.allCases {
        let straight = try model(posterior: posterior)
        let rotated = try model(posterior: posterior, rotation: rotation)
        for model in [straight, rotated] where posterior == .diagonal {
          // Unequal deviations, or there is nothing to see.
          let offset = try #require(model.store.entries.first { $0.name == "sigma.offset" }).tensor
          try withoutGradients {
            try offset.copyInPlace(Tensor([-2, 0, 3] as [Float], shape: [3]))
          }
        }
        let before = try straight.objective(observations, t: t, noise: noise).loss.mean().item()
        // The same draw in the rotated basis.
        let turned = posterior == .isotropic ? try noise.matmul(rotation.transposed(0, 1)) : noise
        let after = try rotated.objective(observations, t: t, noise: turned).loss.mean().item()
        let difference = abs(after - before) / abs(before)
        #expect(posterior == .isotropic ? difference < 1e-5 : difference > 1e-4)
      }
    }

    /// Gaussian data with a known spectrum, 64 dimensions, 4 latents: the trained schedules must
    /// match the solution of the stationarity conditions within 2 % at eight β.
    @Test("on linear data σ, s and the rate agree with theory, and the scale identity holds")
    func linearData() throws {
      try TorchRandom.seed(0)
      let (width, latents, batch) = (64, 4, 256)
      let spectrum = [5, 4, 3.2, 2.6] + [Double](repeating: 0.05, count: width - latents)
      let deviations = try Tensor(spectrum.map { Float($0.squareRoot()) }, shape: [width])
      let store = ParameterStore(device: .cpu)
      let model = try MultiBetaVAE(
        store, LinearNetworks(store.root, observationWidth: width, latentCount: latents), .init(),
        learningRate: 3e-3)
      let optimizer = try Adam(store, model.optimizerGroups[0].options)
      let average = try ExponentialMovingAverage(store, decay: 0.998)
      let stepCount = 3000
      for step in 0..<stepCount {
        let cooling = 0.5 * (1 + cos(.pi * Double(step) / Double(stepCount)))
        optimizer.options.learningRate = 2e-2 * cooling
        let observations = try Tensor.normal([batch, width]) * deviations
        let loss = try model.loss(of: observations, step: step, seed: 0).value
        let gradients = try loss.gradients(of: optimizer.parameters).compactMap { $0 }
        try clipGradients(gradients, maximumNorm: 1)
        try optimizer.step(gradients)
        try average.update(step: step + 1)
      }
      try average.exchange()
      try withoutGradients {
        let observations = try Tensor.normal([50_000, width]) * deviations
        let noise = try Tensor.normal([50_000, latents])
        for t in [0.05, 0.07, 0.09, 0.12, 0.15, 0.2, 0.25, 0.3] {
          let beta = 1 / (1 + exp(-(log(t / (1 - t)) + log(Double(width) / Double(latents)))))
          let theory = LinearGaussianTheory(beta: beta, spectrum: spectrum, latentCount: latents)
          let found = try model.monitor(observations, t: t, noise: noise)
          let sigma = try #require(found["sigma"])
          let deviation = try #require(found["deviation_squared"]).squareRoot()
          let rate = try #require(found["kl"])
          #expect(abs(sigma / theory.sigma - 1) < 0.02, "σ at t = \(t)")
          #expect(abs(deviation / theory.deviation - 1) < 0.02, "s at t = \(t)")
          #expect(abs(rate - theory.rate) < 0.02 * max(theory.rate, 1), "KL at t = \(t)")
          #expect(abs(try #require(found["scale_identity"]) - 1) < 0.02, "scale at t = \(t)")
        }
      }
    }
  }
}
