import BenchSupport
import Datasets
import Experiments
import Foundation
import Reference
import Results
import Synchronization
import TestSupport
import Testing
import Torch

/// Whether tensors can be computed with here.
let hasLibtorch = (try? Libtorch.version()) != nil

/// Studies as a Swift program runs them, in this process.
@Suite("A study in process", .enabled(if: hasLibtorch), .sharingTorch) struct StudyTests {
  private static func disentanglement(in folder: String, _ models: String) throws
    -> DisentanglementStudy
  {
    var study = try DisentanglementStudy(dataset: Scenes3D(), models: models)
    study.preset = .smoke
    study.stepCount = 3
    study.metrics = ["mig", "modularity"]
    study.folder = folder
    return study
  }

  @Test("gives a result for every model and seed, and the same again from its folders")
  func disentanglement() async throws {
    let folder = try TemporaryFolder()
    var study = try Self.disentanglement(in: folder.path, "beta-vae,beta-vae:beta=1")
    study.seeds = [0, 1]
    let outcome = try await study.run()
    try outcome.requireAll()
    #expect(
      outcome.results.map(\.model) == [
        "beta-vae", "beta-vae", "beta-vae:beta=1", "beta-vae:beta=1",
      ])
    #expect(outcome.results.map(\.seed) == [0, 1, 0, 1])
    #expect(outcome.metrics == ["mig", "modularity"])
    #expect(outcome.results.allSatisfy { $0.value("mig") != nil && $0.value("modularity") != nil })
    #expect(outcome.results.allSatisfy { $0.preset == "smoke:steps=3" })
    let again = try await study.run()
    #expect(again.results.map { $0.value("mig") } == outcome.results.map { $0.value("mig") })
  }

  @Test(
    "reads a model on its own axes or on those its definition names, at a β picked without labels")
  func readout() async throws {
    let folder = try TemporaryFolder()
    var study = try Self.disentanglement(in: folder.path, "beta-vae,multi-beta-vae")
    study.stepCount = 2
    let results = try await study.run().results
    let own = try #require(results.first?.metrics["mig@readout"])
    #expect(own == results[0].metrics["mig"] && own["alignment"]?.string == "raw")
    #expect(own["selection"] == nil && own["factors"]?.array?.count == 6)
    let components = try #require(results.last?.metrics["mig@readout"])
    #expect(components == results[1].metrics["mig@ica"])
    #expect(components["selection"]?.string == "label-free:fullest")
    #expect((0...1).contains(try #require(components["stability"]?.double)))
    // One curve over the rate, on the axes of the readout; the best for the labels only where asked for.
    #expect(results[1].curves["mig@ica"] != nil && results[1].curves["mig@raw"] == nil)
    #expect(results.allSatisfy { $0.metrics["mig@best"] == nil })
    // Finished runs are scored again for them, not trained.
    let weights =
      "\(folder.path)/scenes3d/multi-beta-vae/smoke:steps=2/seed-0/checkpoint/model.safetensors"
    let before =
      try FileManager.default.attributesOfItem(atPath: weights)[.modificationDate] as? Date
    study.scoresAllAxes = true
    let all = try await study.run().results
    let after =
      try FileManager.default.attributesOfItem(atPath: weights)[.modificationDate] as? Date
    #expect(before == after)
    #expect(all[1].metrics["mig@readout"] == results[1].metrics["mig@readout"])
    for name in ["mig@best", "mig@best@pca", "mig@best@ica"] {
      #expect(all[1].metrics[name]?["selection"]?.string == "selected-on-labels")
      #expect(all[0].metrics[name] == nil)
    }
    #expect(all[1].curves["mig@raw"] != nil && all[1].curves["mig@pca"] != nil)
    // Results of before there were readouts are shown by what they have.
    var old = all[1]
    old.metrics["mig@readout"] = nil
    let named = old.namingReadout(of: try ModelSpecification(parsing: "multi-beta-vae"))
    #expect(named.metrics["mig@readout"] == all[1].metrics["mig@ica"])
  }

  @Test("takes half of the steps where a model's option says so, under the preset's name")
  func halfSteps() async throws {
    let folder = try TemporaryFolder()
    var study = try Self.disentanglement(in: folder.path, "factor-vae:updates=half")
    study.stepCount = 4
    let result = try #require(try await study.run().results.first)
    #expect(result.preset == "smoke:steps=4")
    #expect(result.provenance?.config["training"]?["stepCount"]?.double == 2)
  }

  @Test("goes on where one of its runs fails, says so, and does not lose the others")
  func failure() async throws {
    let folder = try TemporaryFolder()
    var study = try Self.disentanglement(in: folder.path, "beta-vae,annealed-vae")
    study.seeds = [0]
    let blocked = try RunDirectory(
      root: folder.path, dataset: "scenes3d", model: "beta-vae", preset: "smoke:steps=3", seed: 0)
    try FileManager.default.createDirectory(
      atPath: blocked.path, withIntermediateDirectories: true)
    try AtomicFile.write(Array("model: [".utf8), to: blocked.configPath)
    let heard = Mutex<[String]>([])
    let outcome = try await study.run(
      in: RunEnvironment(hearFailure: { text in heard.withLock { $0.append(text) } }))
    #expect(outcome.results.map(\.model) == ["annealed-vae"])
    #expect(outcome.failureCount == 1 && outcome.runCount == 2)
    #expect(heard.withLock { $0 }.first?.hasPrefix("beta-vae seed 0: ") == true)
    #expect(throws: ExperimentError.failedRuns(count: 1, total: 2)) { try outcome.requireAll() }
  }

  @Test("refuses metrics that the dataset has no labels for")
  func labels() async throws {
    let folder = try TemporaryFolder()
    var study = try Self.disentanglement(in: folder.path, "beta-vae")
    study.metrics = ["tad"]
    await #expect(throws: ExperimentError.self) { try await study.run() }
  }

  @Test("that generates trains all stages and scores samples, other systems' too")
  func generation() async throws {
    let folder = try TemporaryFolder()
    var study = try GenerationStudy(dataset: Scenes3D(), models: "multi-beta-vae")
    study.preset = .smoke
    study.stepCount = 2
    study.batchSize = 8
    study.sampling.stepCount = 2
    study.samples = SampleSettings(referenceCount: 20, sampleCount: 12)
    study.decoder = DecoderSettings()
    study.folder = folder.path
    let outcome = try await study.run()
    try outcome.requireAll()
    let result = try #require(outcome.results.first)
    #expect(result.value("frechet") != nil && result.value("precision") != nil)
    #expect(result.metrics["fid"] == nil && result.metrics["fid:ratio"] == nil)
    #expect(result.value("authenticity") != nil && result.value("fld:gap") != nil)
    #expect(result.metrics["frechet:ratio"]?["held_out_count"]?.integer == 12)
    let run = try RunDirectory(
      root: folder.path, dataset: "scenes3d", model: "multi-beta-vae", preset: "generate-smoke",
      seed: 0)
    for stage in ["", "/denoiser", "/decoder"] {
      #expect(Checkpoint.exists(at: "\(run.path)\(stage)/checkpoint"), "\(stage)")
    }
    study.models = []
    study.systems = [.init(samples: "\(run.path)/samples", name: "theirs")]
    let theirs = try #require(try await study.run().results.first)
    #expect(theirs.model == "theirs")
    #expect(theirs.metrics["authenticity"] == nil)
    #expect(theirs.value("frechet") == result.value("frechet"))
  }

  @Test("trains no stage on held-out images")
  func stagesOnTheirPart() throws {
    let folder = try TemporaryFolder()
    let dataset = Recording(base: Scenes3D(), count: 40)
    let context = ModelContext(
      dataset: dataset, heldOutCount: 30, latentCount: 4, learningRate: 1e-3)
    let training = StageTraining(
      dataset: dataset, folder: RunDirectory(path: folder.path), device: .cpu,
      plan: TrainingPlan(stepCount: 6, batchSize: 8, seed: 0), environment: RunEnvironment())
    let specification = try ModelSpecification(parsing: "multi-beta-vae")
    _ = try training.first(specification, context)
    for stage in specification.definition.laterStages {
      _ = try training.later(stage, StageOptions())
    }
    let split = try HeldOutSplit(dataset, heldOutCount: 30)
    #expect(dataset.seen == Set(split.training.indices))
  }

  @Test("leaves out what a checkpoint's run held out")
  func heldOutImages() async throws {
    let folder = try TemporaryFolder()
    let dataset = Recording(base: Scenes3D(), count: 40)
    var study = try GenerationStudy(dataset: dataset, models: "multi-beta-vae")
    study.preset = .smoke
    study.stepCount = 8
    study.batchSize = 8
    study.sampling.stepCount = 2
    study.samples = SampleSettings(referenceCount: 20, heldOutCount: 30, sampleCount: 12)
    study.folder = folder.path
    try await study.run().requireAll()
    let run = "\(folder.path)/recording/multi-beta-vae/generate-smoke/seed-0"
    let context = try Checkpoint(folder: "\(run)/checkpoint").state.context
    #expect(context["held_out_count"]?.integer == 30)
    #expect(context["observation_count"]?.integer == 10)

    study.checkpoint = run
    study.folder = "\(folder.path)/again"
    study.samples.heldOutCount = nil
    let again = try #require(try await study.run().results.first)
    #expect(again.metrics["authenticity"]?["held_out_count"]?.integer == 30)
    study.samples.heldOutCount = 5
    let other = study
    await #expect(throws: ExperimentError.self) { try await other.run() }
    study.checkpoint = nil
    study.samples.heldOutCount = 40
    let all = study
    await #expect(throws: DatasetError.self) { try await all.run() }
  }

  @Test("takes presets' networks unless they were chosen")
  func networks() throws {
    struct Large: ImageDataset {
      let name = "large"
      let imageShape = ImageShape(height: 128, width: 128, channelCount: 3)
      let count = 1
      let checksum = "none"
      func read(
        _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
      ) throws(DatasetError) {}
    }
    func label(_ text: String, _ preset: Preset, width: Int? = nil) throws -> String {
      try preset.adapted(ModelSpecification(parsing: text), to: Large(), width: width).label
    }
    #expect(try label("multi-beta-vae", .quick) == "multi-beta-vae:architecture=kl-f8,width=32")
    #expect(try label("multi-beta-vae", .paper) == "multi-beta-vae:architecture=kl-f4")
    #expect(
      try label("multi-beta-vae-diag:times=logit", .smoke, width: 16)
        == "multi-beta-vae-diag:times=logit,architecture=kl-f8,width=16")
    #expect(try label("multi-beta-vae:architecture=study", .quick) == "multi-beta-vae")
    #expect(try label("multi-beta-vae:width=0", .quick) == "multi-beta-vae:architecture=kl-f8")
    #expect(try label("beta-vae", .quick) == "beta-vae")
    #expect(try label("disdiff:token=4", .paper) == "disdiff:token=4,net=published,width=64")
    #expect(try label("disdiff", .standard) == "disdiff")
  }
}

/// Remembers which images were read.
private final class Recording: ImageDataset {
  let name = "recording"
  let count: Int
  let imageShape: ImageShape
  let checksum = "none"
  private let base: any ImageDataset
  private let known = Mutex<Set<Int>>([])

  init(base: any ImageDataset, count: Int) {
    self.base = base
    self.count = count
    imageShape = base.imageShape
  }

  var seen: Set<Int> { known.withLock { $0 } }

  func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    known.withLock { $0.formUnion(indices) }
    try base.read(indices, into: pixels)
  }
}
