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

      Examples:
        bench report runs --out report.html
        bench report runs --against baselines --out report.html
        bench report runs/scenes3d --title "Smoke study" --out report.md
      """)

  @Argument(help: "Folders with runs.", completion: .directory)
  var runs: [String]

  @Option(help: "The file to write, .html or .md.", completion: .file(extensions: ["html", "md"]))
  var out = "report.html"

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

  func validate() throws {
    guard out.hasSuffix(".html") || out.hasSuffix(".md") else {
      throw ValidationError("--out is '\(out)'; it must end in .html or .md.")
    }
    guard (0...1000).contains(pictureMegabytes) else {
      throw ValidationError("--picture-megabytes is \(pictureMegabytes); it must be 0 to 1000.")
    }
  }

  func execute() throws {
    let studyRuns = try StudyRun.runs(in: runs, known: .known)
    let report = StudyReport(
      title: title, runs: studyRuns, comparison: try comparison(studyRuns.map(\.result)),
      pictureBudget: Int(pictureMegabytes * 1e6))
    let text = out.hasSuffix(".md") ? report.markdown : try report.html()
    try AtomicFile.write(Array(text.utf8), to: out)
    try global.emit(
      ["report": .string(out), "bytes": .integer(text.utf8.count)],
      text: "\(out): \(studyRuns.count) runs, \((Double(text.utf8.count) / 1e6).fixed(2)) MB")
  }

  private func comparison(_ results: [RunResult]) throws -> ComparisonReport? {
    guard !against.isEmpty || thresholds != nil else { return nil }
    let base = try ResultCollection(paths: against, known: .known)
    // Published numbers on other datasets have no place in a report of these runs.
    let families = Set(results.map { DatasetName.family($0.dataset.name) })
    let published = base.published.filter { families.contains(DatasetName.family($0.dataset)) }
    let reference = base.results.filter { families.contains(DatasetName.family($0.dataset.name)) }
    let limits = try thresholds.map { try Thresholds(path: $0) }
    return ComparisonReport(
      comparison: Comparison(runs: results, reference: reference, published: published),
      checks: limits?.checks(runs: results, reference: reference))
  }
}
