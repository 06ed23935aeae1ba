import BenchSupport
import Datasets
import FoundationEssentials
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  /// What every model must do to run on a graphics processor, tried on a stand-in: nothing mixes devices, no
  /// step waits for a number, and the numbers are those of the processor.
  @Suite("On another device, every model") struct DeviceConformanceTests {
    private static let dataset = Scenes3D()

    /// The catalog, and options that compute in other ways.
    private static let names =
      ModelCatalog.smallNames + [
        "beta-tcvae:estimator=mss", "beta-tcvae:estimator=mws", "info-vae:kernel=rbf",
        "factor-vae:shuffles=second-batch", "control-vae:law=linear", "control-vae:law=generation",
        "mr-vae:loss=bernoulli", "multi-beta-vae-diag:times=logit,reduction=sum",
        "multi-beta-vae:kappa=2", "infogan-cr:norm=spectral",
      ]

    private static func context(_ device: Device) -> ModelContext {
      ModelContext(dataset: dataset, latentCount: 4, learningRate: 1e-3, device: device)
    }

    private static func model(_ name: String, _ device: Device) throws -> ModelDefinition.Model {
      try TorchRandom.seed(0)
      return try ModelSpecification(parsing: name).make(context(device))
    }

    /// What a training of four steps showed.
    private struct Training {
      /// What went between the devices from the second step's end to the third's.
      let traffic: StandInDevice.Traffic
      /// The logged terms of the first step and of the last.
      let terms: [[String: Double]]

      /// Whether the terms of two trainings agree: those of the first step to rounding, those of the last, which
      /// updates of weights with next to no gradient lie between, to a thousandth.
      func agrees(with other: Training, tolerances: [Double] = [1e-5, 1e-3]) -> Bool {
        zip(zip(terms, other.terms), tolerances).allSatisfy { terms, tolerance in
          !terms.0.isEmpty && terms.0.keys == terms.1.keys
            && terms.0.allSatisfy { name, value in
              let expected = terms.1[name] ?? .nan
              return abs(value - expected) <= tolerance * max(abs(expected), 1e-2)
            }
        }
      }
    }

    private static func train(_ model: any TrainableModel, parts: Int? = nil) throws -> Training {
      let folder = try TemporaryFolder()
      let standIn = try StandInDevice.shared()
      try TorchRandom.seed(1)
      let plan = TrainingPlan(
        stepCount: 4, batchSize: 4, seed: 0, checkpointInterval: 1000, logInterval: 1000,
        monitorInterval: 1000, partCount: parts)
      let trainer = try Trainer(
        model, named: "tried", dataset: dataset, plan: plan, folder: folder.path, context: .null,
        isQuiet: true)
      var afterSteps: [StandInDevice.Traffic] = []
      _ = try trainer.train {
        afterSteps.append(standIn.traffic)
        return false
      }
      let (before, after) = (afterSteps[1], afterSteps[2])
      let lines = try String(contentsOfFile: "\(folder.path)/log.jsonl", encoding: .utf8)
        .split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
      return Training(
        traffic: StandInDevice.Traffic(
          reads: after.reads - before.reads, uploads: after.uploads - before.uploads),
        terms: lines.compactMap { line in
          guard case .object(let terms) = line["terms"] else { return nil }
          return terms.compactMapValues(\.double)
        })
    }

    @Test("trains as on the processor, and no step reads a number back", arguments: names)
    func training(name: String) throws {
      let standIn = try StandInDevice.shared()
      let found = try Self.train(Self.model(name, standIn.device))
      #expect(found.traffic.reads == 0, "a step waits for the device")
      // The images, and what a step draws on the processor: positions on a β axis, weights of a mixture.
      #expect((1...3).contains(found.traffic.uploads), "\(found.traffic.uploads) uploads")
      let expected = try Self.train(Self.model(name, .cpu))
      #expect(found.agrees(with: expected), "\(found.terms), on the processor \(expected.terms)")
    }

    @Test("works on batches in parts", arguments: ["beta-vae", "multi-beta-vae"])
    func parts(name: String) throws {
      let standIn = try StandInDevice.shared()
      let found = try Self.train(Self.model(name, standIn.device), parts: 2)
      #expect(found.traffic.reads == 0)
      #expect(found.agrees(with: try Self.train(Self.model(name, .cpu), parts: 2)))
    }

    @Test("encodes and decodes where it lives", arguments: names)
    func representations(name: String) throws {
      let device = try StandInDevice.shared().device
      let (model, reference) = (try Self.model(name, device), try Self.model(name, .cpu))
      let sample = try ObservationSample(Self.dataset, count: 3, seed: 0)
      let images = try sample.images(3, on: device)
      let points = try withoutGradients { try model.points() }
      #expect(try withoutGradients { try reference.points() }.map(\.label) == points.map(\.label))
      try withoutGradients {
        let sharpest = points.isEmpty ? nil : try model.sharpestPoint()
        for point in [points.first, points.last, sharpest].compactMap(\.self) {
          let code = try model.encode(images, at: point)
          let decoded = try model.decode(code.mean, at: point)
          #expect(
            ([code.mean, decoded] + [code.rate].compactMap(\.self)).allSatisfy {
              $0.device == device
            })
          let expected = try reference.encode(sample.images(3, on: .cpu), at: point)
          for (found, expected) in [
            (code.mean, expected.mean), (code.rate ?? code.mean, expected.rate ?? expected.mean),
            (decoded, try reference.decode(expected.mean, at: point)),
          ] {
            let difference = try found.to(.cpu) - expected
            #expect(try difference.abs().maximum().item() < 1e-4)
          }
        }
        #expect(
          try abs(
            ImageStatistics.sharpness(images)
              - ImageStatistics.sharpness(sample.images(3, on: .cpu))) < 1e-6)
      }
    }

    // MARK: - Stages

    /// A first stage whose codes depend on β, which they do not before training: modulations start at zero.
    private static func autoencoder(_ name: String, _ device: Device) throws -> MultiBetaVAE {
      let model = try #require(try model(name, device) as? MultiBetaVAE)
      var random = Philox(seed: 5)
      try withoutGradients {
        for entry in model.store.entries where entry.isTrainable {
          let change = try Tensor(
            random.normals(entry.tensor.count), shape: entry.tensor.shape, device: device)
          try entry.tensor.addInPlace(change, scale: 0.03)
        }
      }
      return model
    }

    private static func diffusion(_ name: String, _ device: Device) throws -> LatentDiffusion {
      let autoencoder = try autoencoder(name, device)
      var options = DiffusionOptions()
      options.width = 32
      let model = try LatentDiffusion(autoencoder, options)
      try withoutGradients {
        try model.prepare(ObservationSample(dataset, count: 8, seed: 2).images(8, on: device))
      }
      return model
    }

    @Test(
      "trains a second stage and samples from it, in every way",
      arguments: ["multi-beta-vae", "multi-beta-vae-diag", "multi-beta-vae-diag-x"])
    func secondStage(name: String) throws {
      let device = try StandInDevice.shared().device
      let (tried, reference) = (try Self.diffusion(name, device), try Self.diffusion(name, .cpu))
      let found = try Self.train(tried)
      #expect(found.traffic.reads == 0, "a step waits for the device")
      let expected = try Self.train(reference)
      // Targets are differences over a thousandth of the axis, in which rounding counts a thousandfold.
      #expect(
        found.agrees(with: expected, tolerances: [1e-2, 1e-1]),
        "\(found.terms), on the processor \(expected.terms)")
      // Samples are compared with the same weights.
      let model = try LatentDiffusion(Self.autoencoder(name, device), tried.options)
      try withoutGradients {
        for (own, other) in zip(model.store.state, reference.store.state) {
          try own.tensor.copyInPlace(other.tensor)
        }
      }
      for sampler in Sampler.all {
        var options = SamplingOptions(sampler: sampler, stepCount: 3)
        options.batchSize = 2
        let samples = try model.generate(0..<3, options)
        let expected = try reference.generate(0..<3, options)
        #expect(samples.device == device)
        let difference = try (samples.to(.cpu) - expected).abs().maximum().item()
        #expect(
          try difference < 1e-3 * max(1, expected.abs().maximum().item()),
          "\(sampler.name): \(difference)")
      }
    }

    @Test("tunes its decoder against a discriminator")
    func decoderTuning() throws {
      func tuned(_ device: Device) throws -> Training {
        var options = DecoderTuning.Options()
        options.discriminatorWidth = 8
        options.warmUpStepCount = 1
        return try Self.train(
          DecoderTuning(Self.autoencoder("multi-beta-vae", device), channelCount: 3, options))
      }
      let found = try tuned(StandInDevice.shared().device)
      #expect(found.traffic.reads == 0, "a step waits for the device")
      let expected = try tuned(.cpu)
      #expect(found.agrees(with: expected), "\(found.terms), on the processor \(expected.terms)")
    }

    @Test("trains a diffusion model of codes", arguments: ["diffae:width=8", "disdiff:width=8"])
    func codeDiffusion(name: String) throws {
      func trained(_ device: Device) throws -> Training {
        let first = try #require(try Self.model(name, device) as? any CodedDiffusion)
        var options = CodeDiffusion.Options()
        options.width = 32
        return try Self.train(CodeDiffusion(first, options))
      }
      let found = try trained(StandInDevice.shared().device)
      #expect(found.traffic.reads == 0, "a step waits for the device")
      #expect((1...3).contains(found.traffic.uploads), "\(found.traffic.uploads) uploads")
      let expected = try trained(.cpu)
      #expect(found.agrees(with: expected), "\(found.terms), on the processor \(expected.terms)")
    }

    @Test(
      "trains DisCo on a frozen model",
      arguments: ["beta-vae", "mr-vae", "infogan-cr", "multi-beta-vae"])
    func disco(name: String) throws {
      func trained(_ device: Device) throws -> Training {
        let generator: ModelDefinition.Model =
          try name == "multi-beta-vae"
          ? Self.autoencoder(name, device) : Self.model(name, device)
        let frozen = try #require(generator as? any ExplorableModel)
        return try Self.train(DisCo(frozen, Self.context(device), DisCo.Options()))
      }
      let found = try trained(StandInDevice.shared().device)
      #expect(found.traffic.reads == 0, "a step waits for the device")
      #expect((1...3).contains(found.traffic.uploads), "\(found.traffic.uploads) uploads")
      let expected = try trained(.cpu)
      // An untrained generator's images differ by little, and so do the codes that variations are differences of.
      #expect(
        found.agrees(with: expected, tolerances: [1e-3, 1e-2]),
        "\(found.terms), on the processor \(expected.terms)")
    }

    // MARK: - That the tests can fail

    /// A model with a fault.
    private final class Faulty: TrainableModel {
      enum Fault: CaseIterable { case mixesDevices, readsBack, none }

      let store: ParameterStore
      private let weight: Tensor
      private let fault: Fault

      init(_ fault: Fault, _ device: Device) throws {
        self.fault = fault
        store = ParameterStore(device: device)
        weight = try store.root.parameter("w", shape: [4], .constant(1))
      }

      var optimizerGroups: [OptimizerGroup] {
        [OptimizerGroup(name: "model", options: Adam.Options(learningRate: 0.1))]
      }

      func losses(_ batch: TrainingBatch) throws -> [Loss] {
        let values = try batch.images.mean([1, 2, 3]) * weight
        let sum =
          switch fault {
          case .mixesDevices: try (values * Tensor.ones([4])).sum()
          case .readsBack: try values.sum() * values.mean().item()
          case .none: try values.sum()
          }
        return [Loss(sum, terms: [])]
      }
    }

    @Test("a tensor made on the processor inside a step is found, and so is a number read back")
    func planted() throws {
      let device = try StandInDevice.shared().device
      let error = #expect(throws: TorchError.self) {
        _ = try Self.train(Faulty(.mixesDevices, device))
      }
      #expect(error?.description.contains("devices") == true, "\(String(describing: error))")
      #expect(try Self.train(Faulty(.readsBack, device)).traffic.reads == 1)
      #expect(try Self.train(Faulty(.none, device)).traffic == .init(reads: 0, uploads: 1))
    }
  }
}
