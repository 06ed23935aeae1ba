import BenchSupport
import Datasets
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  @Suite("Decoder tuning") struct DecoderTuningTests {
    @Test("the adaptive weight is the ratio of the gradients' norms, within its bounds")
    func adaptiveWeight() throws {
      let store = ParameterStore(device: .cpu)
      let weight = try store.root.parameter("w", shape: [2, 2], .constant(1))
      let (a, b) = (
        try Tensor([3, 0, 0, 4] as [Float], shape: [2, 2]),
        try Tensor([0.5, 0.5, -0.5, 0.5] as [Float], shape: [2, 2])
      )
      // ∂/∂W Σ a·W² = 2a at W = 1, of norm 10; ∂/∂W Σ b·W = b, of norm 1.
      let reconstruction = try (a * weight.squared()).sum()
      let adversarial = try (b * weight).sum()
      let found = try DecoderTuning.adaptiveWeight(reconstruction, adversarial, at: weight)
      #expect(abs(try found.item() - 10 / (1 + 1e-4)) < 1e-4)
      #expect(!found.requiresGradient)
      let faint = try DecoderTuning.adaptiveWeight(
        reconstruction, adversarial * 1e-9, at: weight)
      #expect(try faint.item() == 1e4)
    }

    @Test("decoder and discriminator move, the encoder and σ do not")
    func movement() throws {
      let dataset = Scenes3D()
      let context = ModelContext(dataset: dataset, latentCount: 4, learningRate: 1e-3)
      try TorchRandom.seed(1)
      let made = try ModelSpecification(parsing: "multi-beta-vae").make(context)
      var options = DecoderTuning.Options()
      options.discriminatorWidth = 8
      options.warmUpStepCount = 1
      let model = try DecoderTuning(#require(made as? MultiBetaVAE), channelCount: 3, options)
      let before = try model.store.entries.map { try $0.tensor.elements(as: Float.self) }
      let folder = try TemporaryFolder()
      let trainer = try Trainer(
        model, named: DecoderTuning.name, dataset: dataset,
        plan: TrainingPlan(stepCount: 3, batchSize: 4, seed: 0), folder: folder.path,
        context: .null, isQuiet: true)
      _ = try trainer.train { false }
      for (entry, old) in zip(model.store.entries, before) where entry.isTrainable {
        let isMoved = try entry.tensor.elements(as: Float.self) != old
        let isTuned = ["decoder.", "discriminator."].contains { entry.name.hasPrefix($0) }
        // A bias before units that are all off may stay where it is; a weight may not.
        if entry.name.hasSuffix("weight") || !isTuned {
          #expect(isMoved == isTuned, "\(entry.name)")
        }
      }
      // Before the warm-up ends the adversarial loss does not count.
      let images = try ObservationSample(dataset, count: 2, seed: 0).images(2, on: .cpu)
      for (step, counts) in [(0, false), (1, true)] {
        let losses = try model.losses(
          TrainingBatch(images: images, step: step, stepCount: 1000, seed: 0))
        let weight = try #require(losses[0].terms.first { $0.name == "adaptive_weight" })
        #expect(try (weight.value.item() > 0) == counts)
      }
    }
  }
}
