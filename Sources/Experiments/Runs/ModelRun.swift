package import BenchSupport
package import Datasets
import Disentanglement
import FoundationEssentials
import LinearAlgebra
package import Reference
package import Results
package import Torch

/// One model with one seed on one dataset: training, scores of its representations and of its
/// samples, pictures, record.
package struct ModelRun {
  package let specification: ModelSpecification
  package let dataset: any ImageDataset
  package var configuration: RunConfiguration
  package let folder: RunDirectory
  package let device: Device
  package let environment: RunEnvironment
  /// What scores samples, for a run that generates.
  package var scoring: SampleScoring?
  /// Whether every point of the model is scored on all axes, so that the best for the labels are known.
  package let scoresAllAxes: Bool

  /// Describes a run; without what scores samples it draws none.
  package init(
    specification: ModelSpecification, dataset: any ImageDataset, configuration: RunConfiguration,
    folder: RunDirectory, device: Device, environment: RunEnvironment, scoring: SampleScoring?,
    scoresAllAxes: Bool = false
  ) {
    self.specification = specification
    self.dataset = dataset
    self.configuration = configuration
    self.folder = folder
    self.device = device
    self.environment = environment
    self.scoring = scoring
    self.scoresAllAxes = scoresAllAxes
  }

  /// Does whatever of the run is not done yet and returns its result.
  ///
  /// - Parameter isFresh: Throws away what the folder holds.
  /// - Returns: The result, also of a run that was finished before.
  /// - Throws: Whatever stops the run; what is done stays and is continued.
  package func execute(isFresh: Bool) async throws -> RunResult {
    if isFresh { try folder.remove() }
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    try configuration.claim(folder)
    if folder.isComplete {
      let result = try RunResult(path: folder.resultPath).described(by: .known)
        .namingReadout(of: specification)
      guard scoresAllAxes, !result.hasAllAxes else { return result }
      guard Checkpoint.exists(at: Trainer.checkpointPath(in: folder.path)) else {
        environment.note(
          "note: \(folder.path) has no checkpoint any more: other axes cannot be scored")
        return result
      }
    }
    let meter = try RunMeter(folder, untracked: trainingSeconds)
    do {
      return try await execute(meter)
    } catch {
      // What stopped the run is said, rather than that its cost could not be noted either.
      _ = try? meter.save()
      throw error
    }
  }

  private func execute(_ meter: RunMeter) async throws -> RunResult {
    // Looked up before hours of training, not after: the checkout may move on meanwhile.
    _ = SourceCommit.current()
    try takeOverStages()
    let model = try trained(meter)
    let sample = try ObservationSample(dataset, count: configuration.sampleCount, seed: 0)
    var outcome = Outcome()
    if !configuration.metrics.isEmpty { try score(model, sample, meter, into: &outcome) }
    if let generation = configuration.generation {
      guard let scoring else { preconditionFailure("samples without what scores them") }
      try await generate(model, generation, scoring, meter, into: &outcome)
    }
    if specification.definition.hasCodes {
      outcome.metrics["mse"] = RunMetrics.squaredError.record(
        try reconstructionError(model, on: sample),
        estimator: "squared error per pixel in [0, 1], sharpest reconstruction, 1,000 images",
        details: ["mean_image": .number(try meanImageError(of: sample))])
    }
    let usage = try meter.save()
    let result = RunResult(
      dataset: .init(name: dataset.name, checksum: dataset.checksum), model: specification.label,
      preset: configuration.presetLabel(for: dataset), seed: Int(configuration.plan.seed),
      metrics: outcome.metrics, curves: outcome.curves,
      provenance: .now(
        versions: [
          "libtorch": try Libtorch.version(), "openblas": (try? OpenBLAS.configuration()) ?? "none",
        ],
        gpu: device.graphicsProcessor, wallSeconds: usage.wallSeconds,
        peakMemoryBytes: usage.peakMemoryBytes, config: try configuration.json()))
    try result.write(to: folder.resultPath)
    return result
  }

  /// What a run found out.
  package struct Outcome {
    package var metrics: [String: JSONValue] = [:]
    package var curves: [String: Curve] = [:]
  }

  /// What the model is built for.
  package var context: ModelContext {
    ModelContext(
      dataset: dataset, heldOutCount: configuration.generation?.heldOutCount ?? 0,
      latentCount: configuration.latentCount,
      learningRate: configuration.learningRate, device: device)
  }

  /// Trains the model, or reads the weights of a training that has ended.
  private func trained(_ meter: RunMeter) throws -> ModelDefinition.Model {
    guard configuration.generation?.checkpoint == nil else {
      return try TrainedModel(folder: folder.path, device: device).model
    }
    try TorchRandom.seed(configuration.plan.seed)
    let model = try specification.make(context)
    let trainer = try Trainer(
      model, named: specification.label, dataset: context.trainingImages(of: dataset),
      plan: configuration.plan,
      folder: folder.path, context: context.json, isQuiet: environment.isQuiet)
    _ = try trainer.train {
      try meter.update()
      return Interruption.isRequested
    }
    return model
  }

  // MARK: - Scores

  private func score(
    _ model: ModelDefinition.Model, _ sample: ObservationSample, _ meter: RunMeter,
    into outcome: inout Outcome
  ) throws {
    guard sample.factors != nil || sample.attributes != nil else {
      throw ExperimentError.unsuitableDataset(
        name: dataset.name, reason: "none of its factors varies")
    }
    let points = try model.points()
    let name = "\(specification.label) seed \(configuration.plan.seed)"
    var progress = ProgressReporter(
      "encode \(name)", total: sample.indices.count + sample.testIndices.count,
      isQuiet: environment.isQuiet)
    let measurements = try measure(model, at: points, on: sample, device: device) { done in
      try Interruption.check()
      try meter.update()
      progress.update(done)
    }
    let metricsAsked = try MetricCatalog.metrics(named: configuration.metrics)
    let readout = specification.definition.readout
    progress.finish()
    // The points, and the picked one on all axes.
    progress = ProgressReporter(
      "score \(name)", total: points.count + 1, isQuiet: environment.isQuiet)
    // A metric can take seconds, a point minutes.
    func show(_ pointsDone: Int, _ metric: String) throws {
      try Interruption.check()
      try meter.update()
      progress.update(pointsDone, detail: metric)
    }
    let scores = try measurements.enumerated().map { index, measurement in
      try PointScores(
        measurement, sample, metrics: metricsAsked,
        alignments: scoresAllAxes ? PointScores.everywhere : [readout],
        spectrum: measurements
      ) { try show(index, $0) }
    }
    let place = try labelFreePick(measurements)
    let picked = measurements[place]
    let pickedScores = try PointScores(
      picked, sample, metrics: metricsAsked,
      alignments: PointScores.alignments(ofPoints: points.count), spectrum: measurements
    ) { try show(points.count, $0) }
    var ranks: [String: HaarRank] = [:]
    for metric in metricsAsked where RunMetrics.ranked.contains(metric.name) {
      do {
        ranks[metric.name] = try HaarRank(of: metric, MetricInput(picked, sample), seed: 0) { _ in
          try Interruption.check()
          try meter.update()
        }
      } catch is DisentanglementError {}  // without a score no rank; the score's record says why
    }
    progress.finish()
    let report = RepresentationReport(
      definitions: metricsAsked, measurements: measurements, picked: place, readout: readout,
      scores: scores, pickedScores: pickedScores,
      factorNames: sample.factors?.names ?? [], ranks: ranks)
    for reason in report.reasons { environment.note("note: no value at \(reason)") }
    try writePictures(model, sample, report)
    outcome.metrics.merge(report.metrics) { $1 }
    outcome.curves = report.curves
  }

  private func writePictures(
    _ model: ModelDefinition.Model, _ sample: ObservationSample, _ report: RepresentationReport
  ) throws {
    let pictures = RunPictures(
      model: model, sample: sample, shape: dataset.imageShape, folder: folder.imagesPath)
    let points = report.measurements.map(\.point)
    try pictures.writeReconstructions(points)
    try pictures.writeTraversals(report.measurements[report.picked], along: report.readout)
    for (name, plot) in report.plots(title: specification.label) {
      try pictures.write(plot, to: name)
    }
  }
}
