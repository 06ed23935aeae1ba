import BenchSupport
import Datasets
import Foundation
import Reference
import TestSupport
import Testing
import Torch

/// Numbers without another source are those of the formulas in double precision.
extension TorchSuites {
  @Suite("DisDiff") struct DisDiffTests {
    private static func model(latents: Int = 4, width: Int = 8) throws -> DisDiff {
      try TorchRandom.seed(0)
      var options = DisDiff.Options()
      options.width = width
      options.tokenWidth = 3
      return try DisDiff(
        ModelContext(dataset: Scenes3D(), latentCount: latents, learningRate: 1e-3), options)
    }

    private static func images(_ count: Int) throws -> Tensor {
      try ObservationSample(Scenes3D(), count: count, seed: 1).images(count, on: .cpu)
    }

    /// Four images of six concepts of three numbers.
    private static func tokens(_ value: (Int) -> Double) throws -> Tensor {
      try Tensor((0..<72).map { value($0) }, shape: [4, 6, 3])
    }

    private static let concepts = [0, 2, 5, 3]

    @Test("the scale of fields is that of the reverse step")
    func gradientScale() {
      let schedule = DiscreteSchedule.latentDiffusion
      for (state, expected) in [(1, -0.027345454), (499, -0.91720478), (999, -0.9918775)] {
        #expect(abs(schedule.gradientScale(at: state) - expected) < 1e-8)
      }
      #expect(schedule.gradientScale(at: 0) == 0)
    }

    @Test("the disentangling terms have the values of a worked example")
    func example() throws {
      let own = try Self.tokens { sin(0.3 * Double($0)) }
      let plain = try Self.tokens { cos(0.2 * Double($0)) }
      let changed = try Self.tokens { index in
        cos(0.2 * Double(index))
          + 0.1 * sin(0.5 * Double(index) + Double(Self.concepts[index / 18]))
      }
      let concepts = try Tensor(Self.concepts.map(Int64.init), shape: [4])
      let variance = try DisDiffObjective.variance(plain, changed, own: own, of: concepts)
      let invariance = try DisDiffObjective.invariance(plain, changed, of: concepts)
      func image(_ value: (Int) -> Double) throws -> Tensor {
        try Tensor((0..<32).map { value($0) }, shape: [4, 8])
      }
      let weight = try DisDiffObjective.weight(
        image { cos(0.05 * Double($0)) },
        image { cos(0.05 * Double($0)) + 0.2 * sin(0.4 * Double($0)) })
      for (found, expected) in [
        (variance, [1.797483157, 1.689085210, 1.913846836, 1.731722915]),
        (invariance, [1.814796453, 1.756798860, 1.820710355, 1.817507093]),
        (weight, [0.0196469, 0.019634675, 0.01962743, 0.019625263]),
      ] {
        let values = try found.elements(as: Double.self)
        #expect(zip(values, expected).allSatisfy { abs($0 - $1) < 1e-7 }, "\(values)")
      }
      let total = try (weight * (variance + invariance)).mean().item() * 0.05
      #expect(abs(total - 0.003519790517) < 1e-11)
    }

    @Test(
      "only the changed image's tokens have a gradient, which is finite where nothing has changed")
    func gradients() throws {
      let rows = try (0..<3).map { part in
        let tensor = try Self.tokens { sin(0.3 * Double($0 + 7 * part)) }
        try tensor.setRequiresGradient(true)
        return tensor
      }
      let concepts = try Tensor(Self.concepts.map(Int64.init), shape: [4])
      let value = try
        (DisDiffObjective.variance(rows[0], rows[1], own: rows[2], of: concepts)
        + DisDiffObjective.invariance(rows[0], rows[1], of: concepts)).sum()
      let found = try value.gradients(of: rows)
      #expect(found[0] == nil && found[2] == nil)
      #expect(try #require(found[1]).abs().maximum().item() > 0)
      let same = try rows[0].detached().cloned()
      try same.setRequiresGradient(true)
      let still = try DisDiffObjective.invariance(rows[0], same, of: concepts).sum()
      let gradient = try #require(still.gradients(of: [same])[0])
      #expect(try gradient.isFinite().all().to(.float32).item() == 1)
    }

    @Test("at the start fields are 0: the error is the frozen model's, and no concept shows")
    func start() throws {
      let model = try Self.model()
      let images = try Self.images(4)
      let noise = try images.normalLike()
      let states = [0, 10, 500, 999]
      let loss = try model.conceptLoss(images, at: states, noise: noise, concepts: [0, 1, 2, 3])
      let base = try model.baseLoss(images, at: states, noise: noise)
      let terms = Dictionary(uniqueKeysWithValues: loss.terms.map { ($0.name, $0.value) })
      #expect(abs(try loss.value.item() - base.value.item()) < 1e-6)
      #expect(try #require(terms["weight"]).abs().maximum().item() == 0)
      for name in ["variance", "invariance"] {
        let values = try #require(terms[name]).elements(as: Double.self)
        #expect(values.allSatisfy { abs($0 - log(4)) < 1e-5 }, "\(name): \(values)")
      }
      let entries = model.store.entries.filter(\.isTrainable)
      let gradients = try loss.value.gradients(of: entries.map(\.tensor))
      for (entry, gradient) in zip(entries, gradients) {
        guard !entry.name.hasPrefix("base.") else {
          #expect(gradient == nil, "\(entry.name)")
          continue
        }
        #expect(
          try gradient.map { try $0.isFinite().all().to(.float32).item() == 1 } ?? true,
          "\(entry.name)")
      }
    }

    /// An image's terms would otherwise depend on the other images of its batch.
    @Test("the encoder that judges normalises by the encoder's running moments")
    func judge() throws {
      try TorchRandom.seed(0)
      var options = DisDiff.Options()
      (options.width, options.tokenWidth, options.isPublished) = (8, 3, true)
      let model = try DisDiff(
        ModelContext(dataset: Scenes3D(), latentCount: 4, learningRate: 1e-3), options)
      let images = try Self.images(4)
      let optimizers = try TrainingOptimizers(model)
      for step in 0..<4 {
        _ = try optimizers.step(
          model, TrainingBatch(images: images, step: step, stepCount: 4, seed: 7),
          TrainingPlan(stepCount: 4, batchSize: 4, seed: 0))
      }
      _ = try model.conceptLoss(
        images, at: [0, 10, 500, 999], noise: images.normalLike(), concepts: [0, 1, 2, 3])
      let encoder = model.store.entries.filter { $0.name.hasPrefix("encoder.") }
      #expect(encoder.contains { !$0.isTrainable } && model.copies.count == encoder.count)
      for (entry, copy) in zip(encoder, model.copies) {
        #expect(
          try copy.to.elements(as: Float.self) == entry.tensor.elements(as: Float.self),
          "\(entry.name)")
      }
    }

    /// What the frozen model leaves over, tokens of the clean images explain in part, on images that were not trained on.
    @Test("fields lessen the error of the model they are added to, which they leave as it is")
    func learns() throws {
      let folder = try TemporaryFolder()
      let model = try Self.model()
      let trainer = try Trainer(
        model, named: "disdiff", dataset: Scenes3D(),
        plan: TrainingPlan(stepCount: 160, batchSize: 8, seed: 0), folder: folder.path,
        context: .null, isQuiet: true)
      var frozen: [[Float]] = []
      func base() throws -> [[Float]] {
        try model.store.entries.filter { $0.name.hasPrefix("base.") }
          .map { try $0.tensor.elements() }
      }
      var step = 0
      _ = try trainer.train {
        step += 1
        if step == 80 { frozen = try base() }
        if step == 159 { #expect(try base() == frozen) }
        return false
      }
      let images = try Self.images(16)
      let noise = try images.normalLike()
      let states = (0..<16).map { 300 + 40 * $0 }
      try withoutGradients {
        let before = try model.baseLoss(images, at: states, noise: noise).value.item()
        let after = try model.conceptLoss(
          images, at: states, noise: noise, concepts: Array(repeating: 0, count: 16))
        let error = try #require(after.terms.first { $0.name == "noise" }).value.item()
        #expect(error < 0.98 * before, "\(error) of \(before)")
      }
    }

    @Test("a token is read along the direction in which it varies most")
    func reading() throws {
      let store = ParameterStore(device: .cpu)
      let reading = try TokenReading(store.root, conceptCount: 2, tokenWidth: 3)
      let codes = try Tensor((0..<16).map { Float(sin(1.7 * Double($0))) }, shape: [8, 2])
      // The first concept varies along (0.6, 0, −0.8), the second along its second number; both have other means.
      let directions = try Tensor([-0.6, 0, 0.8, 0, 1, 0] as [Float], shape: [2, 3])
      let means = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3])
      let tokens = try codes.unsqueezed(2) * directions + means
      try reading.measure(tokens)
      let found = try reading.codes(tokens)
      #expect(try (found - (codes - codes.mean([0]))).abs().maximum().item() < 1e-5)
      #expect(try (reading.tokens(found) - tokens).abs().maximum().item() < 1e-5)
    }

    @Test("the published nets have the published sizes")
    func sizes() throws {
      let published = try ModelSpecification(parsing: "disdiff").withPublishedSizes()
      #expect(published.label == "disdiff:token=32,net=published,width=64")
      let model = try published.make(
        ModelContext(dataset: Scenes3D(), latentCount: 6, learningRate: 1e-3))
      func count(_ prefix: String) -> Double {
        Double(
          model.store.entries.filter { $0.name.hasPrefix(prefix) && $0.isTrainable }
            .reduce(0) { $0 + $1.tensor.count })
      }
      // Blocks of 4×4 pixels have 48 channels where latents have three.
      #expect(abs(count("base.") / 29_422_467 - 1) < 0.01, "\(count("base."))")
      #expect(abs(count("fields.") / 22_738_691 - 1) < 0.01, "\(count("fields."))")
      #expect(count("encoder.") == 1_516_480)
    }

    @Test("more concepts than a width tells apart are refused")
    func concepts() {
      #expect(throws: TrainingError.self) { try Self.model(latents: 17, width: 8) }
    }
  }
}
