import BenchSupport
import Datasets
import Disentanglement
import Glibc
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  /// What the multi-β VAE's posteriors and its options promise.
  @Suite("Posteriors of the multi-β VAE") struct PosteriorTests {
    private static let dataset = Scenes3D()

    private static func model(_ name: String, seed: UInt64 = 0) throws -> MultiBetaVAE {
      try TorchRandom.seed(seed)
      let context = ModelContext(dataset: dataset, latentCount: 6, learningRate: 1e-3)
      return try #require(try ModelSpecification(parsing: name).make(context) as? MultiBetaVAE)
    }

    private static func images(_ count: Int) throws -> Tensor {
      try ObservationSample(dataset, count: count, seed: 3).images(count, on: .cpu)
    }

    private static func set(_ name: String, of model: MultiBetaVAE, to values: [Float]) throws {
      let entry = try #require(model.store.entries.first { $0.name == name })
      try withoutGradients {
        try entry.tensor.copyInPlace(Tensor(values, shape: entry.tensor.shape))
      }
    }

    @Test(
      "a latent without a share has σ = 1 at every β and costs nothing; the others are untouched")
    func shares() throws {
      try TorchRandom.seed(1)
      let store = ParameterStore(device: .cpu)
      let schedule = try NoiseSchedule(store.root, width: 3, hasShares: true)
      let bare = try NoiseSchedule(store.root.scope("bare"), width: 3)
      try withoutGradients {
        for (name, values) in [("share", [-4, 1, 4] as [Float])] {
          let entry = try #require(store.entries.first { $0.name == name })
          try entry.tensor.copyInPlace(Tensor(values, shape: [3]))
        }
        let lambda = try Tensor((0...80).map { Float($0) / 4 - 10 }, shape: [81])
        let gamma = try schedule.gamma(lambda)
        let steps =
          try gamma.narrowed(0, start: 1, count: 80) - gamma.narrowed(0, start: 0, count: 80)
        #expect(try steps.minimum().item() >= 0)
        let sigma = try (0.5 * NoiseSchedule.logVariance(ofGamma: gamma)).exp()
          .elements(as: Double.self)
        let plain = try (0.5 * NoiseSchedule.logVariance(ofGamma: bare.gamma(lambda))).exp()
          .elements(as: Double.self)
        for row in 0...80 {
          #expect(sigma[3 * row] > 1 - 1e-6)
          #expect(abs(sigma[3 * row + 2] - plain[3 * row + 2]) < 1e-6)
        }
        // σ(0)² is 1 − a = 1/(1 + e¹⁰) where a share has not moved.
        let frozen = try schedule.frozen()
        #expect(abs(frozen.level(at: 0).sigmas[1] - (1 / (1 + exp(10.0))).squareRoot()) < 1e-9)
        try frozen.expectAgreement(with: schedule, position: 1e-6, slope: 1e-4)
      }
    }

    /// A latent that is not used: its share can fall, and then its rate is 0 and σ is the others'.
    @Test("dead latents neither count in the rate nor in σ")
    func deadLatents() throws {
      let model = try Self.model("multi-beta-vae-diag")
      let images = try Self.images(8)
      try withoutGradients {
        for name in ["encoder.mean.weight", "encoder.mean.bias"] {
          let tensor = try #require(model.store.entries.first { $0.name == name }).tensor
          // The last four latents carry nothing.
          try tensor.narrowed(0, start: 2, count: 4).copyInPlace(
            tensor.narrowed(0, start: 2, count: 4).zerosLike())
        }
        try Self.set("sigma.share", of: model, to: [4, 4, -4, -4, -4, -4])
        let point = try model.sharpestPoint()
        let alive = try #require(point.sigma)
        #expect(alive < 0.05)
        let rate = try #require(try model.encode(images, at: point).rate).mean().item()
        // Two latents of log 1/σ nats each, and their power.
        #expect(rate < 2 * (log(1 / alive) + 1))
        let points = try model.points()
        let first = try #require(points[0].sigma)
        #expect(points.count == 16 && abs(first - 0.05) < 0.01)
      }
    }

    @Test("an image's own variances start as the shared ones and then differ")
    func perImage() throws {
      let (shared, own) = (
        try Self.model("multi-beta-vae-diag"), try Self.model("multi-beta-vae-diag-x")
      )
      for entry in shared.store.entries {
        let twin = try #require(own.store.entries.first { $0.name == entry.name })
        try withoutGradients { try twin.tensor.copyInPlace(entry.tensor) }
      }
      let images = try Self.images(6)
      func loss(_ model: MultiBetaVAE) throws -> Double {
        try TorchRandom.seed(9)
        return try model.loss(of: images * 2 - 1, step: 0, seed: 0).value.item()
      }
      #expect(try loss(shared) == loss(own))
      let point = RepresentationPoint(label: "", t: 0.3)
      func rates() throws -> [Double] {
        try withoutGradients {
          try #require(try own.encode(images, at: point).rate).elements(as: Double.self)
        }
      }
      let before = try rates()
      let weight = try #require(
        own.store.entries.first { $0.name == "encoder.log_variance.weight" }
      ).tensor
      #expect(try weight.squared().sum().item() == 0)
      try withoutGradients { try weight.copyInPlace(weight.normalLike() * 0.3) }
      let deviations = try #require(
        try own.posteriors(images, t: [0.3, 0.3, 0.3, 0.3, 0.3, 0.3]).deviations)
      #expect(try rates() != before)
      #expect(try deviations.variance([0]).minimum().item() > 1e-6)
      #expect(try shared.posteriors(images, t: [0.3, 0.3, 0.3, 0.3, 0.3, 0.3]).deviations == nil)
    }

    @Test("a part of the β axis, or a single t, is all that is trained and read")
    func axis() throws {
      let whole = try Self.model("multi-beta-vae").points()
      #expect(whole.count == 16)
      let part = try Self.model("multi-beta-vae:from=0.3,to=0.6")
      let points = try part.points().compactMap(\.t)
      #expect(points.count == 16 && points.allSatisfy { (0.3 - 1e-9...0.6 + 1e-9).contains($0) })
      #expect(try part.sharpestPoint().t == 0.3)
      let single = try Self.model("multi-beta-vae:from=0.4,to=0.4")
      #expect(try single.points().map(\.t) == [0.4])
      #expect(throws: TrainingError.self) { try LatentDiffusion(single, DiffusionOptions()) }
      #expect(throws: TrainingError.self) { try Self.model("multi-beta-vae:from=0.5,to=0.4") }
      // All observations of a batch are at that t: the objective there.
      let images = try Self.images(4) * 2 - 1
      try TorchRandom.seed(2)
      let loss = try single.loss(of: images, step: 5, seed: 1).value.item()
      try TorchRandom.seed(2)
      let noise = try Tensor.normal([4, 6])
      let expected = try single.objective(
        images, t: Tensor.full([4], 0.4), noise: noise
      ).loss.mean().item()
      #expect(abs(loss - expected) < 1e-6 * abs(expected))
    }

    @Test("κ adds the total correlation of observations that share a t, weighted with it")
    func correlationWeight() throws {
      let (plain, weighted) = (
        try Self.model("multi-beta-vae:from=0.4,to=0.4"),
        try Self.model("multi-beta-vae:from=0.4,to=0.4,kappa=3")
      )
      #expect(plain.isDivisible && plain.isDataParallel)
      #expect(!weighted.isDivisible && !weighted.isDataParallel)
      let images = try Self.images(16) * 2 - 1
      func loss(_ model: MultiBetaVAE) throws -> Double {
        try TorchRandom.seed(4)
        return try model.loss(of: images, step: 0, seed: 0).value.item()
      }
      try TorchRandom.seed(4)
      let noise = try Tensor.normal([16, 6])
      let value = try plain.objective(images, t: Tensor.full([16], 0.4), noise: noise)
      let codes = SampledCodes(
        mean: value.mean, logVariance: try value.logVariance * value.mean.onesLike(),
        latents: value.latents)
      let correlation = try TotalCorrelationEstimator(.study, observationCount: 16)(codes).item()
      let difference = try loss(weighted) - loss(plain)
      #expect(abs(difference - 0.4 * 2 * correlation / 6) < 1e-4 * abs(difference))
    }

    @Test("conventions of the baselines can be had one by one")
    func conventions() throws {
      let usual = try Self.model("multi-beta-vae")
      #expect(usual.averageDecay == 0.999 && usual.optimizerGroups[0].maximumGradientNorm == 1)
      let bare = try Self.model("multi-beta-vae:averages=off,clipping=off,weights=glorot")
      #expect(bare.averageDecay == nil && bare.optimizerGroups[0].maximumGradientNorm == nil)
      func deviation(_ model: MultiBetaVAE) throws -> Double {
        let weight = try #require(model.store.entries.first { $0.name == "encoder.dense.weight" })
        return try weight.tensor.variance([0, 1]).item().squareRoot()
      }
      #expect(abs(try deviation(usual) - (2.0 / 1024).squareRoot()) < 2e-3)
      #expect(abs(try deviation(bare) - (2.0 / 1280).squareRoot()) < 2e-3)
    }
  }
}
