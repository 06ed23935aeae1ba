import BenchSupport
import Datasets
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  /// A NaN among a model's parameters must show in its losses: a training step leaves out what is not
  /// finite and ends after ten such steps, but cannot see what an operator turned into a number.
  @Suite("Parameters that are not finite") struct NotFiniteTests {
    @Test("show in the losses of every model", arguments: ModelCatalog.smallNames)
    func losses(name: String) throws {
      let dataset = Scenes3D()
      let context = ModelContext(dataset: dataset, latentCount: 10, learningRate: 1e-3)
      try TorchRandom.seed(0)
      let model = try ModelSpecification(parsing: name).make(context)
      let images = try ObservationSample(dataset, count: 8, seed: 1)
        .images(4 * model.batchesPerStep, on: .cpu)
      func areFinite() throws -> Bool {
        try withoutGradients {
          try model.passes(at: 1, of: 2).indices.allSatisfy { pass in
            let batch = TrainingBatch(images: images, step: 1, stepCount: 2, seed: 7, pass: pass)
            return try model.losses(batch).allSatisfy { try $0.value.item().isFinite }
          }
        }
      }
      #expect(try areFinite())
      for entry in Self.firstAndLast(model.store.entries.filter(\.isTrainable)) {
        let whole = try withoutGradients { try entry.tensor.detached().cloned() }
        try withoutGradients { try entry.tensor.multiplyInPlace(.nan) }
        #expect(try !areFinite(), "\(entry.name)")
        try withoutGradients { try entry.tensor.copyInPlace(whole) }
      }
      #expect(try areFinite())
    }

    /// The first and the last of every kind of parameters, such as weights of convolutions.
    ///
    /// Names of a kind differ in nothing but numbers. U-Nets have hundreds of one.
    private static func firstAndLast(_ entries: [ParameterStore.Entry]) -> [ParameterStore.Entry] {
      let kinds = Dictionary(grouping: entries) { $0.name.filter { !$0.isNumber } }
      let names = Set(kinds.values.flatMap { [$0[0].name, $0[$0.count - 1].name] })
      return entries.filter { names.contains($0.name) }
    }

    @Test(
      "images that are not finite change nothing, running moments included",
      arguments: ["beta-vae", "control-vae", "mr-vae", "infogan"])
    func badStep(name: String) throws {
      let dataset = Scenes3D()
      let context = ModelContext(dataset: dataset, latentCount: 10, learningRate: 1e-3)
      try TorchRandom.seed(0)
      let model = try ModelSpecification(parsing: name).make(context)
      let optimizers = try TrainingOptimizers(model)
      let images = try ObservationSample(dataset, count: 8, seed: 1)
        .images(4 * model.batchesPerStep, on: .cpu)
      let plan = TrainingPlan(stepCount: 3, batchSize: 4, seed: 0)
      // A pass before the one that sees the images is not bad, and moves its parameters.
      let entries = model.store.entries.filter {
        !$0.isTrainable || model.passes(at: 1, of: 3).count == 1
      }
      func step(_ images: Tensor, _ number: Int) throws -> [[Float]] {
        let batch = TrainingBatch(images: images, step: number, stepCount: 3, seed: 0)
        _ = try optimizers.step(model, batch, plan)
        return try entries.map { try $0.tensor.elements() }
      }
      let first = try step(images, 0)
      #expect(try step(images * .nan, 1) == first)
      let third = try step(images, 2)
      #expect(third != first && third.joined().allSatisfy(\.isFinite))
    }
  }
}
