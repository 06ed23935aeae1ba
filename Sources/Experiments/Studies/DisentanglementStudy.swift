public import Datasets
import Disentanglement
import GenerationMetrics
public import Reference
import Results
public import Torch

/// Trains models on a dataset and scores how well their representations separate its factors.
///
/// Every run is a folder, `folder`/dataset/model/preset/seed-N, with its configuration, log, checkpoint,
/// pictures and result; a study that is run again uses what is finished and continues what is not.
public struct DisentanglementStudy {
  /// Images with factors of variation or attributes.
  public var dataset: any ImageDataset
  /// The models.
  public var models: [ModelSpecification]
  /// The seeds; every model is trained from each.
  public var seeds = [0]
  /// Sizes of training and evaluation where nothing else is said.
  public var preset = Preset.quick
  /// Optimiser steps instead of the preset's.
  public var stepCount: Int?
  /// Number of latents instead of the preset's.
  public var latentCount: Int?
  /// Precision of training.
  public var precision = Precision.float32
  /// The metrics, or `all`; nil for MIG (all in the standard preset), or every variant of TAD on attributes.
  public var metrics: [String]?
  /// Scores every β of a model on its own, principal and independent axes, so that the best for the labels are known.
  public var scoresAllAxes = false
  /// Draws and scores samples of every model as well; always done for datasets without factors.
  public var samples: SampleSettings?
  /// The folder of the runs.
  public var folder = "runs"
  /// Throws away what the run folders hold.
  public var isFresh = false

  /// A study of models.
  ///
  /// - Parameters:
  ///   - dataset: Images with factors of variation or attributes.
  ///   - models: Names of models and groups as on the command line, separated by commas.
  /// - Throws: `TrainingError` for unknown names and options.
  public init(dataset: any ImageDataset, models: String) throws(TrainingError) {
    self.dataset = dataset
    self.models = try ModelCatalog.specifications(models)
  }

  /// Does what is not done yet of every run.
  ///
  /// - Parameter environment: Where to compute, and who hears of it.
  /// - Returns: The results.
  /// - Throws: ``ExperimentError``, errors of datasets, models and files, and `Interrupted`; a run that
  ///   fails does not keep the others from going on, see ``StudyOutcome/requireAll()``.
  public func run(in environment: RunEnvironment = RunEnvironment()) async throws -> StudyOutcome {
    let models = try models.map { specification throws(TrainingError) in
      try preset.adapted(specification, to: dataset)
    }
    for model in models { try model.definition.requireCodes() }
    let metrics = try possibleMetrics()
    let device = try environment.openDevice()
    let settings = samples ?? (dataset is any FactorDataset ? nil : SampleSettings())
    let extractor = try settings?.features.extractor(environment)
    let generation = settings.flatMap { settings in
      extractor.map { (settings: settings, featureProtocol: $0.protocolID) }
    }
    var runs: [ModelRun] = []
    for model in models {
      for seed in seeds {
        let configuration = configuration(
          model, seed, metrics, generation)
        runs.append(
          ModelRun(
            specification: model, dataset: dataset, configuration: configuration,
            folder: try RunDirectory(
              root: folder, dataset: dataset.name, model: model.label,
              preset: configuration.presetLabel(for: dataset), seed: seed),
            device: device, environment: environment, scoring: nil,
            scoresAllAxes: scoresAllAxes))
      }
    }
    // The features of the reference set take a while: finished runs do not need them, unless all their scores are to be
    // written again beside those of other axes.
    let isFinished = !isFresh && !scoresAllAxes && runs.allSatisfy(\.folder.isComplete)
    if let settings, let extractor, !isFinished {
      let scoring = try await SampleScoring(
        settings, preset, extractor: extractor, dataset: dataset, environment: environment)
      for index in runs.indices { runs[index].scoring = scoring }
    }
    let (results, failureCount) = try await runs.execute(isFresh: isFresh)
    return StudyOutcome(
      results: results, failureCount: failureCount, runCount: runs.count, models: models,
      metrics: metrics)
  }

  /// The metrics that the dataset's labels allow, in the order asked for.
  private func possibleMetrics() throws -> [String] {
    let hasFactors = dataset is any FactorDataset
    guard hasFactors || dataset is any AttributeDataset else {
      throw ExperimentError.unsuitableDataset(
        name: dataset.name, reason: "it has neither factors of variation nor attributes")
    }
    let names =
      metrics
      ?? (hasFactors
        ? preset == .standard
          ? MetricCatalog.all.filter { !$0.isExpensive }.map(\.name) : ["mig"]
        : MetricCatalog.all.filter { $0.requirements == [.attributes] }.map(\.name))
    let possible = try MetricCatalog.metrics(named: names).filter { metric in
      // Runs encode a sample, never every state.
      hasFactors
        ? metric.requirements.isDisjoint(with: [.attributes, .everyState])
        : metric.requirements.isSubset(of: [.attributes])
    }
    guard !possible.isEmpty else {
      throw ExperimentError.unsuitableDataset(
        name: dataset.name,
        reason: "none of the metrics \(names.joined(separator: ", ")) applies to its labels")
    }
    return possible.map(\.name)
  }

  private func configuration(
    _ model: ModelSpecification, _ seed: Int, _ metrics: [String],
    _ generation: (settings: SampleSettings, featureProtocol: String)?
  ) -> RunConfiguration {
    let plan = TrainingPlan(
      stepCount: model.stepCount(of: stepCount ?? preset.stepCount),
      batchSize: preset.batchSize(for: dataset),
      seed: UInt64(seed), precision: precision)
    var configuration = RunConfiguration(
      dataset: dataset.name, datasetChecksum: dataset.checksum, model: model.label, preset: preset,
      latentCount: latentCount ?? preset.latentCount(for: dataset),
      learningRate: preset.learningRate, sampleCount: preset.sampleCount,
      // In the catalog's order: the order of a command line changes tables, not runs.
      metrics: MetricCatalog.all.map(\.name).filter(metrics.contains), plan: plan)
    if let generation {
      var denoiserPlan = plan
      denoiserPlan.stepCount = stepCount ?? preset.generationBudget(for: dataset).second
      configuration.generation = GenerationSettings(
        generation.settings, preset, featureProtocol: generation.featureProtocol,
        denoiserPlan: denoiserPlan)
    }
    return configuration
  }
}
