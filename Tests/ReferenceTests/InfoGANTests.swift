import BenchSupport
import Datasets
import FoundationEssentials
import Glibc
import Reference
import TestSupport
import Testing
import Torch

extension TorchSuites {
  @Suite("InfoGAN-CR") struct InfoGANTests {
    private static func tensor(_ values: [Double], _ shape: [Int]) throws -> Tensor {
      try Tensor(values, shape: shape)
    }

    private static func isClose(_ value: Tensor, _ expected: [Double]) throws -> Bool {
      let found = try value.elements(as: Double.self)
      return found.count == expected.count
        && zip(found, expected).allSatisfy { abs($0 - $1) < 1e-6 }
    }

    // MARK: - Terms, worked by hand in double precision

    @Test("the codes' regression is half the squared error with the Gaussian's constant")
    func information() throws {
      let regressed = try Self.tensor([0.5, -0.25, 1, 0], [2, 2])
      try regressed.setRequiresGradient(true)
      let loss = try InfoGANLosses.information(
        regressed, of: Self.tensor([0, 0.25, -1, 0.5], [2, 2]))
      #expect(try Self.isClose(loss, [3.0253771]))
      let gradient = try #require(try loss.gradients(of: [regressed])[0])
      #expect(try Self.isClose(gradient, [0.25, -0.25, 1, -0.25]))
    }

    @Test("both sides of the adversarial game, and all terms of the generator together")
    func adversarial() throws {
      let (data, generated) = (
        try Self.tensor([0.9, 0.6], [2]), try Self.tensor([0.2, 0.3], [2])
      )
      let discrimination = try InfoGANLosses.discrimination(data: data, generated: generated)
      #expect(try Self.isClose(discrimination, [0.5980023]))
      let deception = try InfoGANLosses.deception(generated)
      #expect(try Self.isClose(deception, [1.4067053]))
      let contrast = try InfoGANLosses.contrast(
        Self.tensor([2, 0, 1, 0, 0, 0], [2, 3]), shared: Tensor([Int64(0), 2], shape: [2]))
      #expect(try Self.isClose(contrast, [0.7531091]))
      #expect(try Self.isClose(deception + 0.05 * 3.0253771 + 2 * contrast, [3.0641924]))
    }

    @Test("logits that say nothing cost log k", arguments: [2, 10])
    func uninformed(count: Int) throws {
      let logits = try Tensor.zeros([4, count], type: .float64)
      let loss = try InfoGANLosses.contrast(
        logits, shared: Tensor([Int64(0), 1, 1, 0], shape: [4]))
      #expect(try Self.isClose(loss, [log(Double(count))]))
    }

    // MARK: - Spectral norm

    @Test("one power iteration per step goes to the largest singular value")
    func spectralNorm() throws {
      let weight = try Self.tensor([3, 0, 0, 4], [2, 2])
      try weight.setRequiresGradient(true)
      var vector = try Self.tensor([1, 1], [1, 2])
      var norms: [Double] = []
      for step in 0..<40 {
        let (norm, next) = try SpectralNorm.estimate(weight, from: vector)
        norms.append(try norm.item())
        if step == 0 {
          #expect(try Self.isClose(next, [0.4902612, 0.8715755]))
          // vᵀu′ with v = (0.6, 0.8), the weight being [output, input].
          let gradient = try #require(try norm.gradients(of: [weight])[0])
          let expected = [0.4902612 * 0.6, 0.4902612 * 0.8, 0.8715755 * 0.6, 0.8715755 * 0.8]
          #expect(try Self.isClose(gradient, expected))
        }
        vector = next
      }
      #expect(zip(norms, [3.6715120, 3.8655379, 3.9530773]).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(abs(norms[39] - 4) < 1e-6)
    }

    // MARK: - Pairs

    @Test("share one code and the noise; other codes differ by the gap", arguments: [0, 0.5, 1.9])
    func pairs(gap: Double) throws {
      try TorchRandom.seed(3)
      let (count, codes) = (2000, 6)
      let pairs = try LatentPairs(
        count: count, codeCount: codes, noiseCount: 3, gap: gap, device: .cpu)
      let (first, second) = (try pairs.first.elements(), try pairs.second.elements())
      #expect(first.count == count * 9 && (first + second).allSatisfy { abs($0) <= 1 + 1e-6 })
      let shared = try pairs.shared.elements(as: Int64.self)
      #expect(Set(shared) == Set(0..<6))
      var raised = 0
      for row in 0..<count {
        for column in 0..<9 {
          let difference = first[row * 9 + column] - second[row * 9 + column]
          if column >= codes || column == Int(shared[row]) {
            #expect(difference == 0)
          } else {
            #expect(Double(abs(difference)) >= gap - 1e-6)
            if difference > 0 { raised += 1 }
          }
        }
      }
      // Either image has the larger code: 5 of 6 codes of every pair, a share of ½ within six deviations.
      #expect(abs(Double(raised) / Double(count * 5) - 0.5) < 0.03)
    }

    // MARK: - Nets

    private static func model(
      _ name: String, channelCount: Int = 3, latentCount: Int = 10
    ) throws -> ModelDefinition.Model {
      try TorchRandom.seed(0)
      let dataset = Blank(imageShape: ImageShape(height: 64, width: 64, channelCount: channelCount))
      return try ModelSpecification(parsing: name).make(
        ModelContext(dataset: dataset, latentCount: latentCount, learningRate: 1e-4))
    }

    /// Generator, discriminator with Q, and R, as counted in the authors' nets; five dimensions of noise.
    @Test(
      "have the published numbers of parameters",
      arguments: [
        ("infogan-cr:norm=spectral", 1, 5, [251_393, 263_878, 247_749]),
        ("infogan-cr", 3, 5, [252_419, 264_902, 250_373]),
        ("infogan-cr", 3, 10, [253_059, 265_547, 251_018]),
        ("infogan", 3, 10, [253_059, 265_547, 0]), ("gan", 3, 10, [253_059, 265_547, 0]),
      ])
    func parameterCounts(name: String, channels: Int, latents: Int, expected: [Int]) throws {
      let model = try Self.model(name, channelCount: channels, latentCount: latents)
      let counts = ["generator.", "discriminator.", "contrast."].map { prefix in
        model.store.entries.filter { $0.isTrainable && $0.name.hasPrefix(prefix) }
          .reduce(0) { $0 + $1.tensor.count }
      }
      #expect(counts == expected)
    }

    @Test("weights of convolutions are cut off at two deviations, others are not")
    func initialWeights() throws {
      let model = try Self.model("infogan-cr")
      for entry in model.store.entries where entry.name.hasSuffix(".weight") {
        // Of few numbers the deviation says little.
        guard !entry.name.contains("norm"), entry.tensor.count > 1000 else { continue }
        let values = try entry.tensor.elements(as: Double.self)
        let deviation = (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        let isCut = entry.name.contains("trunk.conv")
        #expect(abs(deviation - (isCut ? 0.0176 : 0.02)) < 0.002, "\(entry.name) \(deviation)")
        if isCut { #expect(values.allSatisfy { abs($0) <= 0.04 + 1e-6 }) }
      }
    }

    // MARK: - Who learns from what

    private static func gradients(_ model: ModelDefinition.Model, step: Int, pass: Int) throws
      -> [(losses: Loss, reached: Set<String>)]
    {
      let images = try ObservationSample(Scenes3D(), count: 4, seed: 0).images(4, on: .cpu)
      func losses(_ pass: Int) throws -> [Loss] {
        try model.losses(
          TrainingBatch(images: images, step: step, stepCount: 10, seed: 0, pass: pass))
      }
      let found = try (0...pass).map(losses)[pass]
      let entries = model.store.entries.filter(\.isTrainable)
      return try found.map { loss in
        let gradients = try loss.value.gradients(of: entries.map(\.tensor), keepsGraph: true)
        let reached = try zip(entries, gradients).filter { _, gradient in
          try (gradient?.abs().maximum().item() ?? 0) > 0
        }
        return (
          loss,
          Set(reached.map { $0.0.name.split(separator: ".").prefix(2).joined(separator: ".") })
        )
      }
    }

    @Test("no judge's loss reaches the generator; the generator's reaches R only while R counts")
    func reach() throws {
      let model = try Self.model("infogan-cr")
      let judges = try Self.gradients(model, step: 5, pass: 0)
      #expect(judges.count == 2)
      #expect(judges[0].reached.allSatisfy { $0.hasPrefix("discriminator.") })
      #expect(judges[1].reached == ["contrast.trunk", "contrast.output"])
      let before = try Self.gradients(model, step: 1, pass: 1)
      #expect(before.count == 1 && !before[0].reached.contains { $0.hasPrefix("contrast.") })
      #expect(before[0].reached.contains { $0.hasPrefix("generator.") })
      let after = try Self.gradients(model, step: 5, pass: 2)
      #expect(after[0].reached.isSuperset(of: ["contrast.trunk", "contrast.output"]))
      #expect(try Self.gradients(model, step: 1, pass: 0).count == 1)
    }

    @Test("the codes' loss does not reach the judgement's head, nor the judgement's the codes'")
    func heads() throws {
      func reached(_ term: String) throws -> Set<String> {
        let model = try Self.model("infogan")
        let images = try ObservationSample(Scenes3D(), count: 4, seed: 0).images(4, on: .cpu)
        let loss = try model.losses(
          TrainingBatch(images: images, step: 0, stepCount: 10, seed: 0))[0]
        let value = try #require(loss.terms.first { $0.name == term }).value
        let entries = model.store.entries.filter(\.isTrainable)
        let gradients = try value.gradients(of: entries.map(\.tensor))
        return Set(
          zip(entries, gradients).filter { $1 != nil }.map {
            $0.0.name.split(separator: ".").prefix(2).joined(separator: ".")
          })
      }
      #expect(
        try reached("information")
          == ["discriminator.trunk", "discriminator.codes1", "discriminator.codes2"])
      #expect(
        try reached("discrimination") == ["discriminator.trunk", "discriminator.reality"])
    }

    @Test("without the codes' weight Q stays as it was drawn, with it Q learns")
    func plain() throws {
      for (name, moves) in [("gan", false), ("infogan", true)] {
        let folder = try TemporaryFolder()
        let model = try Self.model(name)
        func head() throws -> [Float] {
          try #require(model.store.entries.first { $0.name == "discriminator.codes2.weight" })
            .tensor.elements()
        }
        let before = try head()
        _ = try Trainer(
          model, named: name, dataset: Scenes3D(),
          plan: TrainingPlan(stepCount: 1, batchSize: 4, seed: 0), folder: folder.path,
          context: .null, isQuiet: true
        ).train { false }
        #expect(try (head() != before) == moves)
      }
    }

    // MARK: - Schedule

    @Test("R starts with its share of the training, and again where the gap closes")
    func schedule() throws {
      let model = try Self.model("infogan-cr")
      let weights = {
        try #require(model.store.entries.first { $0.name == "contrast.output.weight" })
      }
      var redrawn: [Int] = []
      for step in 0..<100 {
        let before = try weights().tensor.elements()
        let names = try withoutGradients { try model.restart(at: step, of: 100) }
        let isRedrawn = try weights().tensor.elements() != before
        #expect(names == (isRedrawn ? ["contrast"] : []))
        if isRedrawn { redrawn.append(step) }
        let judges = step < 40 ? ["discriminator"] : ["discriminator", "contrast"]
        #expect(model.passes(at: step, of: 100) == [judges, ["generator"], ["generator"]])
      }
      #expect(redrawn == [40, 68])
    }

    @Test("a step stores the power iterations' vectors once, and judging stores nothing")
    func storedVectors() throws {
      let model = try Self.model("infogan-cr")
      let images = try ObservationSample(Scenes3D(), count: 4, seed: 0).images(4, on: .cpu)
      func vectors() throws -> [[Float]] {
        try model.store.entries.filter { $0.name.hasSuffix(".u") }.map { try $0.tensor.elements() }
      }
      let before = try vectors()
      #expect(before.count == 8)
      for pass in 0..<2 {
        _ = try model.losses(
          TrainingBatch(images: images, step: 5, stepCount: 10, seed: 0, pass: pass))
      }
      _ = try model.encode(images, at: model.points()[0])
      #expect(try vectors() == before)
      _ = try model.losses(TrainingBatch(images: images, step: 5, stepCount: 10, seed: 0, pass: 2))
      #expect(try vectors() != before)
    }

    // MARK: - Learning

    /// With four codes a quarter is chance; half of 160 pairs are never right by luck.
    @Test("R soon tells which code pairs share, above twice chance")
    func learns() throws {
      let folder = try TemporaryFolder()
      let name = "infogan-cr:start=0,closing=1"
      let plan = TrainingPlan(
        stepCount: 60, batchSize: 16, seed: 0, checkpointInterval: 1000, logInterval: 1,
        monitorInterval: 1000)
      _ = try Trainer(
        Self.model(name, latentCount: 4), named: name, dataset: Scenes3D(), plan: plan,
        folder: folder.path, context: .null, isQuiet: true
      ).train { false }
      let lines = try String(contentsOfFile: "\(folder.path)/log.jsonl", encoding: .utf8)
        .split(separator: "\n").map { try JSONValue(parsing: $0.utf8) }
      let shares = lines.compactMap { $0["terms"]?["contrast_accuracy"]?.double }.suffix(10)
      #expect(shares.count == 10 && shares.reduce(0, +) / 10 > 0.5, "\(shares)")
    }

    // MARK: - Representation

    @Test("samples are of uniform codes, and codes do not depend on their batch")
    func representation() throws {
      let model = try Self.model("infogan-cr")
      #expect(model.noiseCount == 15)
      #expect(model.latentReach == 1)
      let images = try ObservationSample(Scenes3D(), count: 4, seed: 0).images(4, on: .cpu)
      let point = try model.points()[0]
      try withoutGradients {
        let whole = try model.encode(images, at: point).mean
        let alone = try model.encode(images.narrowed(0, start: 2, count: 1), at: point).mean
        #expect(try (whole.narrowed(0, start: 2, count: 1) - alone).abs().maximum().item() < 1e-5)
        // Noise of 0 is the codes' and the noise's middle, which decoding 0 means as well.
        let middle = try model.sample(Tensor.zeros([1, 15]))
        let decoded = try model.decode(Tensor.zeros([1, 10]), at: point)
        #expect(try (middle - decoded).abs().maximum().item() < 1e-6)
        // Φ(1) − Φ(−1) = 0.6826895 is the code of one deviation.
        let one = try model.sample(
          Tensor([Float](repeating: 1, count: 10) + [0, 0, 0, 0, 0], shape: [1, 15]))
        let same = try model.decode(
          Tensor([Float](repeating: 0.6826895, count: 10), shape: [1, 10]), at: point)
        #expect(try (one - same).abs().maximum().item() < 1e-6)
      }
    }
  }
}
