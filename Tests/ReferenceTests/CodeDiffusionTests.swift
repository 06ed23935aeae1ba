import BenchSupport
import Datasets
import Foundation
import Reference
import TestSupport
import Testing
import Torch

/// The second stage of diffusion models of pixels with codes.
extension TorchSuites {
  @Suite("Diffusion of codes") struct CodeDiffusionTests {
    private static let dataset = Scenes3D()

    private static func first(_ name: String, latents: Int = 4) throws -> any CodedDiffusion {
      try TorchRandom.seed(0)
      let context = ModelContext(dataset: dataset, latentCount: latents, learningRate: 1e-3)
      let model = try ModelSpecification(parsing: name).make(context)
      let coded = try #require(model as? any CodedDiffusion)
      try withoutGradients { try coded.conclude(images(64)) }
      return coded
    }

    private static func images(_ count: Int) throws -> Tensor {
      try ObservationSample(dataset, count: count, seed: 1).images(count, on: .cpu)
    }

    private static func stage(on model: any CodedDiffusion) throws -> CodeDiffusion {
      try TorchRandom.seed(1)
      var options = CodeDiffusion.Options()
      options.width = 64
      options.learningRate = 1e-3
      options.averageDecay = 0.99
      return try CodeDiffusion(model, options)
    }

    private static func train(
      _ model: any TrainableModel, steps: Int, batchSize: Int = 8, in folder: String,
      stopAfter: Int = .max
    ) throws {
      let trainer = try Trainer(
        model, named: CodeDiffusion.name, dataset: dataset,
        plan: TrainingPlan(stepCount: steps, batchSize: batchSize, seed: 0), folder: folder,
        context: .null, isQuiet: true)
      try trainer.train(stoppingAfter: stopAfter)
    }

    @Test("has the published number of parameters for codes of 512 numbers")
    func size() throws {
      let stage = try CodeDiffusion(
        Self.first("diffae:width=8", latents: 512), CodeDiffusion.Options(), isOutline: true)
      #expect(stage.store.parameterCount == 54_109_696)
    }

    @Test("is the second stage of every diffusion model of pixels that has codes")
    func stages() throws {
      let names = ModelCatalog.all.filter { definition in
        definition.laterStages.contains { $0.folder == "codes" }
      }.map(\.name)
      #expect(names == ["diffae", "info-diffusion", "encdiff", "disdiff"])
    }

    @Test(
      "codes of images have mean 0 and deviation 1, and the error starts at that of no prediction")
    func start() throws {
      let stage = try Self.stage(on: Self.first("diffae:width=8"))
      let images = try Self.images(64)
      try withoutGradients {
        let codes = try stage.codes(of: images)
        #expect(try codes.mean([0]).abs().maximum().item() < 1e-4)
        #expect(try (codes.variance([0]) - 1).abs().maximum().item() < 1e-4)
        let batch = TrainingBatch(images: images, step: 0, stepCount: 1, seed: 0)
        let value = try stage.losses(batch)[0].value.item()
        // √(2/π), of 256 normal numbers.
        #expect(abs(value - 0.797885) < 0.1)
      }
    }

    /// Noise beside codes of unit variance leaves an error of 0.2 in the mean over the states; 0.8 is that of no
    /// prediction.
    @Test(
      "learns, ends with the same bits after an interruption, and leaves the first stage alone",
      arguments: ["diffae:width=8", "disdiff:width=8"])
    func training(name: String) throws {
      let folder = try TemporaryFolder()
      let first = try Self.first(name)
      func elements(_ store: ParameterStore) throws -> [[Float]] {
        try store.state.map { try $0.tensor.elements() }
      }
      let before = try elements(first.store)
      var ends: [[[Float]]] = []
      for (part, stops) in [("whole", [Int.max]), ("parts", [100, .max])] {
        let path = "\(folder.path)/\(part)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for stop in stops {
          let stage = try Self.stage(on: first)
          if part == "parts" && stop == .max { try TorchRandom.seed(99) }
          try Self.train(stage, steps: 150, in: path, stopAfter: stop)
          if stop == .max { ends.append(try elements(stage.store)) }
        }
      }
      #expect(ends[0] == ends[1])
      #expect(try elements(first.store) == before)
      let lines = try String(contentsOfFile: "\(folder.path)/whole/log.jsonl", encoding: .utf8)
        .split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
      let errors = lines.compactMap { $0["terms"]?["noise"]?.double }
      #expect(try #require(errors.last) < 0.45, "\(errors)")
    }

    @Test("samples depend on their own noise alone")
    func samples() throws {
      let first = try Self.first("diffae:width=8,sampling-steps=2")
      let stage = try Self.stage(on: first)
      let noise = try Tensor.normal([3, first.noiseCount])
      let all = try stage.images(ofNoise: noise)
      let one = try stage.images(ofNoise: noise.narrowed(0, start: 1, count: 1))
      #expect(all.shape == [3, 3, 64, 64])
      #expect(try (all.narrowed(0, start: 1, count: 1) - one).abs().maximum().item() < 1e-4)
      // An untrained net predicts no noise: every code is a multiple of its numbers, around the mean of the images'.
      let mean = try withoutGradients {
        try first.encode(Self.images(64), at: first.points()[0]).mean.mean([0])
      }
      let codes = try stage.drawn(Tensor.zeros([2, 4]))
      #expect(try (codes - mean).abs().maximum().item() < 1e-4)
    }

    @Test(
      "a NaN among its parameters shows in its loss; parts of a batch and shares of it give that of the whole"
    )
    func conformance() throws {
      let stage = try Self.stage(on: Self.first("diffae:width=8"))
      let batch = TrainingBatch(images: try Self.images(4), step: 1, stepCount: 2, seed: 7)
      for entry in stage.store.entries where entry.isTrainable {
        let whole = try withoutGradients { try entry.tensor.detached().cloned() }
        try withoutGradients {
          try entry.tensor.multiplyInPlace(.nan)
          #expect(try !stage.losses(batch)[0].value.item().isFinite, "\(entry.name)")
          try entry.tensor.copyInPlace(whole)
        }
      }
      try PartsTests.check(stage, named: CodeDiffusion.name)
      try DataParallelTests.checkShares(of: stage)
    }
  }
}
