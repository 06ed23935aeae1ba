import ArgumentParser
import BenchSupport
import Experiments
import Results

/// `bench report`.
struct ReportCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Writes one self-contained page about runs: scores, verdicts, curves, pictures.",
    discussion: """
      The page needs no other file and no network; with a name that ends in .md it is markdown.
      --format eval-results writes one model's results as the file that its repository on the Hugging \
      Face Hub carries in .eval_results/, one entry per metric, under the Hub's dataset that \
      --hub-dataset names.

      Examples:
        bench report runs --out report.html
        bench report runs --against baselines --out report.html
        bench report runs/scenes3d --title "Smoke study" --out report.md
        bench report runs/shapes3d/beta-vae/paper --format eval-results --hub-dataset owner/shapes3d
      """)

  @Argument(help: "Folders with runs.", completion: .directory)
  var runs: [String]

  @Option(help: "html, markdown or eval-results; default: what the name of --out says.")
  var format: Format?

  @Option(
    help:
      "The file to write, .html, .md or .yaml; default: report.html, report.md or .eval_results/bench.yaml.",
    completion: .file(extensions: ["html", "md", "yaml"]))
  var out: String?

  @Option(
    help: ArgumentHelp(
      "With eval-results, the Hub's dataset that has the leaderboard; may be repeated.",
      valueName: "[dataset=]owner/name"))
  var hubDataset: [String] = []

  @Option(help: "With eval-results, where the results can be looked at.")
  var sourceURL: String?

  @Option(help: "References and published tables for the verdicts.", completion: .file())
  var against: [String] = []

  @Option(
    help: "Limits per metric (YAML).", completion: .file(extensions: ["yaml", "yml", "json"]))
  var thresholds: String?

  @Option(help: "The heading.")
  var title = "Study report"

  @Option(help: "The most megabytes of pictures to embed.")
  var pictureMegabytes = 4.0

  @OptionGroup var global: GlobalOptions

  /// What is written.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case html, markdown
    case evalResults = "eval-results"

    /// The ending of the file's name.
    var ending: String {
      switch self {
      case .html: ".html"
      case .markdown: ".md"
      case .evalResults: ".yaml"
      }
    }
  }

  private var chosenFormat: Format {
    format ?? Format.allCases.first { out?.hasSuffix($0.ending) == true } ?? .html
  }

  private var path: String {
    out
      ?? (chosenFormat == .evalResults
        ? ".eval_results/bench.yaml" : "report\(chosenFormat.ending)")
  }

  func validate() throws {
    guard path.hasSuffix(chosenFormat.ending) else {
      throw ValidationError(
        format == nil
          ? "--out is '\(path)'; it must end in .html, .md or .yaml."
          : "--out is '\(path)'; for \(chosenFormat.rawValue) it must end in \(chosenFormat.ending)."
      )
    }
    guard (0...1000).contains(pictureMegabytes) else {
      throw ValidationError("--picture-megabytes is \(pictureMegabytes); it must be 0 to 1000.")
    }
    guard chosenFormat == .evalResults || (hubDataset.isEmpty && sourceURL == nil) else {
      throw ValidationError("--hub-dataset and --source-url belong to --format eval-results.")
    }
    for name in hubDataset {
      let id = name.split(separator: "=", maxSplits: 1).last ?? ""
      guard id.split(separator: "/", omittingEmptySubsequences: false).count == 2,
        !id.hasPrefix("/"), !id.hasSuffix("/")
      else {
        throw ValidationError(
          "--hub-dataset is '\(name)'; it must be OWNER/NAME or DATASET=OWNER/NAME.")
      }
    }
  }

  func execute() throws {
    let studyRuns = try StudyRun.runs(in: runs, known: .known)
    guard chosenFormat != .evalResults else { return try writeEvalResults(studyRuns.map(\.result)) }
    let report = StudyReport(
      title: title, runs: studyRuns, comparison: try comparison(studyRuns.map(\.result)),
      pictureBudget: Int(pictureMegabytes * 1e6))
    let text = chosenFormat == .markdown ? report.markdown : try report.html()
    try AtomicFile.write(Array(text.utf8), to: path)
    try global.emit(
      ["report": .string(path), "bytes": .integer(text.utf8.count)],
      text: "\(path): \(studyRuns.count) runs, \((Double(text.utf8.count) / 1e6).fixed(2)) MB")
  }

  private func writeEvalResults(_ results: [RunResult]) throws {
    let pairs = hubDataset.map { name in
      let parts = name.split(separator: "=", maxSplits: 1).map(String.init)
      return parts.count == 2 ? (parts[0], parts[1]) : ("", name)
    }
    let found = try EvalResults(
      results, datasets: Dictionary(pairs) { $1 }, sourceURL: sourceURL)
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try createFolder(String(path[..<slash]))
    }
    try AtomicFile.write(Array(try found.yaml().utf8), to: path)
    try global.emit(
      ["report": .string(path), "entries": .integer(found.count)],
      text: "\(path): \(found.count) results of \(results[0].model)")
  }

  private func comparison(_ results: [RunResult]) throws -> ComparisonReport? {
    guard !against.isEmpty || thresholds != nil else { return nil }
    let base = try ResultCollection(paths: against.map(PublishedTables.resolved), known: .known)
    // Published numbers on other datasets have no place in a report of these runs.
    let families = Set(results.map { DatasetName.family($0.dataset.name) })
    let published = base.published.filter { families.contains(DatasetName.family($0.dataset)) }
    let reference = base.results.filter { families.contains(DatasetName.family($0.dataset.name)) }
    let limits = try thresholds.map { try Thresholds(path: PublishedTables.resolved($0)) }
    return ComparisonReport(
      comparison: Comparison(runs: results, reference: reference, published: published),
      checks: limits?.checks(runs: results, reference: reference))
  }
}
