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

  /// Trains a model: the first stage, or all of a model with one stage.
  package func first(_ specification: ModelSpecification, _ context: ModelContext) throws -> Report
  {
    try TorchRandom.seed(plan.seed)
    let model = try specification.make(context)
    let rates = model.optimizerGroups.map(\.options.learningRate)
    if !rates.contains(context.learningRate) {
      environment.note(
        "\(specification.label) has learning rates of its own, not \(context.learningRate): "
          + rates.uniqued().map { "\($0)" }.joined(separator: ", "))
    }
    return try train(
      model, label: specification.label, stage: "1", on: context.trainingImages(of: dataset),
      context: context.json, in: folder.path)
  }

  /// Trains a later stage on the finished first one.
  package func later(_ stage: ModelStage, _ options: StageOptions) throws -> Report {
    let folders = StageFolders(folder.path)
    let trained = try folders.openFirst(on: device)
    try check(trained)
    let images = try trained.context.trainingImages(of: dataset)
    let path = folders.folder(of: stage)
    try TorchRandom.seed(plan.seed)
    let model = try stage.make(on: trained.model, trained.context, options)
    if group.isFirst { try createFolder(path) }
    if let preparation = model.preparation,
      !Checkpoint.exists(at: Trainer.checkpointPath(in: path))
    {
      environment.note(preparation)
      let count = images.scaledCount(64)
      let sample = try ObservationSample(images, count: count, seed: plan.seed)
      try model.prepare(sample.images(count, on: device), from: trained, in: folders)
    }
    return try train(
      model, label: stage.label, stage: stage.name, on: images,
      context: folders.context(of: model), in: path)
  }

  private func train(
    _ model: any TrainableModel, label: String, stage: String, on images: any ImageDataset,
    context: JSONValue, in path: String
  ) throws -> Report {
    let trainer = try Trainer(
      model, named: label, dataset: images, plan: plan, folder: path, context: context,
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

  /// Probes stages without training them; later ones on an untrained first stage.
  ///
  /// Without a specification, the model is the one whose trained first stage lies in the folder, which is
  /// not probed then.
  package func dryRuns(
    _ specification: ModelSpecification?, _ context: ModelContext, hasFirst: Bool,
    later stages: [ModelStage], _ options: StageOptions
  ) throws -> [DryRun] {
    func dryRun(_ title: String, _ model: any TrainableModel, named name: String) throws -> DryRun {
      try plan.check(model, named: name)
      return try DryRun(title, model, dataset: dataset, plan: plan)
    }
    let (first, firstContext): (ModelDefinition.Model, ModelContext)
    if let specification {
      (first, firstContext) = (try specification.make(context), context)
    } else {
      let trained = try StageFolders(folder.path).openFirst(on: device)
      (first, firstContext) = (trained.model, trained.context)
    }
    var runs: [DryRun] = []
    if let specification, hasFirst {
      runs.append(try dryRun("stage 1", first, named: specification.label))
    }
    for stage in stages {
      let model = try stage.make(on: first, firstContext, options)
      runs.append(try dryRun(stage.title, model, named: stage.label))
    }
    return runs
  }

  /// Later stages see the data of the first.
  private func check(_ trained: TrainedModel) throws {
    guard trained.context.datasetChecksum == dataset.checksum else {
      throw ExperimentError.unsuitableDataset(
        name: dataset.name,
        reason: "the first stage in \(folder.path) was trained on \(trained.context.dataset)")
    }
  }
}
