import BenchSupport
import Datasets
@preconcurrency import Glibc
import Reference
import Results
import Torch

/// The later stages, the samples and what is made of them.
extension ModelRun {
  /// Takes the finished stages of another run, named by the configuration, into this one's folder;
  /// what was taken over before stays.
  func takeOverStages() throws {
    guard let source = configuration.generation?.checkpoint else { return }
    let (theirs, mine) = (StageFolders(source), StageFolders(folder.path))
    for (from, to) in [
      (theirs.autoencoder, mine.autoencoder), (theirs.denoiser, mine.denoiser),
      (theirs.decoder, mine.decoder),
    ] {
      let (from, to) = (Trainer.checkpointPath(in: from), Trainer.checkpointPath(in: to))
      guard Checkpoint.exists(at: from), !Checkpoint.exists(at: to) else { continue }
      try Checkpoint(folder: from).copy(to: to)
    }
  }

  /// Trains the later stages, draws samples, scores them and draws pictures.
  func generate(
    _ model: ModelDefinition.Model, _ settings: GenerationSettings, _ scoring: SampleScoring,
    into outcome: inout Outcome
  ) async throws {
    let generator = try trainedGenerator(model, settings)
    let samples = "\(folder.path)/samples"
    let drawing = SampleDrawing(
      generator: generator, shape: dataset.imageShape, isQuiet: global.quiet)
    try drawing.write(count: settings.sampleCount, to: samples)
    let scores = try await scoring.scores(
      ofFolder: samples, count: settings.sampleCount, seed: configuration.plan.seed)
    outcome.metrics.merge(scores.metrics) { $1 }
    let pictures = GenerationPictures(folder: folder.imagesPath, dataset: dataset)
    try pictures.writeSamples(samples, scores, scoring)
    try pictures.write(model, generator)
  }

  private func trainedGenerator(
    _ model: ModelDefinition.Model, _ settings: GenerationSettings
  ) throws -> ImageGenerator {
    guard model is MultiBetaVAE else {
      return .prior(model, seed: configuration.plan.seed)
    }
    func training(_ plan: TrainingPlan) -> StageTraining {
      StageTraining(dataset: dataset, folder: folder, device: device, plan: plan, global: global)
    }
    let taken = settings.checkpoint.map(StageFolders.init)
    func isTaken(_ stage: String?) -> Bool {
      stage.map { Checkpoint.exists(at: Trainer.checkpointPath(in: $0)) } ?? false
    }
    if !isTaken(taken?.denoiser) {
      _ = try training(settings.denoiserPlan).second(settings.denoiser)
    }
    if let options = settings.decoder, let plan = settings.decoderPlan, !isTaken(taken?.decoder) {
      _ = try training(plan).decoder(options)
    }
    let diffusion = try TrainedDiffusion(
      folder: folder.path, device: device, usesTunedDecoder: !settings.usesOriginalDecoder)
    return .diffusion(diffusion, settings.sampling)
  }
}

extension [ModelRun] {
  /// Does what is not done yet of every run; one that fails is reported, and the others go on.
  ///
  /// - Parameter isFresh: Throws away what the folders hold.
  /// - Returns: The results, and how many runs failed; runs after an interruption are not begun.
  func execute(isFresh: Bool) async -> (results: [RunResult], failureCount: Int) {
    var results: [RunResult] = []
    var failureCount = 0
    for run in self where !Interruption.isRequested {
      do {
        results.append(try await run.execute(isFresh: isFresh))
      } catch {
        guard !Bench.isInterruption(error) else { break }
        failureCount += 1
        fputs(
          "bench: \(run.specification.label) seed \(run.configuration.plan.seed): \(error)\n",
          stderr)
      }
    }
    return (results, failureCount)
  }
}
