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

  @Option(help: "The dataset, or the path of a folder of pictures; see bench datasets list.")
  var dataset = "scenes3d"

  @Option(
    help: """
      Models separated by commas, NAME or NAME:OPTION=VALUE; default: multi-beta-vae (in the quick \
      preset with times=logit), or none with --samples-from.
      """)
  var model: String?

  @Option(help: "smoke (seconds), quick (minutes) or paper (300,000 steps per stage).")
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

  @Option(help: "Parts a batch is worked on in, one after another, to save memory.")
  var parts = 1

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 500

  @Option(help: "Number of latents; default: 10 for datasets with factors, else 32.")
  var latents: Int?

  @Option(help: "Channels of residual nets' first level; default: the preset's.")
  var width: Int?

  @Option(help: "Step size of the optimisers instead of the preset's.")
  var learningRate: Double?

  @Option(
    help: "A run whose finished stages are taken over instead of being trained.",
    completion: .directory)
  var checkpoint: String?

  @Option(
    help: "Score the pictures of this folder as another system's samples; may be repeated.",
    completion: .directory)
  var samplesFrom: [String] = []

  @Option(help: "The name of the system of --samples-from; default: that of the folder.")
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
    guard (1...(batchSize ?? 64)).contains(parts) else {
      throw ValidationError("--parts is \(parts); it must be 1 to the batch size.")
    }
    guard parts == 1 || !tuneDecoder else {
      throw ValidationError(
        """
        --parts is \(parts), and the decoder's tuning needs whole batches; leave out one of --parts \
        and --tune-decoder.
        """)
    }
    guard minutes.map({ $0 > 0 && $0 < 1_000_000 }) ?? true else {
      throw ValidationError("--minutes must be positive.")
    }
    guard minutes == nil || [steps, denoiserSteps, decoderSteps].allSatisfy({ $0 == nil }) else {
      throw ValidationError("--minutes chooses the steps; leave out the options that say them.")
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
    let source = try DatasetCatalog.open(dataset, dataDirectory: global.dataRoot)
    let specifications = try specifications(source)
    // Wrong paths show before minutes go into anything else.
    for folder in samplesFrom { _ = try ImageFolder(path: folder) }
    let settings = scoring.values(preset)
    let extractor = try settings.features.extractor(global.environment)
    var planned: [ModelRun] = []
    if !specifications.isEmpty {
      planned = try await plannedRuns(specifications, source, extractor)
    }
    guard !dryRun else { return }
    let isFinished = !runs.fresh && planned.allSatisfy(\.folder.isComplete)
    var sampleScoring: SampleScoring?
    if !isFinished || !samplesFrom.isEmpty {
      sampleScoring = try await SampleScoring(
        settings, extractor: extractor, dataset: source, environment: global.environment)
    }
    var (results, failureCount) = await planned.map { $0.scored(by: sampleScoring) }
      .execute(isFresh: runs.fresh)
    if Interruption.isRequested { throw Interrupted() }
    if let sampleScoring {
      for folder in samplesFrom {
        results.append(
          try await SystemRun(
            name: system ?? SystemRun.name(ofFolder: folder), samples: folder, dataset: source,
            preset: preset, sampleCount: scoring.sampleCount(preset), out: runs.out,
            seed: global.seed, device: settings.features.device(global.environment),
            environment: global.environment
          ).execute(sampleScoring))
      }
    }
    if !results.isEmpty { try show(results, source) }
    if failureCount > 0 {
      throw ExperimentError.failedRuns(count: failureCount, total: planned.count)
    }
  }

  // MARK: - Runs

  private func specifications(_ source: any ImageDataset) throws -> [ModelSpecification] {
    if let checkpoint {
      let found = try Checkpoint(folder: Trainer.checkpointPath(in: checkpoint)).state
      guard model.map({ $0 == found.model }) ?? true else {
        throw ExperimentError.otherModel(
          checkpoint: checkpoint, found: found.model, asked: model ?? "")
      }
      guard found.context["dataset_checksum"]?.string == source.checksum else {
        throw ExperimentError.unsuitableDataset(
          name: source.name,
          reason:
            "the first stage in \(checkpoint) was trained on \(found.context["dataset"]?.string ?? "another")"
        )
      }
      return [try ModelSpecification(parsing: found.model)]
    }
    guard model != nil || samplesFrom.isEmpty else { return [] }
    return try preset.specifications(
      model ?? preset.generatedModel, for: source, width: width)
  }

  /// The runs, with an estimate of what they take shown first.
  private func plannedRuns(
    _ specifications: [ModelSpecification], _ source: any ImageDataset,
    _ extractor: FeatureExtractor
  ) async throws -> [ModelRun] {
    let device = try global.openDevice()
    var planned: [ModelRun] = []
    var estimates: [GenerationEstimate] = []
    for specification in specifications {
      let ofModel = try runs.seedList(global.seed).map { seed in
        let configuration = try configuration(
          specification, source, seed, extractor.protocolID)
        return ModelRun(
          specification: specification, dataset: source, configuration: configuration,
          folder: try RunDirectory(
            root: runs.out, dataset: source.name, model: specification.label,
            preset: configuration.presetLabel(for: source), seed: seed),
          device: device, environment: global.environment, scoring: nil)
      }
      let kept = runs.fresh ? ofModel : try ofModel.map { try $0.withChosenSteps() }
      let isNew = runs.fresh || kept.contains { !$0.folder.isComplete }
      guard dryRun || (isNew && (!global.quiet || minutes != nil)) else {
        planned += kept
        continue
      }
      var estimate = try await GenerationEstimate(kept[0], extractor)
      if let minutes {
        let fitted = try estimate.fit(minutes: minutes)
        planned += kept.map { $0.hasChosenSteps && !runs.fresh ? $0 : $0.withSteps(of: fitted) }
      } else {
        planned += kept
      }
      estimates.append(estimate)
    }
    let text = estimates.map(\.text).joined(separator: "\n\n")
    if dryRun {
      try global.emit(["estimates": .array(estimates.map(\.json))], text: text)
    } else if !estimates.isEmpty {
      global.note(text + "\n")
    }
    return planned
  }

  private func configuration(
    _ specification: ModelSpecification, _ source: any ImageDataset, _ seed: Int,
    _ featureProtocol: String
  ) throws -> RunConfiguration {
    let size = batchSize ?? preset.batchSize(for: source)
    func plan(_ stepCount: Int) -> TrainingPlan {
      TrainingPlan(
        stepCount: stepCount, batchSize: size, seed: UInt64(seed),
        checkpointInterval: checkpointEvery, precision: (runs.precision ?? .float32).value,
        partCount: parts > 1 ? min(parts, size) : nil)
    }
    let budget = preset.generationBudget(for: source)
    var options = denoiser.values(preset, learningRate)
    if options.width == nil, source.imageShape.height > 64 {
      // A U-Net's first level; a multiple of the attention's 32 channels per head.
      options.width = (width ?? preset.residualWidth).map { max(32, $0) }
    }
    let decoderStepCount = decoderSteps ?? steps.map { max(1, $0 / 10) } ?? budget.decoder
    let settings = GenerationSettings(
      sampleCount: scoring.sampleCount(preset),
      referenceCount: scoring.values(preset).referenceCount, featureProtocol: featureProtocol,
      reference: scoring.reference, sampler: sampling.sampler ?? .fromNoise,
      samplingSteps: sampling.samplingSteps, grid: sampling.grid, denoiser: options,
      denoiserPlan: plan(denoiserSteps ?? steps ?? budget.second),
      usesOriginalDecoder: sampling.originalDecoder,
      decoder: tuneDecoder
        ? tuning.values(stepCount: decoderStepCount, batchSize: size, learningRate) : nil,
      decoderPlan: tuneDecoder ? plan(decoderStepCount) : nil, minutes: minutes,
      checkpoint: checkpoint)
    return RunConfiguration(
      dataset: source.name, datasetChecksum: source.checksum, model: specification.label,
      preset: preset, latentCount: latents ?? preset.latentCount(for: source),
      learningRate: learningRate ?? budget.firstLearningRate, sampleCount: min(1000, source.count),
      metrics: [],
      plan: plan(steps ?? budget.first), generation: settings)
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

extension ModelRun {
  /// The run with what scores its samples.
  fileprivate func scored(by scoring: SampleScoring?) -> ModelRun {
    ModelRun(
      specification: specification, dataset: dataset, configuration: configuration,
      folder: folder, device: device, environment: environment, scoring: scoring)
  }

  /// Whether the run's folder says which steps were chosen for its minutes.
  fileprivate var hasChosenSteps: Bool {
    guard let minutes = configuration.generation?.minutes else { return false }
    return (try? RunConfiguration(of: folder))??.generation?.minutes == minutes
  }

  /// The run with the steps that were chosen for its minutes when it was begun, if it was.
  fileprivate func withChosenSteps() throws -> ModelRun {
    guard hasChosenSteps, let found = try RunConfiguration(of: folder) else { return self }
    return withSteps(of: found)
  }

  /// The run with the numbers of steps of another configuration.
  fileprivate func withSteps(of other: RunConfiguration) -> ModelRun {
    let changed = configuration.withSteps { stage, steps in
      switch stage {
      case .second: other.generation?.denoiserPlan.stepCount ?? steps
      case .decoder: other.generation?.decoderPlan?.stepCount ?? steps
      case .first, .all: other.plan.stepCount
      }
    }
    return ModelRun(
      specification: specification, dataset: dataset, configuration: changed, folder: folder,
      device: device, environment: environment, scoring: scoring)
  }
}
