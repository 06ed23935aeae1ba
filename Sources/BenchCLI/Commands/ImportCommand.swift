import ArgumentParser
import BenchSupport
import Experiments
import FoundationEssentials
import GenerationMetrics
import Results

/// `bench import`.
struct ImportCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Turns results of other programs into run folders that compare and report read.",
    discussion: """
      disentanglement-lib: an evaluation.json, a folder with such files, or the JSON of all of them.
      csv: a table with the columns method, seed, and one per metric (dataset and preset may be).
      pytorch-fid: statistics (.npz with mu and sigma) of generated images; the FID to those given \
      with --reference is computed.

      Examples:
        bench import disentanglement-lib output/unsupervised_study_v1 --out runs
        bench import csv scores.csv --dataset shapes3d --out runs
        bench import pytorch-fid generated.npz --reference celeba.npz --dataset celeba \
      --model ddpm --out runs
      """)

  @Argument(help: "disentanglement-lib, csv or pytorch-fid.")
  var kind: Kind

  @Argument(help: "The file or folder to read.", completion: .file())
  var path: String

  @Option(help: "Folder of the runs.", completion: .directory)
  var out = "runs"

  @Option(help: "The dataset, if the file does not say.")
  var dataset: String?

  @Option(help: "The preset, if the file does not say.")
  var preset = "imported"

  @Option(help: "The model, for pytorch-fid.")
  var model: String?

  @Option(help: "Statistics of the real images, for pytorch-fid.", completion: .file())
  var reference: String?

  @Option(help: "Metrics of which larger values are better, separated by commas, if not known.")
  var higherIsBetter: String?

  @Option(help: "Metrics of which smaller values are better, likewise.")
  var lowerIsBetter: String?

  @Flag(help: "Replace results that are there already.")
  var replace = false

  @OptionGroup var global: GlobalOptions

  /// What can be imported.
  enum Kind: String, ExpressibleByArgument, CaseIterable {
    case disentanglementLib = "disentanglement-lib"
    case csv
    case pytorchFID = "pytorch-fid"
  }

  func validate() throws {
    guard kind != .pytorchFID || (reference != nil && dataset != nil && model != nil) else {
      throw ValidationError("pytorch-fid needs --reference, --dataset and --model.")
    }
  }

  func execute() throws {
    let results = try read().map { $0.described(by: vocabulary) }
    let unknown = results.flatMap(\.metrics).filter { $0.value["higher_is_better"] == nil }
      .map(\.key).uniqued().sorted()
    if !unknown.isEmpty {
      global.note(
        "note: \(unknown.joined(separator: ", ")): which values are better is not known, so no "
          + "comparison will rank them; say it with --higher-is-better or --lower-is-better.")
    }
    let folders = try results.map { result in
      let folder = try RunDirectory(
        root: out, dataset: result.dataset.name, model: result.model, preset: result.preset,
        seed: result.seed)
      guard replace || !folder.isComplete else { throw ImportError.exists(folder.resultPath) }
      return folder
    }
    guard Set(folders.map(\.path)).count == folders.count else {
      throw ImportError.twice(path)
    }
    for (result, folder) in zip(results, folders) {
      let lock = try folder.lock()
      try result.write(to: folder.resultPath)
      _ = consume lock
    }
    try global.emit(
      ["imported": .array(folders.map { .string($0.path) })],
      text: "\(results.count) results imported into \(out)")
  }

  /// What the command line says of metrics, then what is known of them.
  private var vocabulary: MetricVocabulary {
    func stated(_ names: String?, _ direction: MetricDirection) -> [MetricDescription] {
      (names ?? "").split(separator: ",").map {
        MetricDescription(name: MetricName.canonical(String($0)), direction: direction)
      }
    }
    return MetricVocabulary(
      stated(higherIsBetter, .higherIsBetter) + stated(lowerIsBetter, .lowerIsBetter)
        + MetricVocabulary.knownDescriptions)
  }

  private func read() throws -> [RunResult] {
    switch kind {
    case .disentanglementLib: return try DisentanglementLibImport.results(path: path)
    case .csv: return try CSVImport.results(path: path, dataset: dataset, preset: preset)
    case .pytorchFID:
      guard let reference, let dataset, let model else { return [] }
      let evaluation = try GenerationEvaluation(
        reference: GenerationSide(path: reference), generated: GenerationSide(path: path),
        metrics: [.frechet], options: GenerationOptions())
      try evaluation.requireValues()
      guard case .object(let metrics) = evaluation.json else { return [] }
      return [
        RunResult(
          dataset: .init(name: dataset), model: model, preset: preset, seed: global.seed,
          metrics: metrics, provenance: nil)
      ]
    }
  }
}

/// An import that would lose results.
enum ImportError: Error, CustomStringConvertible {
  /// There is a result already.
  case exists(String)
  /// The input has two results of the same run.
  case twice(String)

  var description: String {
    switch self {
    case .exists(let path): "\(path): there is a result already; replace it with --replace."
    case .twice(let path):
      "\(path): has two results of the same dataset, model, preset and seed; keep one of them."
    }
  }
}
