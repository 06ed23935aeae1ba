import BenchSupport
import Datasets
package import Reference
package import Results
import Torch

/// The later stages, the samples and what is made of them.
extension ModelRun {
  /// Takes the finished stages of another run, named by the configuration, into this one's folder;
  /// what was taken over before stays.
  package func takeOverStages() throws {
    for (mine, theirs) in stageCheckpoints {
      guard let theirs, Checkpoint.exists(at: theirs), !Checkpoint.exists(at: mine) else {
        continue
      }
      let checkpoint = try Checkpoint(folder: theirs)
      let (step, stepCount) = (checkpoint.state.step, checkpoint.state.plan.stepCount)
      guard step == stepCount else {
        throw TrainingError.badCheckpoint(
          path: theirs, reason: "it stands at step \(step) of \(stepCount); finish it first")
      }
      try checkpoint.copy(to: mine)
    }
  }

  /// Seconds that the stages in this folder say they were trained here, without those taken over.
  package func trainingSeconds() throws -> Double {
    try stageCheckpoints.reduce(0) { sum, stage in
      let isTakenOver = stage.theirs.map { Checkpoint.exists(at: $0) } ?? false
      guard !isTakenOver, Checkpoint.exists(at: stage.mine) else { return sum }
      return try sum + Checkpoint(folder: stage.mine).state.trainingSeconds
    }
  }

  /// The checkpoint of every stage in this run's folder and in the one that stages are taken over from.
  private var stageCheckpoints: [(mine: String, theirs: String?)] {
    let mine = StageFolders(folder.path)
    let theirs = configuration.generation?.checkpoint.map(StageFolders.init)
    let later = specification.definition.generatingStages.map {
      (mine: mine.folder(of: $0), theirs: theirs?.folder(of: $0))
    }
    return ([(mine.first, theirs?.first)] + later).map {
      (Trainer.checkpointPath(in: $0), $1.map(Trainer.checkpointPath))
    }
  }

  /// Trains the later stages, draws samples, scores them and draws pictures.
  package func generate(
    _ model: ModelDefinition.Model, _ settings: GenerationSettings, _ scoring: SampleScoring,
    _ meter: RunMeter, into outcome: inout Outcome
  ) async throws {
    let generator = try trainedGenerator(model, settings, meter)
    let samples = "\(folder.path)/samples"
    let drawing = SampleDrawing(
      generator: generator, shape: dataset.imageShape, isQuiet: environment.isQuiet,
      onStep: meter.update)
    try drawing.write(count: settings.sampleCount, to: samples)
    let drawn = try Pictures.open(samples)
    let scores = try await scoring.scores(
      of: drawn, name: "samples", count: settings.sampleCount, seed: configuration.plan.seed,
      comparesHeldOut: true)
    outcome.metrics.merge(scores.metrics) { $1 }
    let pictures = GenerationPictures(folder: folder.imagesPath, dataset: dataset)
    try pictures.writeSamples(drawn, scores, scoring)
    try pictures.write(model, generator)
  }

  private func trainedGenerator(
    _ model: ModelDefinition.Model, _ settings: GenerationSettings, _ meter: RunMeter
  ) throws -> ImageGenerator {
    guard specification.definition.sampling != nil else {
      return .prior(model, seed: configuration.plan.seed)
    }
    let taken = settings.checkpoint.map(StageFolders.init)
    for stage in specification.definition.generatingStages {
      let isTaken = taken.map {
        Checkpoint.exists(at: Trainer.checkpointPath(in: $0.folder(of: stage)))
      }
      guard isTaken != true, let plan = settings.plan(of: stage) else { continue }
      let training = StageTraining(
        dataset: dataset, folder: folder, device: device, plan: plan, environment: environment,
        onStep: meter.update)
      _ = try training.later(stage, settings.stageOptions)
    }
    return try ImageGenerator(
      TrainedModel(folder: folder.path, device: device), folder: folder.path, settings.sampling,
      skipsOptional: settings.usesOriginalDecoder)
  }
}
