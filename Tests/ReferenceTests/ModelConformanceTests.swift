import BenchSupport
import Datasets
import FoundationEssentials
import Reference
import TestSupport
import Testing
import Torch

/// What every model of the catalog must do; a new one is tested by being listed.
extension TorchSuites {
  @Suite("Every model") struct ModelConformanceTests {
    private static let dataset = Scenes3D()

    private static func context() -> ModelContext {
      ModelContext(dataset: dataset, latentCount: 10, learningRate: 1e-3)
    }

    private static func model(_ name: String, seed: UInt64 = 0) throws -> ModelDefinition.Model {
      try TorchRandom.seed(seed)
      return try ModelSpecification(parsing: name).make(context())
    }

    private static func train(
      _ name: String, steps: Int, batchSize: Int = 4, in folder: String, stopAfter: Int = .max,
      seed: UInt64 = 0, firstPassOnly: Bool = false
    ) throws -> ModelDefinition.Model {
      let model = try model(name, seed: seed)
      let plan = TrainingPlan(
        stepCount: steps, batchSize: batchSize, seed: seed, checkpointInterval: 1000,
        logInterval: 1,
        monitorInterval: 1000)
      let trainer = try Trainer(
        firstPassOnly ? FirstPass(model) : model, named: name, dataset: dataset, plan: plan,
        folder: folder,
        context: context().json, isQuiet: true)
      try trainer.train(stoppingAfter: stopAfter)
      return model
    }

    private static func weights(_ model: ModelDefinition.Model) throws -> [[Float]] {
      try model.store.state.map { try $0.tensor.elements() }
    }

    @Test(
      "the same seed gives the same weights, another seed others",
      arguments: ModelCatalog.smallNames)
    func determinism(name: String) throws {
      let folder = try TemporaryFolder()
      let runs = try [("a", 1), ("b", 1), ("c", 2)].map { part, seed in
        let path = "\(folder.path)/\(part)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return try Self.weights(Self.train(name, steps: 2, in: path, seed: UInt64(seed)))
      }
      #expect(runs[0] == runs[1])
      #expect(runs[0] != runs[2])
    }

    @Test(
      "an interrupted and resumed training ends with the same bits",
      arguments: ModelCatalog.smallNames)
    func resume(name: String) throws {
      let folder = try TemporaryFolder()
      let (whole, parts) = ("\(folder.path)/whole", "\(folder.path)/parts")
      for path in [whole, parts] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      let reference = try Self.weights(Self.train(name, steps: 3, in: whole))
      _ = try Self.train(name, steps: 3, in: parts, stopAfter: 2)
      // Whatever happens in between must not matter.
      try TorchRandom.seed(99)
      let resumed = try Self.weights(Self.train(name, steps: 3, in: parts))
      #expect(reference == resumed)
      // The optimisers' moments, the averages and the generators agree as well.
      let files = try [whole, parts].map {
        try Data(contentsOf: URL(filePath: "\($0)/checkpoint/optimizer.safetensors"))
      }
      #expect(files[0] == files[1])
    }

    /// The main loss on one batch at the end of the plan: there the objective is the same before and
    /// after, also where it changes in the course of a training.
    private static func finalLoss(_ model: ModelDefinition.Model, steps: Int) throws -> Double {
      let sample = try ObservationSample(dataset, count: 32, seed: 1)
      let images = try sample.images(16 * model.batchesPerStep, on: .cpu)
      try TorchRandom.seed(7)
      let batch = TrainingBatch(images: images, step: steps - 1, stepCount: steps, seed: 7)
      return try withoutGradients { try model.losses(batch)[0].value.item() }
    }

    /// A model of which the first pass alone moves something: what only others move is its opponent.
    private final class FirstPass: TrainableModel {
      private let model: any TrainableModel

      init(_ model: any TrainableModel) { self.model = model }

      var store: ParameterStore { model.store }
      var optimizerGroups: [OptimizerGroup] {
        let moving = model.passes(at: 0, of: 1)[0]
        return model.optimizerGroups.map { group in
          guard !moving.contains(group.name) else { return group }
          return OptimizerGroup(
            name: group.name, options: Adam.Options(learningRate: 0), includes: group.includes)
        }
      }
      var averageDecay: Double? { model.averageDecay }
      var batchesPerStep: Int { model.batchesPerStep }
      func passes(at step: Int, of stepCount: Int) -> [[String]] {
        model.passes(at: step, of: stepCount)
      }
      func restart(at step: Int, of stepCount: Int) throws -> [String] {
        try model.restart(at: step, of: stepCount)
      }
      func losses(_ batch: TrainingBatch) throws -> [Loss] { try model.losses(batch) }
      func conclude(_ images: Tensor) throws { try model.conclude(images) }
    }

    @Test(
      "the loss falls, that of the first pass where others work against it",
      arguments: ModelCatalog.smallNames)
    func lossFalls(name: String) throws {
      let folder = try TemporaryFolder()
      let model = try Self.model(name)
      // Judges with spectral norms swing at first: any step is large beside their first weights.
      let steps = model.passes(at: 0, of: 1).count > 1 ? 50 : 15
      let before = try Self.finalLoss(model, steps: steps)
      let after = try Self.finalLoss(
        Self.train(name, steps: steps, batchSize: 16, in: folder.path, firstPassOnly: true),
        steps: steps)
      #expect(after < before)
    }

    /// The rate is taken a moment before the seconds: their product is never less than the images.
    @Test(
      "images per second are those of all batches of a step",
      arguments: [("factor-vae", 1), ("factor-vae:shuffles=second-batch", 2)])
    func speed(name: String, batchesPerStep: Int) throws {
      let folder = try TemporaryFolder()
      let plan = TrainingPlan(stepCount: 2, batchSize: 4, seed: 0)
      let summary = try Trainer(
        Self.model(name), named: name, dataset: Self.dataset, plan: plan, folder: folder.path,
        context: Self.context().json, isQuiet: true
      ).train { false }
      let imageCount = Double(2 * 4 * batchesPerStep)
      #expect(summary.imagesPerSecond * summary.seconds >= imageCount * (1 - 1e-9))
    }

    @Test(
      "unequal parts of a batch give its losses and gradients, or are refused",
      arguments: ModelCatalog.smallNames)
    func parts(name: String) throws {
      try PartsTests.check(Self.model(name), named: name)
    }

    @Test(
      "codes, rates and images have their shapes and ranges",
      arguments: ModelCatalog.smallNames)
    func shapes(name: String) throws {
      let model = try Self.model(name)
      let sample = try ObservationSample(Self.dataset, count: 5, seed: 0)
      let images = try sample.images(5, on: .cpu)
      let points = try model.points()
      for point in try points + (points.isEmpty ? [] : [model.sharpestPoint()]) {
        let encoding = try model.encode(images, at: point)
        #expect(encoding.mean.shape == [5, model.latentCount])
        if let rate = encoding.rate {
          #expect(rate.shape == [5])
          #expect(try rate.minimum().item() >= -1e-4)
        }
        if let rate = encoding.rate, let latentRates = encoding.latentRates {
          #expect(latentRates.shape == [5, model.latentCount])
          #expect(try (latentRates.sum([1]) - rate).abs().maximum().item() < 1e-4)
        }
        let decoded = try model.decode(encoding.mean, at: point)
        #expect(decoded.shape == images.shape)
        #expect(try decoded.minimum().item() >= 0 && decoded.maximum().item() <= 1)
      }
      let noise = try Tensor.normal([5, model.noiseCount])
      #expect(model.noiseCount >= model.latentCount)
      let samples = try withoutGradients { try model.sample(noise) }
      #expect(samples.shape == images.shape)
      #expect(try samples.minimum().item() >= 0 && samples.maximum().item() <= 1)
      // A sample depends on its own noise only, to rounding: products of matrices of other sizes add otherwise.
      let alone = try withoutGradients {
        try model.sample(noise.narrowed(0, start: 1, count: 1))
      }
      #expect(
        try (alone - samples.narrowed(0, start: 1, count: 1)).abs().maximum().item() < 1e-4)
    }

    @Test(
      "a checkpoint opens alone and encodes as the trained model did",
      arguments: ModelCatalog.smallNames)
    func opensAlone(name: String) throws {
      let folder = try TemporaryFolder()
      let model = try Self.train(name, steps: 1, in: folder.path)
      let opened = try TrainedModel(folder: folder.path, device: .cpu)
      let images = try ObservationSample(Self.dataset, count: 4, seed: 0).images(4, on: .cpu)
      guard let point = try model.points().first else { return }
      #expect(
        try opened.model.encode(images, at: point).mean.elements()
          == model.encode(images, at: point).mean.elements())
      #expect(opened.label == name)
    }

    @Test(
      "unknown options and values out of range are refused", arguments: ModelCatalog.all.map(\.name)
    )
    func options(name: String) throws {
      #expect(throws: TrainingError.self) { try ModelSpecification(parsing: "\(name):nonsense=1") }
      for option in ModelCatalog.all.first(where: { $0.name == name })?.options ?? [] {
        #expect(throws: TrainingError.self) {
          try ModelSpecification(parsing: "\(name):\(option.name)=nonsense")
        }
        #expect(throws: TrainingError.self) {
          try ModelSpecification(parsing: "\(name):\(option.name)")
        }
      }
    }
  }

  @Suite("A training that diverges") struct DivergenceTests {
    /// A model whose loss is infinite from a step on.
    private final class Diverging: TrainableModel {
      let store = ParameterStore(device: .cpu)
      let parameter: Tensor
      let optimizerGroups = [
        OptimizerGroup(
          name: "model", options: Adam.Options(learningRate: 0.1), maximumGradientNorm: 1)
      ]
      let isLossFinite: Bool

      init(isLossFinite: Bool) throws {
        parameter = try store.root.parameter("x", shape: [1], .constant(1))
        self.isLossFinite = isLossFinite
      }

      func losses(_ batch: TrainingBatch) throws -> [Loss] {
        let sum = try parameter.sum()
        let term =
          if batch.step < 3 {
            sum
          } else if isLossFinite {
            // The root has the value 0 and the slope ∞ at 0.
            try sum + (parameter * 0).squareRoot().sum()
          } else {
            try sum * .infinity
          }
        return [Loss(term, terms: [("reconstruction", term)])]
      }
    }

    private static func trainer(_ folder: String, isLossFinite: Bool = false) throws -> Trainer {
      let plan = TrainingPlan(
        stepCount: 100, batchSize: 1, seed: 0, checkpointInterval: 2, logInterval: 100,
        monitorInterval: 100)
      return try Trainer(
        Diverging(isLossFinite: isLossFinite), named: "diverging", dataset: Scenes3D(), plan: plan,
        folder: folder,
        context: .null, isQuiet: true)
    }

    @Test("keeps gradients that are not finite from the parameters though the loss is finite")
    func gradients() throws {
      let folder = try TemporaryFolder()
      let trainer = try Self.trainer(folder.path, isLossFinite: true)
      let checkpoint = "\(folder.path)/checkpoint"
      let error = TrainingError.diverged(step: 13, term: "gradient", checkpoint: checkpoint)
      #expect(throws: error) { try trainer.train { false } }
      #expect("\(error)".hasPrefix("The gradient was not finite for ten steps in a row"))
      let saved = try Checkpoint(folder: checkpoint)
      #expect(saved.state.skippedStepCount == 9)
      // Three steps of Adam at 0.1 from 1.
      #expect(abs(try saved.model.tensor("x").elements()[0] - 0.7) < 1e-5)
    }

    @Test("is noticed after as many steps if it is interrupted in between")
    func resumed() throws {
      let folder = try TemporaryFolder()
      let checkpoint = "\(folder.path)/checkpoint"
      var count = 0
      #expect(throws: TrainingError.interrupted(step: 8, checkpoint: checkpoint)) {
        try Self.trainer(folder.path).train {
          count += 1
          return count == 8
        }
      }
      #expect(try Checkpoint(folder: checkpoint).state.badStepsInARow == 5)
      #expect(
        throws: TrainingError.diverged(step: 13, term: "loss", checkpoint: checkpoint)
      ) { try Self.trainer(folder.path).train { false } }
    }

    @Test("counts its bad steps from 0 after a checkpoint of an older version")
    func older() throws {
      let folder = try TemporaryFolder()
      let checkpoint = "\(folder.path)/checkpoint"
      var count = 0
      #expect(throws: TrainingError.self) {
        try Self.trainer(folder.path).train {
          count += 1
          return count == 8
        }
      }
      let path = "\(checkpoint)/state.json"
      let text = try String(contentsOfFile: path, encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.contains("badStepsInARow") })
      try AtomicFile.write(
        Array(text.replacing(line + "\n", with: "").utf8), to: path)
      #expect(
        throws: TrainingError.diverged(step: 18, term: "loss", checkpoint: checkpoint)
      ) { try Self.trainer(folder.path).train { false } }
    }

    @Test("names the step, the term and the last good checkpoint")
    func stops() throws {
      let folder = try TemporaryFolder()
      let trainer = try Self.trainer(folder.path)
      let checkpoint = "\(folder.path)/checkpoint"
      #expect(
        throws: TrainingError.diverged(step: 13, term: "loss", checkpoint: checkpoint)
      ) { try trainer.train { false } }
      // Skipped steps are no progress: the parameters are those of the last good step.
      let state = try Checkpoint(folder: checkpoint).state
      #expect(state.step == 12)
      #expect(state.skippedStepCount == 9)
    }
  }
}
