import BenchSupport
import Datasets
import FoundationEssentials
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  @Suite("Parts of a batch") struct PartsTests {
    private static let dataset = Scenes3D()

    /// What a model says of parts must be true: those of unequal size give the batch's losses and
    /// gradients, or training in parts is refused.
    static func check(_ model: any TrainableModel, named name: String) throws {
      guard model.isDivisible else {
        let folder = try TemporaryFolder()
        #expect(throws: TrainingError.notDivisible(model: name, partCount: 2)) {
          try Trainer(
            model, named: name, dataset: dataset,
            plan: TrainingPlan(stepCount: 1, batchSize: 8, seed: 0, partCount: 2),
            folder: folder.path, context: .null, isQuiet: true)
        }
        return
      }
      let images = try ObservationSample(dataset, count: 8, seed: 0).images(8, on: .cpu)
      let parts = try [0..<3, 3..<8].map { rows in
        try PartialBatch(model, images, BatchShard(batchSize: 8, rows: rows))
      }
      try PartialBatch(model, images, BatchShard(batchSize: 8)).expectMeans(of: parts)
    }

    /// ``ModelConformanceTests`` checks that these are right.
    @Test("are for losses that are means over observations alone")
    func divisible() throws {
      let context = ModelContext(dataset: Self.dataset, latentCount: 10, learningRate: 1e-3)
      let names = try ModelCatalog.all.map(\.name).filter { name in
        try ModelSpecification(parsing: name).make(context).isDivisible
      }
      #expect(
        names == ["multi-beta-vae", "multi-beta-vae-diag", "multi-beta-vae-diag-x", "beta-vae"])
      let error = TrainingError.notDivisible(model: "control-vae", partCount: 4)
      #expect("\(error)".hasPrefix("'control-vae' cannot work on a batch in 4 parts: "))
    }

    @Test("are for the second stage and not for the decoder's tuning")
    func laterStages() throws {
      try TorchRandom.seed(0)
      let context = ModelContext(dataset: Self.dataset, latentCount: 10, learningRate: 1e-3)
      let made = try ModelSpecification(parsing: "multi-beta-vae").make(context)
      let autoencoder = try #require(made as? MultiBetaVAE)
      for weighting in DiffusionOptions.Weighting.allCases {
        var options = DiffusionOptions()
        options.noisesPerImage = 2
        options.weighting = weighting
        // Displacements are differences over 1/N, which multiplies what convolutions of other batch sizes round
        // differently; with N = 1,000 that can be seen on some processors.
        options.stepCount = 10
        let diffusion = try LatentDiffusion(autoencoder, options)
        #expect(diffusion.isDivisible)
        try Self.check(diffusion, named: LatentDiffusion.name)
      }
      let tuning = try DecoderTuning(autoencoder, channelCount: 3, DecoderTuning.Options())
      #expect(!tuning.isDivisible)
      try Self.check(tuning, named: DecoderTuning.name)
    }

    /// A parameter drawn to the brightness of images: nothing about it is random.
    private final class Brightness: TrainableModel {
      let store = ParameterStore(device: .cpu)
      let parameter: Tensor
      let isDivisible = true
      let optimizerGroups = [
        OptimizerGroup(name: "model", options: Adam.Options(learningRate: 0.1))
      ]

      init() throws { parameter = try store.root.parameter("x", shape: [1], .constant(1)) }

      func losses(_ batch: TrainingBatch) throws -> [Loss] {
        let means = try batch.images.mean([1, 2, 3])
        let errors = try (parameter - means).squared()
        return [Loss(try errors.mean(), terms: [("error", errors), ("mean", try means.mean())])]
      }
    }

    /// The gradient and the logged losses of a step on five images.
    private static func step(partCount: Int?) throws -> (moment: Double, terms: [String: Double]) {
      let folder = try TemporaryFolder()
      let trainer = try Trainer(
        Brightness(), named: "brightness", dataset: dataset,
        plan: TrainingPlan(stepCount: 1, batchSize: 5, seed: 0, partCount: partCount),
        folder: folder.path, context: .null, isQuiet: true)
      _ = try trainer.train { false }
      let moment = try SafetensorsFile(path: "\(folder.path)/checkpoint/optimizer.safetensors")
        .tensor("model.first.x").item()
      let lines = try Data(contentsOf: URL(filePath: "\(folder.path)/log.jsonl"))
        .split(separator: UInt8(ascii: "\n")).map { try JSONValue(parsing: $0) }
      guard case .object(let terms)? = lines[0]["terms"] else { return (moment, [:]) }
      return (moment, terms.compactMapValues(\.double))
    }

    /// Of five images the parts have two and three, or one, two and two; losses are of order one, in
    /// single precision.
    @Test(
      "count as much as they have images, in gradients and logged losses", arguments: [2, 3, 5, 9])
    func weights(partCount: Int) throws {
      let (whole, parts) = (try Self.step(partCount: nil), try Self.step(partCount: partCount))
      #expect(abs(parts.moment - whole.moment) <= 1e-6 * abs(whole.moment))
      #expect(Set(whole.terms.keys) == ["loss", "error", "mean"])
      #expect(whole.terms.keys == parts.terms.keys)
      for (name, value) in whole.terms {
        #expect(abs((parts.terms[name] ?? .nan) - value) <= 1e-6 * abs(value), "\(name)")
      }
    }
  }
}
