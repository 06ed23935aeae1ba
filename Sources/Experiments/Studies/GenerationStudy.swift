import BenchSupport
public import Datasets
import GenerationMetrics
public import Reference
import Results
public import Torch

/// Trains models on a dataset with all their stages, draws samples, scores and shows them.
///
/// Runs are kept and continued as those of a ``DisentanglementStudy``.
public struct GenerationStudy {
  /// Another system's samples.
  public struct System: Sendable {
    /// What tables and folders call it.
    public let name: String
    /// Where its images lie: a folder, archive or array.
    public let samples: String
    /// The seed of the metrics' random choices.
    public let seed: Int

    /// Names the samples; without a name, by their path.
    public init(samples: String, name: String? = nil, seed: Int = 0) {
      self.samples = samples
      self.seed = seed
      self.name = name ?? SystemRun.name(ofSamples: samples)
    }
  }

  /// The images.
  public var dataset: any ImageDataset
  /// The models.
  public var models: [ModelSpecification]
  /// Other systems, whose samples are scored likewise.
  public var systems: [System] = []
  /// The seeds; every model is trained from each.
  public var seeds = [0]
  /// Sizes of training and evaluation where nothing else is said.
  public var preset = Preset.quick
  /// Minutes for each run: the steps of its stages are chosen to fit.
  public var minutes: Double?
  /// Optimiser steps of the first stage instead of the preset's.
  public var stepCount: Int?
  /// Those of later stages; nil for as many as the first one's, where those were given.
  public var laterStepCount: Int?
  /// Those of the decoder's tuning; nil for a tenth of the first one's, where those were given.
  public var decoderStepCount: Int?
  /// Images per step instead of the preset's.
  public var batchSize: Int?
  /// Parts a batch is worked on in (gradient accumulation).
  public var partCount = 1
  /// Steps between checkpoints.
  public var checkpointInterval = 500
  /// Number of latents instead of the preset's.
  public var latentCount: Int?
  /// Channels of residual nets' first level instead of the preset's.
  public var width: Int?
  /// The learning rate instead of the preset's.
  public var learningRate: Double?
  /// Precision of training.
  public var precision = Precision.float32
  /// The second stage of multi-β VAEs; nil for the preset's.
  public var denoiser: DiffusionOptions?
  /// Tunes decoders adversarially, where a model can.
  public var decoder: DecoderSettings?
  /// How to sample; its seed is each run's own.
  public var sampling = SamplingOptions(sampler: .fromNoise)
  /// Passes over a tuned decoder.
  public var usesOriginalDecoder = false
  /// A run whose finished stages are taken over instead of being trained.
  public var checkpoint: String?
  /// How samples are drawn and scored.
  public var samples = SampleSettings()
  /// The folder of the runs.
  public var folder = "runs"
  /// Throws away what the run folders hold.
  public var isFresh = false

  /// A study of models and other systems.
  ///
  /// - Parameters:
  ///   - dataset: The images.
  ///   - models: Names of models and groups as on the command line, separated by commas; may be empty.
  /// - Throws: `TrainingError` for unknown names and options.
  public init(dataset: any ImageDataset, models: String = "") throws(TrainingError) {
    self.dataset = dataset
    self.models = try ModelCatalog.specifications(models)
  }

  /// What runs will take, from a short probe.
  ///
  /// - Parameter environment: Where to compute.
  /// - Returns: An estimate for every model.
  /// - Throws: As ``run(in:)``.
  package func estimates(in environment: RunEnvironment) async throws -> [GenerationEstimate] {
    let extractor = try samples.features.extractor(environment)
    return try await planned(extractor, environment, probes: .all).estimates
  }

  /// Does what is not done yet of every run.
  ///
  /// - Parameter environment: Where to compute, and who hears of it.
  /// - Returns: The results.
  /// - Throws: ``ExperimentError``, errors of datasets, models and files, and `Interrupted`; a run that
  ///   fails does not keep the others from going on, see ``StudyOutcome/requireAll()``.
  public func run(in environment: RunEnvironment = RunEnvironment()) async throws -> StudyOutcome {
    // Wrong paths show before minutes go into anything else.
    let opened = try systems.map { system in
      let pictures = try Pictures.open(system.samples, range: samples.features.sampleRange)
      for note in pictures.notes { environment.note(note) }
      return (system: system, pictures: pictures)
    }
    let extractor = try samples.features.extractor(environment)
    var (runs, estimates) = try await planned(
      extractor, environment, probes: environment.isQuiet ? .needed : .unfinished)
    if !estimates.isEmpty {
      environment.note(estimates.map(\.text).joined(separator: "\n\n") + "\n")
    }
    let isFinished = !isFresh && runs.allSatisfy(\.folder.isComplete)
    var scoring: SampleScoring?
    if !isFinished || !systems.isEmpty {
      // The same images whether models are trained or not, so that all systems have one reference.
      let count = try heldOutCount()
      if let checkpoint, count == nil {
        environment.note(
          "note: the run in \(checkpoint) held no images out: no metric of memorisation")
      }
      if count != nil, !systems.isEmpty, !runs.isEmpty {
        environment.note(
          "note: another system may have seen the held-out images: no metric of memorisation for it"
        )
      }
      scoring = try await SampleScoring(
        samples, preset, extractor: extractor, dataset: dataset,
        split: count.map { count throws(DatasetError) in
          try HeldOutSplit(dataset, heldOutCount: count)
        }, comparesHeldOut: !runs.isEmpty, environment: environment)
    }
    if let checkpoint, runs.count > 1 {
      environment.note(
        "note: all seeds take the trained stages of \(checkpoint) over: what differs between them is only what comes after"
      )
    }
    for index in runs.indices { runs[index].scoring = scoring }
    var (results, failureCount) = try await runs.execute(isFresh: isFresh)
    if let scoring {
      for (system, pictures) in opened {
        results.append(
          try await SystemRun(
            name: system.name, path: system.samples, samples: pictures, dataset: dataset,
            preset: preset,
            sampleCount: samples.sampleCount ?? preset.generatedCount, out: folder,
            seed: system.seed, device: samples.features.device(environment),
            environment: environment
          ).execute(scoring))
      }
    }
    return StudyOutcome(
      results: results, failureCount: failureCount, runCount: runs.count,
      models: runs.map(\.specification), metrics: [])
  }

  // MARK: - Runs

  /// The models with what a dataset decides, or the model whose stages are taken over.
  private func specifications() throws -> [ModelSpecification] {
    guard let checkpoint, let found = try takenOver() else {
      return try models.map { specification throws(TrainingError) in
        try preset.adapted(specification, to: dataset, width: width)
      }
    }
    guard models.allSatisfy({ $0.label == found.model }) else {
      throw ExperimentError.otherModel(
        checkpoint: checkpoint, found: found.model,
        asked: models.map(\.label).joined(separator: ","))
    }
    guard found.context["dataset_checksum"]?.string == dataset.checksum else {
      throw ExperimentError.unsuitableDataset(
        name: dataset.name,
        reason:
          "the first stage in \(checkpoint) was trained on \(found.context["dataset"]?.string ?? "another")"
      )
    }
    return [try ModelSpecification(parsing: found.model)]
  }

  /// The state of the first stage that is taken over; nil if one is trained.
  private func takenOver() throws -> Checkpoint.State? {
    try checkpoint.map { try Checkpoint(folder: Trainer.checkpointPath(in: $0)).state }
  }

  /// How many images are held out: as many as the checkpoint's run held out, or as the settings say; nil for
  /// none.
  private func heldOutCount() throws -> Int? {
    let asked = samples.heldOutCount
    var count =
      asked
      ?? HeldOutSplit.count(wanted: samples.sampleCount ?? preset.generatedCount, of: dataset)
    if let checkpoint, let found = try takenOver() {
      count = found.context["held_out_count"]?.integer ?? 0
      guard asked == nil || asked == count else {
        throw ExperimentError.otherHeldOut(
          checkpoint: checkpoint, found: count, asked: asked ?? 0)
      }
    }
    guard count > 0 else { return nil }
    _ = try HeldOutSplit(dataset, heldOutCount: count)
    return count
  }

  /// Which runs a short probe is made for.
  private enum Probes {
    /// All, finished ones too.
    case all
    /// Those with something left to do.
    case unfinished
    /// Those whose steps are chosen to fit their minutes.
    case needed
  }

  /// The runs, with an estimate of what those of each model take.
  ///
  /// - Parameters:
  ///   - extractor: What makes the features.
  ///   - environment: Where to compute.
  ///   - probes: Which runs are probed.
  /// - Returns: The runs and an estimate for each model that was probed.
  /// - Throws: As ``run(in:)``.
  private func planned(
    _ extractor: FeatureExtractor, _ environment: RunEnvironment, probes: Probes
  ) async throws -> (runs: [ModelRun], estimates: [GenerationEstimate]) {
    var planned: [ModelRun] = []
    var estimates: [GenerationEstimate] = []
    let specifications = try specifications()
    guard !specifications.isEmpty else { return ([], []) }
    let device = try environment.openDevice()
    let heldOutCount = try heldOutCount()
    for specification in specifications {
      var runs = try seeds.map { seed in
        let configuration = try configuration(
          specification, seed, extractor.protocolID, heldOutCount)
        return ModelRun(
          specification: specification, dataset: dataset, configuration: configuration,
          folder: try RunDirectory(
            root: folder, dataset: dataset.name, model: specification.label,
            preset: configuration.presetLabel(for: dataset), seed: seed),
          device: device, environment: environment, scoring: nil)
      }
      // The steps that were chosen for a run's minutes when it was begun.
      let chosen = isFresh ? runs.map { _ in nil } : try runs.map { try $0.chosenSteps() }
      for (index, chosen) in chosen.enumerated() where chosen != nil {
        runs[index].configuration = chosen ?? runs[index].configuration
      }
      let isNew = isFresh || runs.contains { !$0.folder.isComplete }
      if probes == .all || (isNew && (probes == .unfinished || minutes != nil)) {
        var estimate = try await GenerationEstimate(runs[0], extractor)
        if let minutes {
          let fitted = try estimate.fit(minutes: minutes)
          for (index, chosen) in chosen.enumerated() where chosen == nil {
            runs[index].configuration = runs[index].configuration.withSteps(of: fitted)
          }
        }
        estimates.append(estimate)
      }
      planned += runs
    }
    return (planned, estimates)
  }

  private func configuration(
    _ specification: ModelSpecification, _ seed: Int, _ featureProtocol: String,
    _ heldOutCount: Int?
  ) throws -> RunConfiguration {
    let size = batchSize ?? preset.batchSize(for: dataset)
    func plan(_ stepCount: Int) -> TrainingPlan {
      TrainingPlan(
        stepCount: stepCount, batchSize: size, seed: UInt64(seed),
        checkpointInterval: checkpointInterval, precision: precision,
        partCount: partCount > 1 ? min(partCount, size) : nil)
    }
    let budget = preset.generationBudget(for: dataset)
    var options = denoiser ?? preset.diffusionOptions
    if denoiser == nil, let learningRate { options.learningRate = learningRate }
    if options.width == nil, dataset.imageShape.height > 64 {
      // A U-Net's first level; a multiple of the attention's 32 channels per head.
      options.width = (width ?? preset.residualWidth).map { max(32, $0) }
    }
    // What is taken over was trained as its checkpoints say, whatever is asked for here.
    let first = try takenOver()
    var firstPlan = plan(specification.stepCount(of: stepCount ?? budget.first))
    if let first {
      (firstPlan.stepCount, firstPlan.batchSize) = (first.plan.stepCount, first.plan.batchSize)
    }
    let decoderSteps =
      try takenSteps(specification) { $0.isOptional }
      ?? decoderStepCount ?? stepCount.map { max(1, $0 / 10) } ?? budget.decoder
    let laterSteps =
      try takenSteps(specification) { !$0.isOptional }
      ?? laterStepCount ?? stepCount ?? budget.second
    let settings = GenerationSettings(
      sampleCount: samples.sampleCount ?? preset.generatedCount,
      referenceCount: samples.referenceCount ?? preset.referenceCount,
      heldOutCount: heldOutCount, featureProtocol: featureProtocol, reference: samples.reference,
      sampler: sampling.sampler,
      samplingSteps: sampling.stepCount, grid: sampling.grid, denoiser: options,
      denoiserPlan: plan(laterSteps),
      usesOriginalDecoder: usesOriginalDecoder,
      decoder: decoder?.options(
        stepCount: decoderSteps, batchSize: size, learningRate: learningRate),
      decoderPlan: decoder.map { _ in plan(decoderSteps) }, minutes: minutes,
      checkpoint: checkpoint)
    return RunConfiguration(
      dataset: dataset.name, datasetChecksum: dataset.checksum, model: specification.label,
      preset: preset,
      latentCount: first?.context["latent_count"]?.integer ?? latentCount
        ?? preset.latentCount(for: dataset),
      learningRate: first?.context["learning_rate"]?.double ?? learningRate
        ?? budget.firstLearningRate,
      sampleCount: min(1000, dataset.count), metrics: [], plan: firstPlan, generation: settings)
  }

  /// The steps of a later stage that is taken over; nil if it is trained here.
  private func takenSteps(
    _ specification: ModelSpecification, where isMeant: (ModelStage) -> Bool
  ) throws -> Int? {
    let stages = specification.definition.generatingStages
    guard let checkpoint, let stage = stages.first(where: isMeant) else { return nil }
    let path = Trainer.checkpointPath(in: StageFolders(checkpoint).folder(of: stage))
    return Checkpoint.exists(at: path) ? try Checkpoint(folder: path).state.plan.stepCount : nil
  }
}

extension ModelRun {
  /// The configuration with the steps that were chosen for the run's minutes when it was begun; nil if
  /// it was not begun with as many.
  fileprivate func chosenSteps() throws -> RunConfiguration? {
    guard let minutes = configuration.generation?.minutes,
      let found = try? RunConfiguration(of: folder), found.generation?.minutes == minutes
    else { return nil }
    return configuration.withSteps(of: found)
  }
}
