import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import GenerationMetrics
import Reference
import Results
import Torch

/// `bench generate`: images in; trained model, samples, scores and pictures out.
struct GenerateCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Train models on a dataset, draw samples, score and show them.",
    discussion: """
      A run is a folder, OUT/DATASET/MODEL/generate-PRESET/seed-N: stage 1 (the autoencoder), for \
      multi-β models stage 2 (the denoiser) and, with --tune-decoder, the decoder's tuning; then \
      samples/, images/ and result.json. The same command line uses what is finished, continues \
      what is not, and ends with the same result as one that was never interrupted.

      With --weights the Fréchet distance is FID; without, all scores are in the suite's own \
      features (\(BenchFeatures.name)), which rank systems against one another and are comparable \
      with nothing published. --samples-from scores the images of any other system likewise.

      A part of the dataset is held out of all training: samples that lie nearer to what was trained \
      on than held-out images do are copies (authenticity, ct, fld:gap; docs/generation-metrics.md).

      Examples:
        bench generate
        bench generate --dataset celeba --model multi-beta-vae,beta-vae --weights inception.pth
        bench generate --dataset ./flowers@64 --minutes 60 --tune-decoder
        bench generate --dataset ffhq --preset paper --dry-run
        bench generate --dataset celeba --samples-from theirs/ --system theirs
        bench generate --dataset celeba --checkpoint runs/mine --out runs/again
        bench generate --model multi-beta-vae --sampler ddim --sampling-steps 200
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "The dataset, or the path of a folder of images; see bench datasets list.")
  var dataset = "scenes3d"

  @Option(
    help: """
      Models separated by commas, NAME or NAME:OPTION=VALUE; default: multi-beta-vae (in the quick \
      and standard presets with times=logit), or none with --samples-from.
      """)
  var model: String?

  @Option(
    help:
      "smoke (seconds), quick (minutes), standard (an hour) or paper (300,000 steps per stage)."
  )
  var preset = Preset.quick

  @Option(help: "Minutes for each run: the steps of its stages are chosen to fit.")
  var minutes: Double?

  @Option(help: "Optimiser steps of stage 1 instead of the preset's.")
  var steps: Int?

  @Option(help: "Optimiser steps of stage 2 instead of the preset's, or as many as --steps.")
  var denoiserSteps: Int?

  @Option(
    help: "Optimiser steps of the decoder's tuning; default: the preset's, or a tenth of --steps.")
  var decoderSteps: Int?

  @Flag(help: "Tune the decoder adversarially after stage 2.")
  var tuneDecoder = false

  @Option(help: "Images per step; default: 64, fewer where they are larger.")
  var batchSize: Int?

  @OptionGroup var accumulation: AccumulationOptions

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 500

  @Option(help: "Number of latents; default: 10 for datasets with factors, else 32.")
  var latents: Int?

  @Option(help: "Channels of residual nets' first level; default: the preset's.")
  var width: Int?

  @Option(help: "Learning rate of the optimisers instead of the preset's.")
  var learningRate: Double?

  @Option(
    help: """
      Images that no stage is trained on, for the metrics of memorisation; 0 for none; default: as many as \
      samples, at most a tenth of the dataset.
      """)
  var heldOut: Int?

  @Option(
    help: "A run whose finished stages are taken over instead of being trained.",
    completion: .directory)
  var checkpoint: String?

  @Option(
    help:
      "Score these images (a folder, .zip, .tar, .npz or .npy) as another system's samples; may be repeated.",
    completion: .file())
  var samplesFrom: [String] = []

  @Option(help: "The name of the system of --samples-from; default: that of the folder or file.")
  var system: String?

  @Flag(help: "Train nothing: show what a run would take.")
  var dryRun = false

  @OptionGroup var runs: RunOptions

  @OptionGroup(title: "Samples and scores") var scoring: ScoringOptions

  @OptionGroup(title: "Sampler") var sampling: SamplerOptions

  @OptionGroup(title: "Second stage") var denoiser: DenoiserOptions

  @OptionGroup(title: "Decoder") var tuning: DecoderOptions

  func validate() throws {
    for (name, value) in [
      ("--steps", steps), ("--denoiser-steps", denoiserSteps), ("--decoder-steps", decoderSteps),
      ("--batch-size", batchSize), ("--latents", latents), ("--width", width),
      ("--checkpoint-every", checkpointEvery),
    ] {
      guard value.map({ (1...100_000_000).contains($0) }) ?? true else {
        throw ValidationError("\(name) is \(value ?? 0); it must be at least 1.")
      }
    }
    try accumulation.validate(batchSize: batchSize ?? 64)
    guard accumulation.partCount == 1 || !tuneDecoder else {
      throw ValidationError(
        """
        --gradient-accumulation is \(accumulation.partCount), and the decoder's tuning needs whole batches; leave out one of \
        --gradient-accumulation and --tune-decoder.
        """)
    }
    guard minutes.map({ $0 > 0 && $0 < 1_000_000 }) ?? true else {
      throw ValidationError("--minutes must be positive.")
    }
    guard minutes == nil || [steps, denoiserSteps, decoderSteps].allSatisfy({ $0 == nil }) else {
      throw ValidationError("--minutes chooses the steps; leave out the options that say them.")
    }
    guard heldOut.map({ (0...100_000_000).contains($0) }) ?? true else {
      throw ValidationError("--held-out is \(heldOut ?? 0); it must be a number of images, or 0.")
    }
    guard learningRate.map({ $0 > 0 && $0 < 10 }) ?? true else {
      throw ValidationError("--learning-rate must lie between 0 and 10.")
    }
    guard system == nil || samplesFrom.count == 1 else {
      throw ValidationError("--system names the samples of one --samples-from.")
    }
    guard checkpoint == nil || minutes == nil else {
      throw ValidationError("--checkpoint brings its own steps; leave out --minutes.")
    }
  }

  func execute() async throws {
    let study = try study(
      of: global.openDataset(dataset))
    if dryRun {
      let estimates = try await study.estimates(in: global.environment)
      return try global.emit(
        ["estimates": .array(estimates.map(\.json))],
        text: estimates.map(\.text).joined(separator: "\n\n"))
    }
    let outcome = try await study.run(in: global.environment)
    if !outcome.results.isEmpty { try show(outcome.results, study.dataset) }
    try outcome.requireAll()
  }

  private func study(of source: any ImageDataset) throws -> GenerationStudy {
    // Where nothing is to be trained, no model is meant.
    let usual = checkpoint == nil && samplesFrom.isEmpty ? preset.generatedModel : ""
    var study = try GenerationStudy(dataset: source, models: model ?? usual)
    study.systems = samplesFrom.map { .init(samples: $0, name: system, seed: global.seed) }
    study.seeds = try runs.seedList(global.seed)
    study.preset = preset
    study.minutes = minutes
    study.stepCount = steps
    study.laterStepCount = denoiserSteps
    study.decoderStepCount = decoderSteps
    study.batchSize = batchSize
    study.partCount = accumulation.partCount
    study.checkpointInterval = checkpointEvery
    study.latentCount = latents
    study.width = width
    study.learningRate = learningRate
    study.precision = runs.precision ?? .float32
    study.denoiser = denoiser.values(preset, learningRate)
    study.decoder = tuneDecoder ? tuning.values : nil
    for model in study.models {
      if let error = CommandError(unused: sampling, by: model) { global.note("\(error)") }
    }
    study.sampling = sampling.values(.fromNoise, seed: global.seed)
    study.usesOriginalDecoder = sampling.originalDecoder
    study.checkpoint = checkpoint.map(Trainer.runFolder)
    study.samples = scoring.values
    study.samples.heldOutCount = heldOut
    study.folder = runs.out
    study.isFresh = runs.fresh
    return study
  }

  // MARK: - Output

  private func show(_ results: [RunResult], _ source: any ImageDataset) throws {
    let published = try PublishedTables.rows(of: source.name)
    let table = GenerationTable(results, published).table
    try global.emit(
      ["dataset": .string(source.name), "runs": .array(results.map(\.json))],
      text: table.text() + "\n\nRuns, records, samples and pictures: \(runs.out)/\(source.name)/")
  }
}
