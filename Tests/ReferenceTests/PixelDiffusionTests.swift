import BenchSupport
import Datasets
import Foundation
import Reference
import TestSupport
import Testing
import Torch

/// The diffusion models of pixels; numbers without another source are those of the formulas in double precision.
extension TorchSuites {
  @Suite("Diffusion of pixels") struct PixelDiffusionTests {
    private static func tensor(_ shape: [Int], _ value: (Double) -> Double) throws -> Tensor {
      let count = shape.reduce(1, *)
      return try Tensor((0..<count).map { Float(value(Double($0))) }, shape: shape)
    }

    private static func context(_ latents: Int = 10) -> ModelContext {
      ModelContext(dataset: Scenes3D(), latentCount: latents, learningRate: 1e-3)
    }

    private static func model(_ name: String, latents: Int = 10) throws -> PixelDiffusion {
      try TorchRandom.seed(0)
      let made = try ModelSpecification(parsing: name).make(context(latents))
      return try #require(made as? PixelDiffusion)
    }

    private static func images(_ count: Int) throws -> Tensor {
      try ObservationSample(Scenes3D(), count: count, seed: 1).images(count, on: .cpu)
    }

    @Test(
      "schedules are the published ones",
      arguments: [
        (DiscreteSchedule.ddpm, [0.9999, 0.52408537, 0.078587243, 4.0358298e-5]),
        (.infoDiffusion, [0.99999, 0.73051004, 0.28519138, 6.5928096e-3]),
        (.latentDiffusion, [0.9985, 0.53742323, 0.15107742, 6.6866517e-4]),
        (DiscreteSchedule(.constant(0.008)), [0.992, 0.13425116, 0.018023373, 3.2484198e-4]),
      ])
    func schedules(schedule: DiscreteSchedule, expected: [Double]) throws {
      for (state, value) in zip([0, 249, 499, 999], expected) {
        #expect(abs(schedule.cumulative[state] / value - 1) < 1e-7)
      }
      #expect(schedule.spaced(20) == stride(from: 0, to: 1000, by: 50).map { $0 })
      #expect(schedule.spaced(1000) == Array(0..<1000))
      // Whatever their number, the steps end a step before the last state.
      for count in [3, 150, 600, 999] {
        let states = schedule.spaced(count)
        #expect(states.count == count && Set(states).count == count && states[0] == 0)
        #expect(try #require(states.last) >= 999 - 1000 / count)
      }
    }

    /// Noisy images, errors and a step of DDIM on a fixed case.
    @Test(
      "noisy images, errors and steps are those of the formulas",
      arguments: [
        (DiscreteSchedule.ddpm, [2.8290588604, 0.1257655099, 0.3105899180, -10.2080555433]),
        (.infoDiffusion, [2.0818765118, 0.1261669606, 0.3119588115, -6.9882221467]),
        (.latentDiffusion, [2.8724539740, 0.1216813394, 0.3066445864, -8.2057172947]),
      ])
    func fixture(schedule: DiscreteSchedule, expected: [Double]) throws {
      let shape = [3, 3, 2, 2]
      let images = try Self.tensor(shape) { cos(0.1 * $0) }
      let noise = try Self.tensor(shape) { sin(0.2 * $0 + 0.3) }
      let noisy = try schedule.noisy(images, noise, at: [0, 499, 999])
      let error = try noisy * 0.5 - noise
      let second = try noisy.narrowed(0, start: 1, count: 1)
      let stepped = try schedule.step(second, second * 0.5, from: 499, to: 249)
      let found = try [
        noisy.sum().item(), error.squared().mean().item(), error.abs().mean().item(),
        stepped.sum().item(),
      ]
      for (value, wanted) in zip(found, expected) { #expect(abs(value / wanted - 1) < 1e-5) }
    }

    @Test("a step there and back gives the images; clipping keeps clean images within bounds")
    func stepsInvert() throws {
      let schedule = DiscreteSchedule.ddpm
      let images = try Self.tensor([2, 3, 2, 2]) { 2 * sin($0) }
      let noise = try Self.tensor([2, 3, 2, 2]) { cos(3 * $0) }
      let there = try schedule.step(images, noise, from: 100, to: 700)
      let back = try schedule.step(there, noise, from: 700, to: 100)
      #expect(try (back - images).abs().maximum().item() < 1e-4)
      let clean = try schedule.step(images, noise, from: 0, to: nil, clips: true)
      #expect(try clean.abs().maximum().item() <= 1)
    }

    @Test("the embedding of a step has cosines first") func embedding() throws {
      let store = ParameterStore(device: .cpu)
      let embedding = try TimestepEmbedding(store.root, count: 8, width: 4)
      let waves = try embedding.waves(Tensor([37], shape: [1])).elements(as: Double.self)
      let expected = [
        0.765414052, -0.848100032, 0.932327346, 0.999315578, -0.643538133, -0.529836141,
        0.361615432, 0.036991558,
      ]
      for (value, wanted) in zip(waves, expected) { #expect(abs(value - wanted) < 2e-6) }
    }

    /// Sizes that nets of these forms have in their authors' programs.
    @Test("the published forms have the published numbers of parameters")
    func parameterCounts() throws {
      func count(
        embedding: Int, channels: Int, _ form: UNetForm
      ) throws -> Int {
        let store = ParameterStore(device: .cpu, isOutline: true)
        _ = try TimestepEmbedding(store.root.scope("embedding"), count: 64, width: embedding)
        _ = try UNet(store.root, channelCount: channels, form)
        _ = try UNetHead(store.root.scope("noise"), width: 64, channelCount: channels)
        return store.parameterCount
      }
      var form = UNetForm(
        width: 64, multipliers: [1, 2, 4, 4], attentionLevels: [0, 1, 2], attention: .heads(8),
        resampling: .blocks, conditions: [.init(width: 256)])
      #expect(try count(embedding: 256, channels: 3, form) == 29_422_467)
      form.attention = .tokens(heads: 8, width: 16)
      #expect(try count(embedding: 256, channels: 3, form) == 37_469_635)
      form = UNetForm(
        width: 64, multipliers: [1, 2, 4, 8], attentionLevels: [2], attention: .heads(1),
        resampling: .blocks,
        conditions: [.init(width: 512), .init(name: "code", width: 512, entry: .scale)])
      #expect(try count(embedding: 512, channels: 3, form) == 71_518_723)
    }

    /// Blocks of 4×4 pixels have 48 channels where latents have three, which is below a hundredth of EncDiff's net.
    @Test("EncDiff's published nets have the published sizes")
    func tokenNets() throws {
      let published = try ModelSpecification(parsing: "encdiff").withPublishedSizes()
      #expect(published.label == "encdiff:net=published,width=64")
      let entries = try published.make(Self.context(20)).store.entries.filter(\.isTrainable)
      func count(_ part: String) -> Int {
        entries.filter { $0.name.hasPrefix(part) }.reduce(0) { $0 + $1.tensor.count }
      }
      let tokens = count("net.tokens.")
      let net = count("net.") - tokens
      #expect(abs(Double(net) / 37_469_635 - 1) < 0.01, "\(net)")
      #expect(count("encoder.") + tokens == 1_374_292)
    }

    @Test(
      "published nets on pixels drop features in training and in nothing else",
      arguments: [
        ("diffae:net=published,width=8", true), ("ddpm:net=published,width=8", true),
        ("info-diffusion:net=published,width=8,mmd=0", true), ("encdiff:net=published", false),
        ("diffae", false),
      ])
    func dropout(name: String, drops: Bool) throws {
      let model = try Self.model(name)
      // Some convolutions start at zero, behind which nothing shows.
      for entry in model.store.entries where entry.name.hasSuffix("weight") {
        try withoutGradients { try entry.tensor.normalInPlace(mean: 0, deviation: 0.1) }
      }
      let images = try Self.images(2)
      let noise = try images.normalLike()
      let losses = try (0..<2).map { _ in
        try model.loss(images, at: [10, 500], noise: noise).value.item()
      }
      #expect((losses[0] != losses[1]) == drops, "\(losses)")
      let codes = try Tensor.zeros([2, max(1, model.latentCount)])
      let drawn = try withoutGradients {
        try (0..<2).map { _ in try model.images(ofCodes: codes, from: noise) }
      }
      #expect(try (drawn[0] - drawn[1]).abs().maximum().item() == 0)
    }

    /// A batch's own moments while training, the running ones after: then an image's code does not depend on the others.
    @Test("EncDiff's encoder normalises by the batch in training and by running moments after")
    func normalizedEncoder() throws {
      try TorchRandom.seed(3)
      let model = try ModelSpecification(parsing: "encdiff:net=published,width=8")
        .make(Self.context(4))
      let images = try ObservationSample(Scenes3D(), count: 4, seed: 1).images(4, on: .cpu)
      let point = try #require(model.points().first)
      let mean = try #require(model.store.entries.first { $0.name == "encoder.norm1.mean" })
      let before = try mean.tensor.elements(as: Float.self)
      let whole = try model.encode(images, at: point).mean
      let one = try model.encode(images.narrowed(0, start: 2, count: 1), at: point).mean
      #expect(
        try (whole.narrowed(0, start: 2, count: 1) - one).abs().maximum().item() < 1e-4)
      #expect(try mean.tensor.elements(as: Float.self) == before)
      _ = try model.losses(TrainingBatch(images: images, step: 0, stepCount: 10, seed: 0))
      #expect(try mean.tensor.elements(as: Float.self) != before)
    }

    /// InfoDiffusion's has 64,000 constants of its embedding and cross-attentions that it never calls beside these, and an
    /// encoder with a second head of 1,056.
    @Test(
      "with the published nets the methods have the published sizes",
      arguments: [
        ("ddpm", 10, 78_700_803, 0), ("diffae", 512, 71_518_723, 19_320_512),
        ("info-diffusion", 32, 14_858_499 - 1_211_008 - 64_000, 8_360_225 - 1_056),
      ])
    func publishedNets(name: String, latents: Int, net: Int, encoder: Int) throws {
      let published = try ModelSpecification(parsing: name).withPublishedSizes()
      let entries = try published.make(Self.context(latents)).store.entries.filter(\.isTrainable)
      func count(_ part: String) -> Int {
        entries.filter { $0.name.hasPrefix(part) }.reduce(0) { $0 + $1.tensor.count }
      }
      #expect(count("net.") == net && count("encoder.") == encoder)
    }

    @Test(
      "the published nets encode, decode and have gradients",
      arguments: ["ddpm", "diffae", "info-diffusion", "encdiff"])
    func publishedSteps(name: String) throws {
      let model = try Self.model("\(name):net=published,width=8,sampling-steps=2")
      let images = try ObservationSample(Scenes3D(), count: 2, seed: 0).images(2, on: .cpu)
      let batch = TrainingBatch(images: images, step: 0, stepCount: 2, seed: 7)
      let optimizers = try TrainingOptimizers(model)
      for step in 0..<3 {
        _ = try optimizers.step(
          model, TrainingBatch(images: images, step: step, stepCount: 3, seed: 7),
          TrainingPlan(stepCount: 3, batchSize: 2, seed: 0))
      }
      let weights = model.store.entries.filter(\.isTrainable).map(\.tensor)
      let gradients = try model.losses(batch)[0].value.gradients(of: weights)
      #expect(gradients.allSatisfy { $0 != nil })
      for point in try model.points() {
        let codes = try withoutGradients { try model.encode(images, at: point).mean }
        #expect(codes.shape == [2, model.latentCount])
        #expect(try model.decode(codes, at: point).shape == images.shape)
      }
    }

    @Test("the net on blocks of pixels has the size of its form")
    func blockSizes() throws {
      let frozen = try ModelSpecification(parsing: "disdiff:net=published,width=32")
        .make(Self.context(4)).store.entries.filter { $0.name.hasPrefix("base.") }
      #expect(frozen.reduce(0) { $0 + $1.tensor.count } == 7_398_192)
      #expect(
        try Self.model("encdiff:net=published,width=32", latents: 20).store.parameterCount
          == 9_439_312 + 1_374_292)
    }

    @Test(
      "an untrained net predicts no noise, and only its last convolution has a gradient",
      arguments: ["ddpm", "diffae", "info-diffusion:mmd=0", "encdiff"])
    func start(name: String) throws {
      let model = try Self.model(name)
      let images = try Self.images(4)
      let noise = try images.normalLike()
      let loss = try model.loss(images, at: [0, 10, 500, 999], noise: noise)
      let expected =
        try name == "encdiff" ? noise.abs().mean().item() : noise.squared().mean().item()
      #expect(abs(try loss.value.item() - expected) < 1e-6)
      let gradients = try loss.value.gradients(of: model.store.trainable)
      let names = model.store.entries.filter(\.isTrainable).map(\.name)
      for (name, gradient) in zip(names, gradients) where !name.hasPrefix("net.noise.conv") {
        #expect(try (gradient?.abs().maximum().item() ?? 0) == 0, "\(name)")
      }
    }

    @Test("the discrepancy of codes is InfoDiffusion's, and without weight it changes nothing")
    func discrepancy() throws {
      let first = try Self.tensor([4, 3], sin)
      let second = try Self.tensor([4, 3]) { cos(0.7 * $0) }
      let found = try DiscrepancyKernel.gaussian.discrepancy(first, second).item()
      #expect(abs(found - 0.042499927197) < 1e-6)
      let images = try Self.images(4)
      let noise = try images.normalLike()
      let with = try Self.model("info-diffusion").loss(images, at: [3, 50, 9, 1], noise: noise)
      let without = try Self.model("info-diffusion:mmd=0")
        .loss(images, at: [3, 50, 9, 1], noise: noise)
      #expect(try with.terms[0].value.item() == without.value.item())
      #expect(try with.value.item() > without.value.item())
    }

    @Test("tokens have no order, and each depends on its own number")
    func tokens() throws {
      let store = ParameterStore(device: .cpu)
      try TorchRandom.seed(3)
      let transformer = try TokenTransformer(
        store.root.scope("t"), channels: 8, headCount: 2, tokenWidth: 5)
      let output = try #require(store.entries.first { $0.name == "t.output.weight" })
      try withoutGradients { try output.tensor.copyInPlace(output.tensor.normalLike()) }
      let map = try Self.tensor([2, 8, 3, 3], sin)
      let tokens = try Self.tensor([2, 4, 5]) { cos(1.3 * $0) }
      let turned = try tokens.selected(1, indices: Tensor([2, 0, 3, 1] as [Int64], shape: [4]))
      let (plain, other) = try (transformer(map, tokens), transformer(map, turned))
      #expect(try (plain - other).abs().maximum().item() < 1e-5)
      #expect(try (plain - map).abs().maximum().item() > 1e-3)

      let scalars = try ScalarTokens(store.root.scope("s"), count: 3, width: 4)
      let code = try Self.tensor([1, 3], sin)
      let changed = try code + Tensor([0, 0.5, 0] as [Float], shape: [1, 3])
      let difference = try (scalars(changed) - scalars(code)).abs().sum([0, 2])
        .elements(as: Double.self)
      #expect(difference[0] == 0 && difference[1] > 0 && difference[2] == 0)
    }

    /// What is lost is what the code and the noise together do not hold; a code alone leaves the noise open.
    @Test("an image's own noise and code give it back far better than another noise")
    func inversion() throws {
      let folder = try TemporaryFolder()
      let name = "diffae:width=8,sampling-steps=40"
      let model = try Self.model(name)
      let plan = TrainingPlan(stepCount: 80, batchSize: 16, seed: 0)
      _ = try Trainer(
        model, named: name, dataset: Scenes3D(), plan: plan, folder: folder.path,
        context: Self.context().json, isQuiet: true
      ).train { false }
      let images = try Self.images(16)
      let point = try model.points()[0]
      let codes = try withoutGradients { try model.encode(images, at: point).mean }
      let noise = try model.noise(of: images, codes: codes)
      func error(_ reconstruction: Tensor) throws -> Double {
        try reconstruction.squaredError(images).mean().item()
      }
      let inverted = try error(model.images(ofCodes: codes, from: noise))
      let stochastic = try error(model.images(ofCodes: codes, from: noise.normalLike()))
      #expect(inverted < 0.5 * stochastic, "\(inverted) and \(stochastic)")
    }

    @Test("decoding is deterministic, samples depend on their noise alone")
    func deterministic() throws {
      let model = try Self.model("encdiff:width=8,sampling-steps=2")
      let codes = try Self.tensor([3, 10], sin)
      let point = try model.points()[0]
      let first = try model.decode(codes, at: point).elements(as: Float.self)
      #expect(try model.decode(codes, at: point).elements(as: Float.self) == first)
      let noise = try Tensor.normal([2, model.noiseCount])
      let both = try model.sample(noise)
      let second = try model.sample(noise.narrowed(0, start: 1, count: 1))
      #expect(
        try (both.narrowed(0, start: 1, count: 1) - second).abs().maximum().item() < 1e-5)
    }

    @Test("a model without codes has no points, and what encodes refuses it")
    func withoutCodes() throws {
      let model = try Self.model("ddpm:width=8,sampling-steps=2")
      #expect(try model.points().isEmpty && model.latentCount == 0)
      #expect(throws: TrainingError.self) {
        try ModelSpecification(parsing: "ddpm").definition.requireCodes()
      }
      #expect(!ModelCatalog.groups.contains { $0.models.contains("ddpm") })
    }

    @Test("takes a share of a training's steps where it is told to")
    func updates() throws {
      for name in ["ddpm", "diffae", "info-diffusion", "encdiff", "disdiff"] {
        #expect(try ModelSpecification(parsing: name).stepCount(of: 20_000) == 20_000)
        let part = try ModelSpecification(parsing: "\(name):updates=0.4")
        #expect(part.stepCount(of: 20_000) == 8_000 && part.label == "\(name):updates=0.4")
      }
    }

    @Test("a width that attention cannot share is refused; every other has heads that divide it")
    func width() throws {
      #expect(throws: TrainingError.self) { try Self.model("diffae:width=20") }
      // 16 channels a head would make three heads of 56.
      let model = try Self.model("encdiff:width=56,sampling-steps=2")
      let images = try Self.images(2)
      #expect(try model.loss(images, at: [3, 900], noise: images.normalLike()).value.item() > 0)
    }

    @Test("EncDiff's encoder and tokens are evaluated as trained, its net as averaged")
    func averages() throws {
      let folder = try TemporaryFolder()
      let name = "encdiff:width=8,sampling-steps=2"
      let model = try Self.model(name)
      _ = try Trainer(
        model, named: name, dataset: Scenes3D(),
        plan: TrainingPlan(stepCount: 6, batchSize: 4, seed: 0), folder: folder.path,
        context: Self.context().json, isQuiet: true
      ).train { false }
      let kept = try Checkpoint(folder: Trainer.checkpointPath(in: folder.path)).model.names
      for entry in model.store.entries where entry.isTrainable {
        let isEncoder = entry.name.hasPrefix("encoder.") || entry.name.hasPrefix("net.tokens.")
        #expect(kept.contains("average.\(entry.name)") != isEncoder, "\(entry.name)")
      }
      // Opened, it has the averages where there are some and the parameters elsewhere.
      _ = try TrainedModel(folder: folder.path, device: .cpu)
    }
  }
}
