import BenchSupport
import Datasets
import Foundation
import Reference
import TestSupport
import Testing
import Torch

/// The baselines' losses on fixed tensors against an independent computation.
extension TorchSuites {
  @Suite("Losses of the baselines") struct BaselineLossTests {
    /// Relative, with as much absolute room for values near 0.
    private static func isClose(_ value: Double, _ expected: Double) -> Bool {
      abs(value - expected) <= 1e-5 * max(abs(expected), 1)
    }

    private static let start = TrainingPosition(step: 0, stepCount: 1)

    private static func penalty(
      _ regularizer: any Regularizer, _ type: DataType, at position: TrainingPosition = start
    ) throws -> Double {
      try regularizer.penalty(LossGoldens().codes(type), at: position).value.item()
    }

    @Test("the reconstruction term equals numpy's", arguments: [DataType.float32, .float64])
    func reconstruction(type: DataType) throws {
      let golden = try LossGoldens()
      let value = try Terms.bernoulliReconstruction(
        logits: golden.tensor("image_logits", type), images: golden.tensor("images", type)
      ).item()
      #expect(Self.isClose(value, try golden.number("reconstruction")))
    }

    @Test(
      "β-VAE, DIP-VAE and β-TCVAE equal numpy's", arguments: [DataType.float32, .float64])
    func simpleRegularizers(type: DataType) throws {
      let golden = try LossGoldens()
      let cases: [(any Regularizer, Double)] = [
        (BetaVAE(beta: 4), try golden.number("beta_vae", "4")),
        (DIPVAE(.means, offDiagonal: 5, diagonal: 50), try golden.number("dip_vae_i")),
        (DIPVAE(.draws, offDiagonal: 5, diagonal: 5), try golden.number("dip_vae_ii")),
      ]
      for (regularizer, expected) in cases {
        #expect(Self.isClose(try Self.penalty(regularizer, type), expected))
      }
      for kind in TotalCorrelationEstimator.Kind.allCases {
        let count = Int(try golden.number("inputs", "observation_count"))
        let estimator = TotalCorrelationEstimator(kind, observationCount: count)
        let value = try Self.penalty(BetaTCVAE(beta: 6, estimator: estimator), type)
        #expect(Self.isClose(value, try golden.number("beta_tcvae", kind.rawValue)), "\(kind)")
        let correlation: Double = try estimator(golden.codes(type)).item()
        #expect(
          Self.isClose(correlation, try golden.number("total_correlation", kind.rawValue)),
          "\(kind)")
      }
    }

    @Test("AnnealedVAE's capacity grows to its end and stays there")
    func annealing() throws {
      for golden in try LossGoldens().objects("annealed_vae") {
        let step = try #require(golden["step"]?.integer)
        let position = TrainingPosition(step: step, stepCount: 300_000)
        for iterations in [100_000, nil] {
          let regularizer = AnnealedVAE(gamma: 1000, capacity: 25, iterations: iterations)
          let value = try Self.penalty(regularizer, .float64, at: position)
          #expect(Self.isClose(value, try #require(golden["value"]?.double)))
        }
      }
    }

    @Test("InfoVAE equals numpy's for both kernels", arguments: [DataType.float32, .float64])
    func infoVAE(type: DataType) throws {
      let golden = try LossGoldens()
      for kernel in DiscrepancyKernel.allCases {
        let loss = try InfoVAE(alpha: 0.3, lambda: 10, kernel: kernel)
          .penalty(golden.codes(type), prior: golden.tensor("prior", type))
        #expect(Self.isClose(try loss.value.item(), try golden.number("info_vae", kernel.rawValue)))
      }
    }

    @Test("FactorVAE's two terms equal numpy's", arguments: [DataType.float32, .float64])
    func factorVAE(type: DataType) throws {
      let golden = try LossGoldens()
      let draws = try golden.tensor("draw_logits", type)
      let correlation: Double = try LatentDiscriminator.totalCorrelation(draws).item()
      #expect(Self.isClose(correlation, try golden.number("factor_vae", "tc")))
      let loss: Double = try LatentDiscriminator.loss(
        joint: draws, shuffled: golden.tensor("shuffled_logits", type)
      ).item()
      #expect(Self.isClose(loss, try golden.number("factor_vae", "discriminator")))
    }

    @Test("MR-VAE weights every observation's rate with its own β")
    func multiRate() throws {
      let golden = try LossGoldens()
      let codes = try golden.codes(.float64)
      let rates = try Terms.klDivergence(mean: codes.mean, logVariance: codes.logVariance)
      let betas = try golden.numbers("inputs", "betas")
      let value: Double = try Terms.weightedMean(
        rates, weights: Tensor(betas, shape: [betas.count])
      ).item()
      #expect(Self.isClose(value, try golden.number("mr_vae")))
    }

    @Test("the controllers follow the published rules", arguments: ControlLaw.allCases)
    func controllers(law: ControlLaw) throws {
      let golden = try LossGoldens()
      let (rates, targets) = (
        try golden.numbers("inputs", "rates"), try golden.numbers("inputs", "targets")
      )
      let state = try Tensor([0, 1] as [Double], shape: [2])
      for (index, expected) in try golden.numbers("control_vae", law.rawValue).enumerated() {
        let weight = try law.weight(
          error: Tensor([targets[index] - rates[index]], shape: []), proportional: 0.4,
          integral: -0.01, state: state)
        #expect(Self.isClose(try weight.item(), expected), "step \(index)")
      }
    }

    @Test(
      "for generation the target stands from the start, the weight rises from 0, the gain is a tenth"
    )
    func generationLaw() throws {
      #expect(ControlLaw.generation.initialState == [0, 0])
      #expect(ControlLaw.disentangling.initialState == [0, 1])
      var options = ControlVAE.Options()
      options.targetRises = false
      let control = try ControlVAE(ParameterStore(device: .cpu).root, options)
      #expect(control.target(at: TrainingPosition(step: 0, stepCount: 100)) == 18)
      // Ten steps of one error: the integral is −10·kᵢ·e.
      func weight(_ name: String) throws -> Double {
        try TorchRandom.seed(0)
        let context = ModelContext(dataset: Scenes3D(), latentCount: 4, learningRate: 1e-4)
        let model = try ModelSpecification(parsing: name).make(context)
        let images = try ObservationSample(Scenes3D(), count: 4, seed: 0).images(4, on: .cpu)
        var shown = 0.0
        for step in 0..<10 {
          let batch = TrainingBatch(images: images, step: step, stepCount: 10, seed: 0)
          shown = try #require(
            model.losses(batch)[0].terms.first { $0.name == "beta" }
          ).value.item()
        }
        return shown
      }
      // Untrained, the rate is near 0 and far below the target: the weight stays at its floor.
      #expect(try weight("control-vae:law=generation,target=0") > 0)
      #expect(
        try weight("control-vae:law=generation,target=0")
          < weight("control-vae:law=generation,target=0,ki=-0.001"))
    }

    @Test("the discriminator's learning rate is the VAE's, as in the study")
    func discriminatorRate() throws {
      let context = ModelContext(dataset: Scenes3D(), latentCount: 4, learningRate: 5e-4)
      let groups = try ModelSpecification(parsing: "factor-vae").make(context).optimizerGroups
      #expect(groups.map(\.options.learningRate) == [5e-4, 5e-4])
      #expect(groups[1].options.betas == [0.5, 0.9])
      #expect(try ModelSpecification(parsing: "factor-vae").stepCount(of: 300_000) == 300_000)
      #expect(
        try ModelSpecification(parsing: "factor-vae:updates=half").stepCount(of: 300_000) == 150_000
      )
    }

    @Test("a controller survives errors at which e to their power overflows")
    func extremeErrors() throws {
      for law in ControlLaw.allCases {
        for error in [-1e6, 1e6] {
          let weight = try law.weight(
            error: Tensor([error], shape: []), proportional: 0.01, integral: -0.001,
            state: Tensor([0, 1] as [Double], shape: [2]))
          #expect(try weight.item().isFinite, "\(law) at \(error)")
        }
      }
    }

    @Test("ControlVAE's target rises in steps to its end")
    func target() throws {
      let store = ParameterStore(device: .cpu)
      let control = try ControlVAE(store.root, ControlVAE.Options())
      let targets = [0, 5000, 10_000, 583_333, 600_000, 1_500_000].map {
        control.target(at: TrainingPosition(step: $0, stepCount: 1_500_000))
      }
      for (target, expected) in zip(targets, [0.5, 0.5, 0.65, 17.9, 18, 18]) {
        #expect(abs(target - expected) < 0.151, "\(targets)")
      }
      #expect(zip(targets, targets.dropFirst()).allSatisfy { $0 <= $1 })
      #expect(targets.first == 0.5 && targets.last == 18)
    }
  }

  @Suite("Total correlation") struct TotalCorrelationTests {
    @Test("every stratified weight is positive, rows sum to 1, the diagonal is 1/N")
    func stratifiedWeights() {
      for (batch, count) in [(3, 3), (4, 10), (64, 480_000)] {
        let weights = TotalCorrelationEstimator.stratifiedWeights(
          batch: batch, observationCount: count)
        for row in 0..<batch {
          let own = weights[row * batch..<(row + 1) * batch]
          #expect(abs(own.reduce(0, +) - 1) < 1e-12)
          #expect(own.allSatisfy { $0 > 0 })
          #expect(weights[row * batch + row] == 1 / Double(count))
        }
        let published = TotalCorrelationEstimator.publishedWeights(
          batch: batch, observationCount: count)
        #expect(published != weights)
      }
    }

    /// Posteriors whose means are normal make a normal aggregate.
    ///
    /// Its total correlation is −½·log(1 − ρ²). With 2,000 draws the mean of the log-ratio has a
    /// standard error of 0.013; the tolerance is three of them.
    @Test("the estimators find the total correlation of a Gaussian when the batch is the data set")
    func gaussian() throws {
      try TorchRandom.seed(3)
      let count = 2000
      let noise = try Tensor.normal([count, 2], type: .float64)
      let mixing = try Tensor([1, 0.8, 0, 0.6] as [Double], shape: [2, 2])
      let mean = try noise.matmul(mixing)
      let logVariance = try Tensor.full([count, 2], -0.693_147_180_56, type: .float64)
      let codes = SampledCodes(
        mean: mean, logVariance: logVariance,
        latents: try Terms.sample(mean: mean, logVariance: logVariance, noise: mean.normalLike()))
      // Covariance of the draws: 1 + ½ on the diagonal, 0.8 beside it.
      let correlation = 0.8 / 1.5
      let expected = -0.5 * Foundation.log(1 - correlation * correlation)
      // The weighted estimators count each posterior 1/(B·N) or 1 instead of 1/N.
      let corrections: [(TotalCorrelationEstimator.Kind, Double)] = [
        (.study, Foundation.log(Double(count))), (.weighted, -Foundation.log(Double(count))),
        (.stratified, 0),
      ]
      for (kind, correction) in corrections {
        let estimate: Double = try TotalCorrelationEstimator(kind, observationCount: count)(codes)
          .item()
        #expect(abs(estimate + correction - expected) < 0.04, "\(kind): \(estimate), \(expected)")
      }
    }

    @Test("shuffling permutes every latent on its own")
    func shuffling() throws {
      try TorchRandom.seed(1)
      let rows = try Tensor.range(50).unsqueezed(1).expanded([50, 3])
      let shuffled = try LatentDiscriminator.shuffled(rows)
      let columns = try (0..<3).map { try shuffled.selected(1, $0).elements(as: Float.self) }
      for column in columns { #expect(column.sorted() == (0..<50).map(Float.init)) }
      #expect(columns[0] != columns[1] && columns[1] != columns[2])
    }
  }

  @Suite("FactorVAE") struct FactorVAETests {
    private func model(_ label: String) throws -> (ModelDefinition.Model, TrainingBatch) {
      try TorchRandom.seed(0)
      let dataset = Scenes3D()
      let context = ModelContext(dataset: dataset, latentCount: 10, learningRate: 1e-3)
      let model = try ModelSpecification(parsing: label).make(context)
      let sample = try ObservationSample(dataset, count: 16, seed: 0)
      let images = try sample.images(8 * model.batchesPerStep, on: .cpu)
      return (model, TrainingBatch(images: images, step: 0, stepCount: 10, seed: 0))
    }

    private func parameters(_ model: ModelDefinition.Model, discriminator: Bool) -> [Tensor] {
      model.store.entries.filter { $0.name.hasPrefix("discriminator.") == discriminator }
        .map(\.tensor)
    }

    private func largest(_ gradients: [Tensor?]) throws -> [Double] {
      try gradients.map { try $0?.abs().maximum().item() ?? 0 }
    }

    @Test(
      "the discriminator's loss never reaches the encoder, the VAE's does through the discriminator",
      arguments: ["factor-vae", "factor-vae:shuffles=second-batch"])
    func gradients(label: String) throws {
      let (model, batch) = try model(label)
      let losses = try model.losses(batch)
      let (vae, discriminator) = (
        parameters(model, discriminator: false), parameters(model, discriminator: true)
      )
      #expect(losses.count == 2 && model.optimizerGroups.count == 2)
      let leaked = try losses[1].value.gradients(of: vae, keepsGraph: true)
      #expect(leaked.allSatisfy { $0 == nil })
      let learned = try losses[1].value.gradients(of: discriminator, keepsGraph: true)
      #expect(try largest(learned).allSatisfy { $0 > 0 })
      let correlation = try #require(losses[0].terms.first { $0.name == "tc" }).value
      let encoder = model.store.entries.filter { $0.name.hasPrefix("encoder.") }.map(\.tensor)
      #expect(
        try largest(correlation.gradients(of: encoder, keepsGraph: true)).allSatisfy { $0 > 0 })
      // Each optimiser changes its own parameters, and together they change all.
      for entry in model.store.entries {
        #expect(model.optimizerGroups.count { $0.includes(entry.name) } == 1, "\(entry.name)")
      }
    }

    @Test("one step moves both the VAE and the discriminator")
    func bothMove() throws {
      let folder = try TemporaryFolder()
      let (model, _) = try model("factor-vae")
      func values() throws -> [[Float]] { try model.store.entries.map { try $0.tensor.elements() } }
      let before = try values()
      let context = ModelContext(dataset: Scenes3D(), latentCount: 10, learningRate: 1e-3)
      let trainer = try Trainer(
        model, named: "factor-vae", dataset: Scenes3D(),
        plan: TrainingPlan(stepCount: 1, batchSize: 4, seed: 0), folder: folder.path,
        context: context.json, isQuiet: true)
      _ = try trainer.train { false }
      for (entry, pair) in zip(model.store.entries, zip(before, try values())) {
        #expect(pair.0 != pair.1, "\(entry.name)")
      }
    }
  }
}
