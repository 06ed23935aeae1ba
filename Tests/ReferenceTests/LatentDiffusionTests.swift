import BenchSupport
import Datasets
import FoundationEssentials
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  /// The second stage: targets, heads, sampling, resumption.
  @Suite("Latent diffusion") struct LatentDiffusionTests {
    /// One latent that is the one pixel of standard normal data times a gain that changes with t.
    private static func gaussianStage() throws -> MultiBetaVAE {
      try TorchRandom.seed(11)
      let store = ParameterStore(device: .cpu)
      let networks = try LinearNetworks(store.root, observationWidth: 1, latentCount: 1)
      let model = try MultiBetaVAE(store, networks, .init(), learningRate: 1e-3)
      // The gain is a smooth function of t: only its slow sines and cosines are let through. Its weights
      // do not come from libtorch, whose draws differ from one instruction set to another.
      var random = Philox(seed: 5)
      try withoutGradients {
        for entry in store.entries {
          let shape = entry.tensor.shape
          func draw(_ deviation: Double, where passes: (Int, Int) -> Bool) throws {
            let values = (0..<entry.tensor.count).map { index in
              passes(index / shape[1], index % shape[1]) ? Float(deviation * random.normal()) : 0
            }
            try entry.tensor.copyInPlace(Tensor(values, shape: shape))
          }
          switch entry.name {
          case "encoder.weight": try entry.tensor.copyInPlace(entry.tensor.onesLike())
          case "gains.weight": try draw(0.15) { row, _ in row == 0 }  // the encoder's scale
          case "embedding.dense1.weight": try draw(0.09) { $1 < 64 && $1 % 32 < 6 }
          case "embedding.dense2.weight": try draw(0.09) { _, _ in true }
          default: break
          }
        }
      }
      return model
    }

    /// Standard normal data in the units of images, [count, 1].
    private static func images(_ count: Int) throws -> Tensor {
      try (Tensor.normal([count, 1]) + 1) / 2
    }

    private static func options(_ head: DiffusionOptions.Head = .rate) -> DiffusionOptions {
      var options = DiffusionOptions()
      options.head = head
      options.width = 48
      options.learningRate = 3e-3
      options.averageDecay = 0.99
      return options
    }

    private static func train(_ model: LatentDiffusion, steps: Int) throws {
      let group = model.optimizerGroups[0]
      let optimizer = try Adam(model.store, group.options)
      let average = try ExponentialMovingAverage(model.store, decay: model.options.averageDecay)
      for step in 0..<steps {
        if step == steps * 2 / 3 { optimizer.options.learningRate /= 5 }
        let batch = TrainingBatch(images: try images(64), step: step, stepCount: 1000, seed: 0)
        let loss = try model.losses(batch)[0].value
        let found = try loss.gradients(of: optimizer.parameters)
        let gradients = try zip(found, optimizer.parameters).map { try $0 ?? $1.zerosLike() }
        try clipGradients(gradients, maximumNorm: 1)
        try optimizer.step(gradients)
        try average.update(step: step + 1)
      }
      try average.exchange()
    }

    /// For f = a(t)·x with x ~ N(0, 1) both conditional means are linear in z.
    @Test("both heads learn the conditional means of Gaussian data")
    func heads() throws {
      let autoencoder = try Self.gaussianStage()
      let model = try LatentDiffusion(autoencoder, Self.options())
      try model.prepare(Self.images(64))
      try Self.train(model, steps: 600)
      let one = try Tensor([Float(1), 1, 1], shape: [3, 1])
      let schedule = try withoutGradients { try autoencoder.objective.schedule.frozen() }
      try withoutGradients {
        for t in [0.05, 0.2, 0.5, 0.9] {
          let gains = try autoencoder.means(one, t: [t, t - 0.01, t + 0.01])
            .elements(as: Double.self)
          let level = schedule.level(at: t)
          let power = gains[0] * gains[0] + level.sigma * level.sigma
          let slope = (gains[1] - gains[2]) / 0.02  // −da/dt
          let states = try Tensor.normal([500, 1]) * power.squareRoot()
          let heads = try model.slopes(states, at: level)
          let noise = try (heads.noise - states * (level.sigma / power)).squared().mean().item()
          let rate = try (heads.displacement - states * (slope * gains[0] / power)).squared().mean()
            .item()
          // The noise's own scale is 1, the rate's c(t); a short training leaves a tenth of it.
          #expect(noise.squareRoot() < 0.15, "ε̂ at t = \(t)")
          #expect(rate.squareRoot() < 0.2 * max(abs(slope), 0.5), "D̂ at t = \(t), \(slope)")
        }
      }
      // Sampling ends with the data's variance at β = 0, whichever way. It starts from codes, not from
      // pure noise: this encoder's gain does not vanish at t = 1.
      try withoutGradients { try model.conclude(Self.images(64)) }
      let ends = try autoencoder.means(Self.images(2000), t: Array(repeating: 1, count: 2000))
      let gain = try autoencoder.means(one, t: [0, 0, 0]).elements(as: Double.self)[0]
      for sampler in [Sampler.posterior(.optimal), .ddim(eta: 0), .heun] {
        let options = SamplingOptions(sampler: sampler, stepCount: 40)
        let samples = try model.denoise(ends, from: 1, start: .noisy, options)
        let variance = try samples.squared().mean().item()
        #expect(abs(variance / (gain * gain) - 1) < 0.15, "\(sampler.name): \(variance)")
      }
    }

    @Test("a long step takes the way that the mean goes in it, not its speed at the start")
    func longSteps() throws {
      let autoencoder = try Self.gaussianStage()
      let model = try LatentDiffusion(autoencoder, Self.options())
      try model.prepare(Self.images(64))
      let one = try Tensor([Float](repeating: 1, count: 1001), shape: [1001, 1])
      var farthest = 0.0
      for (from, to) in [(1.0, 0.6), (0.6, 0.1), (0.1, 0.002)] {
        let places = (0...1000).map { from + (to - from) * Double($0) / 1000 }
        let gains = try withoutGradients {
          try autoencoder.means(one, t: places).elements(as: Double.self)
        }
        let way = zip(gains, gains.dropFirst()).reduce(0) { $0 + abs($1.0 - $1.1) }
        let slope = abs(gains[1000] - gains[999]) / (places[999] - places[1000])
        let step = SamplingStep(
          from: NoiseLevel(t: from, sigmas: [1]), to: NoiseLevel(t: to, sigmas: [0.5]))
        let duration = try model.duration(of: step, at: step.to)
        #expect(
          abs(duration * slope / way - 1) < 0.05, "\(from) to \(to): \(duration), \(way / slope)")
        farthest = max(farthest, abs(duration / step.duration - 1))
      }
      #expect(farthest > 0.1, "this mean has the same speed everywhere")
    }

    /// Where the encoder's mean is 0, z at t = 1 is the noise itself.
    @Test("the noise head returns pure noise where the mean vanishes")
    func pureNoise() throws {
      let autoencoder = try Self.gaussianStage()
      try withoutGradients {
        for entry in autoencoder.store.entries where entry.name == "encoder.weight" {
          try entry.tensor.zeroInPlace()
        }
      }
      let model = try LatentDiffusion(autoencoder, Self.options(.paper))
      try model.prepare(Self.images(16))
      try Self.train(model, steps: 400)
      let states = try Tensor.normal([500, 1])
      let heads = try withoutGradients {
        try model.slopes(states, at: NoiseLevel(t: 1, sigmas: [1]))
      }
      #expect(try (heads.noise - states).squared().mean().item().squareRoot() < 0.2)
    }

    @Test(
      "every weighting, head and set of times gives finite losses that fall",
      arguments: DiffusionOptions.Weighting.allCases)
    func variants(weighting: DiffusionOptions.Weighting) throws {
      let autoencoder = try Self.gaussianStage()
      for (head, times) in zip(
        DiffusionOptions.Head.allCases, DiffusionOptions.Times.allCases)
      {
        var options = Self.options(head)
        options.weighting = weighting
        options.times = times
        let model = try LatentDiffusion(autoencoder, options)
        try model.prepare(Self.images(16))
        // Large enough that the bound's heavy tail near t = 0 is the same before and after.
        let batch = TrainingBatch(images: try Self.images(4096), step: 0, stepCount: 1000, seed: 3)
        let before = try model.losses(batch)[0].value.item()
        try Self.train(model, steps: 60)
        let after = try model.losses(batch)[0].value.item()
        #expect(before.isFinite && after.isFinite && after < before, "\(head), \(times)")
      }
    }

    @Test("samples do not depend on the batch they are drawn in")
    func batchSizes() throws {
      let model = try LatentDiffusion(Self.gaussianStage(), Self.options())
      try model.prepare(Self.images(16))
      try Self.train(model, steps: 5)
      var options = SamplingOptions(sampler: .posterior(.upper), stepCount: 8)
      let whole = try model.generate(0..<7, options).elements()
      options.batchSize = 3
      let parts = try model.generate(0..<7, options).elements()
      let tail = try model.generate(5..<7, options).elements()
      // Equal but for the order of sums in matrix products of different heights.
      #expect(zip(whole, parts).allSatisfy { abs($0 - $1) < 1e-4 })
      #expect(zip(whole.suffix(2), tail).allSatisfy { abs($0 - $1) < 1e-4 })
    }

    @Test("an interrupted and resumed second stage ends with the same bits")
    func resume() throws {
      let dataset = Scenes3D()
      let context = ModelContext(dataset: dataset, latentCount: 4, learningRate: 1e-3)
      try TorchRandom.seed(2)
      let first = try ModelSpecification(parsing: "multi-beta-vae").make(context)
      let autoencoder = try #require(first as? MultiBetaVAE)
      let images = try ObservationSample(dataset, count: 4, seed: 0).images(4, on: .cpu)
      func train(in folder: String, stopAfter: Int = .max) throws -> [Data] {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try TorchRandom.seed(5)
        let model = try LatentDiffusion(autoencoder, Self.options())
        try model.prepare(images)
        let trainer = try Trainer(
          model, named: LatentDiffusion.name, dataset: dataset,
          plan: TrainingPlan(
            stepCount: 4, batchSize: 4, seed: 5, checkpointInterval: 1000, monitorInterval: 1000),
          folder: folder, context: .null, isQuiet: true)
        try trainer.train(stoppingAfter: stopAfter)
        return try ["model", "optimizer"].map {
          try Data(contentsOf: URL(filePath: "\(folder)/checkpoint/\($0).safetensors"))
        }
      }
      let folder = try TemporaryFolder()
      let whole = try train(in: "\(folder.path)/whole")
      _ = try train(in: "\(folder.path)/parts", stopAfter: 2)
      #expect(try train(in: "\(folder.path)/parts") == whole)
    }
  }
}
