import ArgumentParser
import BenchSupport
import Datasets
import Disentanglement
import Experiments
import GenerationMetrics
import Reference
import Results

/// `bench disentangle`: trains models, scores their representations, shows them side by side.
struct DisentangleCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "disentangle",
    abstract: "Train models on a dataset and score how well they separate its factors.",
    discussion: """
      Every run is a folder, OUT/DATASET/MODEL/PRESET/seed-N, with its configuration, log, \
      checkpoint, pictures and result. A command that is started again uses what is finished and \
      continues what is not. Datasets with attributes are scored by every variant of TAD, and by \
      samples of every model: with --weights by their FID.

      Examples:
        bench disentangle
        bench disentangle --dataset shapes3d --model all --preset paper --seeds 0,1,2
        bench disentangle --model beta-vae:beta=6,multi-beta-vae --steps 5000
        bench disentangle --model beta-vae:grid,multi-beta-vae --metrics mig,dci
        bench disentangle --dataset celeba --weights inception.pth
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "The dataset; see bench datasets list.")
  var dataset = "scenes3d"

  @Option(
    help: """
      Models separated by commas, NAME or NAME:OPTION=VALUE; NAME:grid for the values of the \
      large-scale study, study for all its grids; all stands for \
      \(ModelCatalog.groups[0].models.joined(separator: ", ")); everything for these and \
      \(ModelCatalog.others.joined(separator: ", ")).
      """)
  var model = "all"

  @Option(
    help: """
      smoke (seconds), quick (minutes) or paper (300,000 steps of 64); runs with other --steps, \
      --latents or --precision are filed as quick:steps=500, which may be given here as well.
      """)
  var preset = PresetArgument(.quick)

  @Option(help: "Optimiser steps instead of the preset's.")
  var steps: Int?

  @Option(
    help: """
      Metrics separated by commas, or all; models are ranked by the first. Default: mig, or every \
      variant of tad for datasets with attributes.
      """)
  var metrics: String?

  @Option(help: "Number of latents; default: 10 for datasets with factors, else 32.")
  var latents: Int?

  @OptionGroup var runs: RunOptions

  @OptionGroup(title: "Samples (datasets with attributes, or --samples)") var scoring:
    ScoringOptions

  func validate() throws {
    guard stepCount >= 1 else {
      throw ValidationError("--steps is \(stepCount); it must be at least 1.")
    }
    guard latentCount.map({ (1...4096).contains($0) }) ?? true else {
      throw ValidationError("--latents is \(latentCount ?? 0); it must be 1 to 4096.")
    }
  }

  private var stepCount: Int { steps ?? preset.stepCount ?? preset.preset.stepCount }

  private var latentCount: Int? { latents ?? preset.latentCount }

  func execute() async throws {
    let source = try DatasetCatalog.open(dataset, dataDirectory: global.dataRoot)
    let specifications = try preset.preset.specifications(model, for: source)
    let metricNames = try metricNames(for: source)
    let device = try global.openDevice()
    let settings = scoring.values(preset.preset)
    let extractor = try generates(source) ? settings.features.extractor(global.environment) : nil
    let configurations = try specifications.flatMap { specification in
      try runs.seedList(global.seed).map { seed in
        (
          specification,
          configuration(specification, source, seed, metricNames, extractor?.protocolID)
        )
      }
    }
    let folders = try configurations.map { specification, configuration in
      try RunDirectory(
        root: runs.out, dataset: source.name, model: specification.label,
        preset: configuration.presetLabel(for: source), seed: Int(configuration.plan.seed))
    }
    // The features of the reference set take a while: finished runs do not need them.
    let isFinished = !runs.fresh && folders.allSatisfy(\.isComplete)
    var sampleScoring: SampleScoring?
    if let extractor, !isFinished {
      sampleScoring = try await SampleScoring(
        settings, extractor: extractor, dataset: source, environment: global.environment)
    }
    let all = zip(configurations, folders).map { pair, folder in
      ModelRun(
        specification: pair.0, dataset: source, configuration: pair.1, folder: folder,
        device: device, environment: global.environment, scoring: sampleScoring)
    }
    let (results, failureCount) = await all.execute(isFresh: runs.fresh)
    if Interruption.isRequested { throw Interrupted() }
    try show(results, specifications, metricNames)
    if failureCount > 0 { throw ExperimentError.failedRuns(count: failureCount, total: all.count) }
  }

  /// Whether samples are drawn and scored too.
  private func generates(_ source: any ImageDataset) -> Bool {
    scoring.samples != nil || !(source is any FactorDataset)
  }

  private func metricNames(for source: any ImageDataset) throws -> [String] {
    let isLabelled = source is any FactorDataset
    guard isLabelled || source is any AttributeDataset else {
      throw ExperimentError.unsuitableDataset(
        name: dataset, reason: "it has neither factors of variation nor attributes")
    }
    let names =
      metrics.map { $0.split(separator: ",").map(String.init) }
      ?? (isLabelled
        ? ["mig"]
        : MetricCatalog.all.filter { $0.requirements == [.attributes] }.map(\.name))
    let possible = try MetricCatalog.metrics(named: names).filter { metric in
      isLabelled
        ? !metric.requirements.contains(.attributes)
        : metric.requirements.isSubset(of: [.attributes])
    }
    guard !possible.isEmpty else {
      throw ExperimentError.unsuitableDataset(
        name: dataset,
        reason: "none of the metrics \(names.joined(separator: ", ")) applies to its labels")
    }
    return possible.map(\.name)
  }

  private func configuration(
    _ specification: ModelSpecification, _ source: any ImageDataset, _ seed: Int,
    _ metricNames: [String], _ featureProtocol: String?
  ) -> RunConfiguration {
    let plan = TrainingPlan(
      stepCount: stepCount, batchSize: preset.preset.batchSize(for: source), seed: UInt64(seed),
      precision: (runs.precision ?? preset.precision ?? .float32).value)
    var configuration = RunConfiguration(
      dataset: source.name, datasetChecksum: source.checksum, model: specification.label,
      preset: preset.preset,
      latentCount: latentCount ?? preset.preset.latentCount(for: source),
      learningRate: preset.preset.learningRate, sampleCount: preset.preset.sampleCount,
      // In the catalog's order: the order of a command line changes tables, not runs.
      metrics: MetricCatalog.all.map(\.name).filter(metricNames.contains), plan: plan)
    if let featureProtocol {
      var denoiserPlan = plan
      denoiserPlan.stepCount =
        steps ?? preset.stepCount ?? preset.preset.generationBudget(for: source).second
      let choices = scoring.values(preset.preset)
      configuration.generation = GenerationSettings(
        sampleCount: scoring.sampleCount(preset.preset), choices,
        featureProtocol: featureProtocol, denoiser: preset.preset.diffusionOptions,
        denoiserPlan: denoiserPlan)
    }
    return configuration
  }

  // MARK: - Output

  private func show(
    _ results: [RunResult], _ specifications: [ModelSpecification], _ metricNames: [String]
  ) throws {
    let comparison = RateComparison(results, metrics: metricNames)
    for (name, plot) in comparison.plots {
      try plot.write(to: "\(runs.out)/\(results[0].dataset.name)/\(name)")
    }
    guard !results.isEmpty else { return try emit([], comparison, "") }
    var texts = [
      DisentangleTable(results, specifications, metrics: metricNames).text(folder: runs.out)
    ]
    if results.contains(where: { $0.metrics["precision"] != nil }) {
      // TAD and FID side by side, with what is published of both: Table 1 of the paper.
      let tads = MetricCatalog.all.filter { $0.requirements == [.attributes] }.map(\.name)
      let published = try PublishedTables.rows(of: results[0].dataset.name)
      texts.insert(
        GenerationTable(results, published, columns: tads + GenerationTable.columns).table.text(),
        at: 0)
    }
    try emit(results, comparison, texts.joined(separator: "\n\n"))
  }

  private func emit(_ results: [RunResult], _ comparison: RateComparison, _ text: String) throws {
    try global.emit(
      .object([
        "dataset": .string(dataset), "runs": .array(results.map(\.json)),
        "at_baseline_rates": comparison.json,
      ]), text: text)
  }
}
