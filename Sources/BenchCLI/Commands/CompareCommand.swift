import ArgumentParser
import BenchSupport
import Experiments
import FoundationEssentials
import Results

/// `bench compare`.
struct CompareCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Compares results with published numbers, with our references, and with each other.",
    discussion: """
      Prints a table per dataset and metric with a verdict per model: better, worse, equivalent, \
      not distinguishable (and how many seeds would tell) or not comparable (and why). With \
      --against or --thresholds it exits with 1 if a run is worse or outside its limits.

      Examples:
        bench compare baselines/
        bench compare baselines/ --all
        bench compare runs/ baselines/published
        bench compare runs/ --against baselines/reference --thresholds baselines/thresholds.yaml
        bench compare runs/ --versus beta-vae --metric mig,dci --format markdown
        bench compare runs/ --format latex > table.tex
        bench compare runs/ --against baselines/reference --update
      """)

  @Argument(
    help: "Run folders, result files, baseline files, or folders with any of them.",
    completion: .file())
  var paths: [String]

  @Option(help: "Reference files or earlier runs.", completion: .file())
  var against: String?

  @Option(
    help: "Limits per metric (YAML).", completion: .file(extensions: ["yaml", "yml", "json"]))
  var thresholds: String?

  @Option(help: "table, markdown, json, junit, github, latex or csv.")
  var format = ComparisonReport.Format.table

  @Flag(
    help: """
      Write the runs to --against as its new references, if they are complete; those of other models and seeds stay.
      """)
  var update = false

  @Option(help: "Compare every model with this one instead of the references.")
  var versus: String?

  @Option(
    name: .customLong("dataset"),
    help: "Only these datasets, separated by commas; may be repeated.")
  var datasets: [String] = []

  @Option(
    name: .customLong("metric"), help: "Only these metrics, separated by commas; may be repeated.")
  var metrics: [String] = []

  @Option(
    name: .customLong("preset"), help: "Only these presets, separated by commas; may be repeated.")
  var presets: [String] = []

  @Option(help: "Error rate of the tests.")
  var significance = 0.05

  @Option(help: "Equivalence margin in standard deviations of what is compared with.")
  var margin = 1.0

  @Option(help: "Seeds assumed behind a published mean ± spread that does not say how many.")
  var assumedSeeds = 3

  @Flag(
    help: """
      Show every metric and publication; without --against, --versus, --thresholds and --metric only the \
      primary ones are.
      """)
  var all = false

  @Flag(help: "Compare by permutations instead of Welch's test.")
  var permutations = false

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard significance > 0 && significance < 1 else {
      throw ValidationError("--significance is \(significance); it must lie between 0 and 1.")
    }
    guard margin > 0 && margin.isFinite else {
      throw ValidationError("--margin is \(margin); it must be positive.")
    }
    guard (2...1_000_000).contains(assumedSeeds) else {
      throw ValidationError("--assumed-seeds is \(assumedSeeds); it must be at least 2.")
    }
    if update && against == nil {
      throw ValidationError("--update needs --against, the folder to write to.")
    }
  }

  func execute() throws {
    var given = try ResultCollection(paths: paths.map(PublishedTables.resolved), known: .known)
    // What is written lies where it was asked for.
    let against = update ? against : against.map(PublishedTables.resolved)
    let canStartEmpty =
      update && against.map { !FileManager.default.fileExists(atPath: $0) } == true
    var base =
      try canStartEmpty
      ? ResultCollection()
      : ResultCollection(paths: against.map { [$0] } ?? [], known: .known)
    var limits = try thresholds.map { try Thresholds(path: PublishedTables.resolved($0)) }
    try checkNames(
      given.results + base.results, given.published + base.published, limits?.rules ?? [])
    given.keep(presets: list(presets), datasets: list(datasets))
    base.keep(presets: list(presets), datasets: list(datasets))
    // With --against, all that is given is new, and what it is compared with is old.
    let (runs, reference) =
      against == nil ? (given.runs, given.reference) : (given.results, base.results)
    let comparison = Comparison(
      runs: runs, reference: reference, published: given.published + base.published,
      options: options)
    if let versus, !(runs + reference).contains(where: { $0.model == versus }) {
      throw CompareError.unknownModel(versus, known: (runs + reference).map(\.model))
    }
    limits?.keep(presets: list(presets), datasets: list(datasets))
    let checks = limits?.checks(runs: runs, reference: reference)
    let isFiltered = !(list(datasets) + list(presets) + list(metrics)).isEmpty
    if isFiltered && comparison.tables.isEmpty && (checks ?? []).isEmpty {
      throw CompareError.nothingLeft
    }
    let report = ComparisonReport(
      comparison: comparison, checks: checks,
      failsOnWorse: against != nil && limits == nil, incomplete: given.incomplete)
    print(try report.text(global.json ? .json : format))
    if update, let against {
      try ReferenceUpdate(runs: runs, incomplete: given.incomplete)
        .write(to: against, note: global.note)
      return
    }
    guard report.failures.isEmpty else { throw ExitCode(1) }
  }

  private var options: Comparison.Options {
    var options = Comparison.Options()
    options.significance = significance
    options.marginInDeviations = margin
    options.assumedCount = assumedSeeds
    options.versus = versus
    options.usesPermutations = permutations
    options.datasets = list(datasets)
    options.metrics = list(metrics)
    options.showsPrimaryOnly =
      !all && against == nil && versus == nil && thresholds == nil && metrics.isEmpty
    return options
  }

  private func list(_ texts: [String]) -> [String] {
    texts.flatMap { $0.split(separator: ",").map(String.init) }
  }

  /// Refuses names that nothing has: what is misspelt leaves nothing to compare, and nothing fails.
  private func checkNames(
    _ results: [RunResult], _ published: [PublishedRow], _ rules: [Thresholds.Rule]
  ) throws(CompareError) {
    try check(
      "dataset", list(datasets), by: DatasetName.family,
      among: results.map(\.dataset.name) + published.map(\.dataset) + rules.map(\.dataset))
    try check(
      "preset", list(presets), by: { $0 }, among: results.map(\.preset) + rules.map(\.preset))
    // Fields such as infomec.infom have values, but are no names of records.
    let others = list(metrics).filter { name in
      !results.contains { $0.value(MetricName.canonical(name))?.isFinite == true }
    }
    let records: [String] = results.flatMap { $0.metrics.keys.sorted() }
    try check(
      "metric", others, by: MetricName.canonical,
      among: records + published.map(\.metric) + rules.map(\.metric))
  }

  private func check(
    _ kind: String, _ names: [String], by canonical: (String) -> String, among given: [String]
  ) throws(CompareError) {
    // Patterns of rules name nothing in particular.
    let known = given.filter { !$0.contains("*") }
    let meant = Set(known.map(canonical))
    for name in names where !meant.contains(canonical(name)) {
      throw .unknownName(name, kind: kind, known: known)
    }
  }
}

/// A request that the results cannot answer.
enum CompareError: Error, CustomStringConvertible {
  /// No result is of this model.
  case unknownModel(String, known: [String])
  /// No result, published number or rule is of this dataset, preset or metric.
  case unknownName(String, kind: String, known: [String])
  /// Every name is known, but nothing is of all of them.
  case nothingLeft

  var description: String {
    switch self {
    case .unknownModel(let name, let known):
      let models = Set(known).sorted()
      return "no result is of the model '\(name)': "
        + suggestion(
          for: name, in: models, remedy: "the results have \(models.joined(separator: ", "))")
    case .unknownName(let name, let kind, let known):
      let names = Set(known).sorted()
      // A metric on other axes is named after the metric.
      let listed = names.filter { !$0.contains("@") }.joined(separator: ", ")
      return "nothing that is compared has the \(kind) '\(name)': "
        + suggestion(
          for: name, in: names, option: "--\(kind)",
          remedy: listed.isEmpty ? "there are no \(kind)s" : "there are \(listed)")
    case .nothingLeft:
      return "nothing has the given --dataset, --preset and --metric together; name fewer of them."
    }
  }
}
