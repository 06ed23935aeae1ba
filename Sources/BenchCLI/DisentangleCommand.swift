import ArgumentParser
import BenchSupport
import Datasets
import Disentanglement
@preconcurrency import Glibc
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
      continues what is not.

      Examples:
        bench disentangle
        bench disentangle --dataset shapes3d --model all --preset paper --seeds 0,1,2
        bench disentangle --model beta-vae:beta=6,multi-beta-vae --steps 5000
        bench disentangle --model beta-vae:grid,multi-beta-vae --metrics mig,dci
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

  @Option(help: "Seeds separated by commas; default: that of --seed.")
  var seeds: String?

  @Option(help: "Optimiser steps instead of the preset's.")
  var steps: Int?

  @Option(help: "Metrics separated by commas, or all.")
  var metrics = "mig"

  @Option(help: "Number of latents (default: \(RunConfiguration.defaultLatentCount)).")
  var latents: Int?

  @Option(
    help: "float32, or bfloat16 operands in convolutions and matrix products (default: float32).")
  var precision: PrecisionChoice?

  @Option(help: "Folder of the runs.", completion: .directory)
  var out = "runs"

  @Flag(help: "Continue what is unfinished. This is what happens anyway; scripts may say so.")
  var resume = false

  @Flag(help: "Throw away what the run folders hold and start over.")
  var fresh = false

  func validate() throws {
    guard stepCount >= 1 else {
      throw ValidationError("--steps is \(stepCount); it must be at least 1.")
    }
    guard (1...4096).contains(latentCount) else {
      throw ValidationError("--latents is \(latentCount); it must be 1 to 4096.")
    }
    guard !(fresh && resume) else {
      throw ValidationError("--fresh and --resume exclude each other.")
    }
    _ = try seedList()
  }

  private var stepCount: Int { steps ?? preset.stepCount ?? preset.preset.stepCount }

  private var latentCount: Int {
    latents ?? preset.latentCount ?? RunConfiguration.defaultLatentCount
  }

  private func seedList() throws -> [Int] {
    guard let seeds else { return [global.seed] }
    let values = seeds.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) }
    guard !values.isEmpty, values.allSatisfy({ ($0 ?? -1) >= 0 }) else {
      throw ValidationError("--seeds is '\(seeds)'; it must be numbers such as 0,1,2.")
    }
    return values.compactMap { $0 }
  }

  func execute() async throws {
    let specifications = try ModelCatalog.specifications(
      model.split(separator: ",").joinedOptions())
    let metricNames = try MetricCatalog.metrics(
      named: metrics.split(separator: ",").map(String.init)
    ).filter { !$0.requirements.contains(.attributes) }.map(\.name)
    let source = try DatasetCatalog.open(dataset, dataDirectory: global.dataRoot)
    guard let source = source as? any FactorDataset else {
      throw CommandError.unsuitableDataset(name: dataset, reason: "it has no factors of variation")
    }
    let device = try global.openDevice()
    let seeds = try seedList()
    var results: [RunResult] = []
    var failureCount = 0
    for specification in specifications {
      for seed in seeds {
        let configuration = configuration(specification, source, seed, metricNames)
        let run = ModelRun(
          specification: specification, dataset: source, configuration: configuration,
          folder: try RunDirectory(
            root: out, dataset: source.name, model: specification.label,
            preset: configuration.presetName, seed: seed),
          device: device, global: global)
        do {
          results.append(try run.execute(isFresh: fresh))
        } catch let error where !Bench.isInterruption(error) {
          failureCount += 1
          fputs("bench: \(specification.label) seed \(seed): \(error)\n", stderr)
        }
      }
    }
    try show(results, specifications)
    let total = specifications.count * seeds.count
    if failureCount > 0 { throw CommandError.failedRuns(count: failureCount, total: total) }
  }

  private func configuration(
    _ specification: ModelSpecification, _ source: any FactorDataset, _ seed: Int,
    _ metricNames: [String]
  ) -> RunConfiguration {
    RunConfiguration(
      dataset: source.name, datasetChecksum: source.checksum, model: specification.label,
      preset: preset.preset, latentCount: latentCount, learningRate: preset.preset.learningRate,
      sampleCount: preset.preset.sampleCount, metrics: metricNames,
      plan: TrainingPlan(
        stepCount: stepCount, seed: UInt64(seed),
        precision: (precision ?? preset.precision ?? .float32).value))
  }

  // MARK: - Output

  private func show(_ results: [RunResult], _ specifications: [ModelSpecification]) throws {
    let comparison = RateComparison(results)
    for (name, plot) in comparison.plots {
      try plot.write(to: "\(out)/\(results[0].dataset.name)/\(name)")
    }
    try global.emit(
      .object([
        "dataset": .string(dataset), "runs": .array(results.map(\.json)),
        "at_baseline_rates": comparison.json,
      ]),
      text: results.isEmpty ? "" : DisentangleTable(results, specifications).text(folder: out))
  }
}

/// The precisions of the command line.
enum PrecisionChoice: String, ExpressibleByArgument, CaseIterable {
  /// Single precision.
  case float32
  /// bfloat16 where it is safe.
  case bfloat16

  var value: Precision { self == .float32 ? .float32 : .bfloat16 }
}

extension Sequence where Element == Substring {
  /// Puts options back to their model: in `a:x=1,y=2,b` the parts are `a:x=1,y=2` and `b`.
  fileprivate func joinedOptions() -> [String] {
    reduce(into: []) { parts, part in
      if let last = parts.last, last.contains(":"), part.contains("="), !part.contains(":") {
        parts[parts.count - 1] = "\(last),\(part)"
      } else {
        parts.append(String(part))
      }
    }
  }
}
