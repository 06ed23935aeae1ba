import ArgumentParser
import BenchSupport
import Datasets
import Disentanglement
import Experiments
import Plotting
import Reference
import Results
import Torch

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
      smoke (seconds), quick (minutes), standard (an hour) or paper (300,000 steps of 64); runs with other --steps, \
      --latents or --precision are filed as quick:steps=500, which may be given here as well.
      """)
  var preset = PresetArgument(.quick)

  @Option(help: "Optimiser steps instead of the preset's.")
  var steps: Int?

  @Option(
    help: """
      Metrics separated by commas, or all; models are ranked by the first. Default: mig, in the standard preset all, or every \
      variant of tad for datasets with attributes.
      """)
  var metrics: String?

  @Flag(
    help: """
      Score every β on the model's own, principal and independent axes, and show the best of them for \
      the labels beside what is read without labels.
      """)
  var allAxes = false

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
    var study = try DisentanglementStudy(
      dataset: global.openDataset(dataset), models: model)
    study.seeds = try runs.seedList(global.seed)
    study.preset = preset.preset
    study.stepCount = steps ?? preset.stepCount
    study.latentCount = latentCount
    study.precision = runs.precision ?? preset.precision ?? .float32
    study.scoresAllAxes = allAxes
    study.metrics = metrics.map { $0.split(separator: ",").map(String.init) }
    // Datasets with attributes have their samples scored anyway.
    if scoring.samples != nil || !(study.dataset is any FactorDataset) {
      study.samples = scoring.values
    }
    study.folder = runs.out
    study.isFresh = runs.fresh
    let outcome = try await study.run(in: global.environment)
    try show(outcome)
    try outcome.requireAll()
  }

  // MARK: - Output

  private func show(_ outcome: StudyOutcome) throws {
    let results = outcome.results
    let comparison = RateComparison(results, metrics: outcome.metrics)
    for (name, plot) in comparison.plots {
      try plot.write(to: "\(runs.out)/\(results[0].dataset.name)/\(name)")
    }
    guard !results.isEmpty else { return try emit([], comparison, "") }
    var texts = [
      DisentangleTable(
        results, outcome.models, metrics: outcome.metrics, showsAllAxes: allAxes
      ).text(folder: runs.out)
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
