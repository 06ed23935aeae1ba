package import BenchSupport
package import Datasets
package import MessagePassing
package import Reference
package import Results
package import Torch

/// Trains the stages of one run folder; what is finished is left as it is.
///
/// Every random choice follows from the plan's seed: a command may train several seeds in turn, and its
/// own `--seed` is then that of none of them.
package struct StageTraining {
  package let dataset: any ImageDataset
  package let folder: RunDirectory
  package let device: Device
  package let plan: TrainingPlan
  package let environment: RunEnvironment
  /// The processes that train together.
  package var group = ProcessGroup.alone
  /// Called after every step.
  package var onStep: () throws -> Void = {}

  /// Describes a training in a run folder.
  package init(
    dataset: any ImageDataset, folder: RunDirectory, device: Device, plan: TrainingPlan,
    environment: RunEnvironment, group: ProcessGroup = ProcessGroup.alone,
    onStep: @escaping () throws -> Void = {}
  ) {
    self.dataset = dataset
    self.folder = folder
    self.device = device
    self.plan = plan
    self.environment = environment
    self.group = group
    self.onStep = onStep
  }

  /// What one stage's training gave.
  package struct Report {
    package let stage: String
    package let label: String
    package let stepCount: Int
    package let parameterCount: Int
    package let checkpoint: String
    package let processCount: Int
    package let summary: Trainer.Summary

    package var json: JSONValue {
      [
        "stage": .string(stage), "checkpoint": .string(checkpoint), "model": .string(label),
        "steps": .integer(stepCount), "seconds": .number(summary.seconds),
        "images_per_second": .number(summary.imagesPerSecond),
        "skipped_steps": .integer(summary.skippedStepCount),
        "parameters": .integer(parameterCount), "processes": .integer(processCount),
      ]
    }

    package var text: String {
      """
      \(label): \(stepCount) steps in \(duration(summary.seconds))\
      \(processCount > 1 ? " with \(processCount) processes" : ""), \(parameterCount) parameters; \
      checkpoint: \(checkpoint)
      """
    }
  }

  /// Trains a model of the catalog: the first stage, or all of a model with one stage.
  package func first(_ specification: ModelSpecification, setting: ModelSetting) throws -> Report {
    try TorchRandom.seed(plan.seed)
    let model = try specification.make(setting.context(on: device))
    return try train(
      model, label: specification.label, stage: "1", context: setting.json, in: folder.path)
  }

  /// Trains the denoiser on the finished first stage.
  package func second(_ options: DiffusionOptions) throws -> Report {
    let folders = StageFolders(folder.path)
    let (trained, autoencoder) = try folders.openAutoencoder(on: device)
    try check(trained)
    try TorchRandom.seed(plan.seed)
    let model = try LatentDiffusion(autoencoder, options)
    if group.isFirst { try createFolder(folders.denoiser) }
    if !Checkpoint.exists(at: Trainer.checkpointPath(in: folders.denoiser)) {
      environment.note("Measuring how fast the encoder's means move along the β axis …")
      let count = dataset.scaledCount(64)
      let sample = try ObservationSample(dataset, count: count, seed: plan.seed)
      try model.calibrate(sample.images(count, on: device))
    }
    return try train(
      model, label: LatentDiffusion.name, stage: "2", context: model.context(folders),
      in: folders.denoiser)
  }

  /// Tunes a copy of the finished first stage's decoder adversarially.
  package func decoder(_ options: DecoderTuning.Options) throws -> Report {
    let folders = StageFolders(folder.path)
    let (trained, autoencoder) = try folders.openAutoencoder(on: device)
    try check(trained)
    try TorchRandom.seed(plan.seed)
    let model = try DecoderTuning(
      autoencoder, channelCount: dataset.imageShape.channelCount, options)
    if group.isFirst { try createFolder(folders.decoder) }
    return try train(
      model, label: DecoderTuning.name, stage: "decoder", context: options.context(folders),
      in: folders.decoder)
  }

  private func train(
    _ model: any TrainableModel, label: String, stage: String, context: JSONValue,
    in path: String
  ) throws -> Report {
    let trainer = try Trainer(
      model, named: label, dataset: dataset, plan: plan, folder: path, context: context,
      isQuiet: environment.isQuiet, group: group)
    let summary = try trainer.train {
      try onStep()
      return Interruption.isRequested
    }
    return Report(
      stage: stage, label: label, stepCount: plan.stepCount,
      parameterCount: model.store.parameterCount,
      checkpoint: Trainer.checkpointPath(in: path), processCount: group.size, summary: summary)
  }

  /// Probes the chosen stages without training them; later ones on an untrained first stage.
  package func dryRuns(
    _ stages: Set<TrainingStage>, _ specification: ModelSpecification?, _ setting: ModelSetting,
    denoiser: DiffusionOptions, decoder: DecoderTuning.Options
  ) throws -> [DryRun] {
    let model =
      try specification?.make(setting.context(on: device))
      ?? StageFolders(folder.path).openAutoencoder(on: device).model
    func dryRun(_ title: String, _ model: any TrainableModel, named name: String) throws -> DryRun {
      try plan.check(model, named: name)
      return try DryRun(title, model, dataset: dataset, plan: plan)
    }
    var runs: [DryRun] = []
    if let specification, stages.contains(where: \.hasFirst) {
      runs.append(try dryRun("stage 1", model, named: specification.label))
    }
    guard let autoencoder = model as? MultiBetaVAE else { return runs }
    if stages.contains(where: \.hasSecond) {
      let diffusion = try LatentDiffusion(autoencoder, denoiser)
      runs.append(try dryRun("stage 2", diffusion, named: LatentDiffusion.name))
    }
    if stages.contains(.decoder) {
      let tuning = try DecoderTuning(
        autoencoder, channelCount: dataset.imageShape.channelCount, decoder)
      runs.append(try dryRun("decoder", tuning, named: DecoderTuning.name))
    }
    return runs
  }

  /// Later stages see the data of the first.
  private func check(_ trained: TrainedModel) throws {
    guard trained.setting.datasetChecksum == dataset.checksum else {
      throw ExperimentError.unsuitableDataset(
        name: dataset.name,
        reason: "the first stage in \(folder.path) was trained on \(trained.setting.dataset)")
    }
  }
}
