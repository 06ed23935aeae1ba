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
    @Test("show in the losses of every model", arguments: ModelCatalog.all.map(\.name))
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
      for entry in model.store.entries where entry.isTrainable {
        let whole = try withoutGradients { try entry.tensor.detached().cloned() }
        try withoutGradients { try entry.tensor.multiplyInPlace(.nan) }
        #expect(try !areFinite(), "\(entry.name)")
        try withoutGradients { try entry.tensor.copyInPlace(whole) }
      }
      #expect(try areFinite())
    }
  }
}
