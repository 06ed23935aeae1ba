import BenchSupport
import Datasets
import Disentanglement
import FoundationEssentials
import LinearAlgebra
import Reference
import Results
import Torch

/// One model with one seed on one dataset: training, scores, pictures, record.
struct ModelRun {
  let specification: ModelSpecification
  let dataset: any FactorDataset
  let configuration: RunConfiguration
  let folder: RunDirectory
  let device: Device
  let global: GlobalOptions

  /// Does whatever of the run is not done yet and returns its result.
  ///
  /// - Parameter isFresh: Throws away what the folder holds.
  /// - Returns: The result, also of a run that was finished before.
  /// - Throws: Whatever stops the run; what is done stays and is continued.
  func execute(isFresh: Bool) throws -> RunResult {
    if isFresh { try? FileManager.default.removeItem(atPath: folder.path) }
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    try configuration.claim(folder)
    if folder.isComplete { return try RunResult(path: folder.resultPath) }
    let start = ContinuousClock.now
    let model = try trained()
    let result = try evaluate(model, start: start)
    try result.write(to: folder.resultPath)
    return result
  }

  /// Trains the model, or reads the weights of a training that has ended.
  func trained() throws -> ModelDefinition.Model {
    let setting = ModelSetting(
      dataset: dataset, latentCount: configuration.latentCount,
      learningRate: configuration.learningRate)
    try TorchRandom.seed(configuration.plan.seed)
    let model = try specification.make(setting.context(on: device))
    let trainer = try Trainer(
      model, named: specification.label, dataset: dataset, plan: configuration.plan,
      folder: folder.path, context: setting.json, isQuiet: global.quiet)
    _ = try trainer.train { Interruption.isRequested }
    return model
  }

  // MARK: - Scores

  private func evaluate(_ model: ModelDefinition.Model, start: ContinuousClock.Instant) throws
    -> RunResult
  {
    let sample = try ObservationSample(dataset, count: configuration.sampleCount, seed: 0)
    guard let factors = sample.factors else {
      throw CommandError.unsuitableDataset(name: dataset.name, reason: "none of its factors varies")
    }
    let points = try model.points()
    var progress = ProgressReporter(
      "score \(specification.label) seed \(configuration.plan.seed)", total: sample.indices.count,
      isQuiet: global.quiet)
    let measurements = try measure(model, at: points, on: sample) { done in
      try Interruption.check()
      progress.update(done)
    }
    let metricsAsked = try MetricCatalog.metrics(named: configuration.metrics)
    let scores = try measurements.enumerated().map { index, measurement in
      try Interruption.check()
      progress.update(sample.indices.count, detail: "point \(index + 1) of \(points.count)")
      return try PointScores(measurement, factors: factors, metrics: metricsAsked)
    }
    let further = try PointScores(
      measurements[labelFreePick(measurements)], factors: factors, metrics: metricsAsked,
      alignments: PointScores.furtherAlignments)
    progress.finish()
    let report = RepresentationReport(
      measurements: measurements, scores: scores, further: further)
    let distortion = try measure(
      model, at: [model.sharpestPoint()], on: sample)[0].squaredError
    let meanImageError = try meanImageError(of: sample)
    try writePictures(model, sample, report)
    var metrics = report.metrics
    metrics["mse"] = [
      "value": .number(distortion), "higher_is_better": false,
      "mean_image": .number(meanImageError),
      "estimator": "squared error per pixel in [0, 1], sharpest reconstruction, 1,000 images",
    ]
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return RunResult(
      dataset: .init(name: dataset.name, checksum: dataset.checksum), model: specification.label,
      preset: configuration.presetName, seed: Int(configuration.plan.seed), metrics: metrics,
      curves: report.curves,
      provenance: .now(
        versions: ["libtorch": try Libtorch.version()], wallSeconds: seconds,
        config: try configuration.json()))
  }

  private func writePictures(
    _ model: ModelDefinition.Model, _ sample: ObservationSample, _ report: RepresentationReport
  ) throws {
    let pictures = RunPictures(
      model: model, sample: sample, shape: dataset.imageShape, folder: folder.imagesPath)
    let points = report.measurements.map(\.point)
    let shown =
      points.count == 1
      ? points
      : try [model.sharpestPoint()] + stride(from: 0, to: points.count, by: 3).map { points[$0] }
    try pictures.writeReconstructions(at: shown)
    try pictures.writeTraversals(report.measurements[report.picked])
    for (name, plot) in report.plots(title: specification.label) {
      try pictures.write(plot, to: name)
    }
  }
}
