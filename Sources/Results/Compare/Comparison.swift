public import BenchSupport

/// Published numbers, reference runs and new runs side by side, with verdicts.
public struct Comparison: Sendable, Equatable {
  /// What to compare and how.
  public struct Options: Sendable, Equatable {
    /// Error rate of every test, after correction; intervals cover 1 minus it.
    public var significance = 0.05
    /// The margin of equivalence in standard deviations of what is compared with.
    public var marginInDeviations = 1.0
    /// Seeds assumed behind a published mean ± spread that does not say how many.
    public var assumedCount = 3
    /// The model that all others are compared with, its runs or else its references; nil for
    /// reference and published.
    public var versus: String?
    /// Whether groups are compared by permutations instead of Welch's test.
    public var usesPermutations = false
    /// Datasets to show; all if empty.
    public var datasets: [String] = []
    /// Metrics to show, also fields such as `infomec.infom`; all if empty.
    public var metrics: [String] = []
    /// Whether people are shown the primary metrics and publications alone; machines are shown all.
    public var showsPrimaryOnly = false

    /// The default options.
    public init() {}
  }

  /// One line of a table.
  public struct Row: Sendable, Equatable {
    /// The method's or model's name.
    public var method: String
    /// The preset of our runs; nil without runs.
    public var preset: String?
    /// A published number.
    public var published: PublishedRow?
    /// Our reference runs.
    public var reference: Sample?
    /// New runs.
    public var runs: Sample?
    /// The verdict, if there is something to compare with.
    public var claim: Claim?
  }

  /// All numbers of one metric on one dataset.
  public struct Table: Sendable, Equatable {
    /// The dataset's name.
    public var dataset: String
    /// The metric's name.
    public var metric: String
    /// Which values are better; nil if unknown.
    public var direction: MetricDirection?
    /// The lines, best first.
    public var rows: [Row]
    /// The name of the same metric as models are read, where ours have one and this is on their own axes.
    public var headline: String? = nil
  }

  /// The tables, by dataset and metric.
  public var tables: [Table]
  /// Ranks over several datasets, one per metric.
  public var ranks: [RankSummary]
  /// The citations that rows refer to by number, counted from 1.
  public var sources: [String]
  /// Training steps by preset of our runs, where their provenance says.
  public var stepCounts: [String: Int]
  /// How it was compared.
  public var options: Options

  /// Compares.
  ///
  /// - Parameters:
  ///   - runs: New results; may be empty.
  ///   - reference: Our earlier results; may be empty.
  ///   - published: Published numbers; may be empty.
  ///   - options: What to compare and how.
  public init(
    runs: [RunResult], reference: [RunResult], published: [PublishedRow],
    options: Options = Options()
  ) {
    self.options = options
    sources = published.map(\.source).uniqued()
    stepCounts = [:]
    for result in runs + reference {
      stepCounts[result.preset] = result.provenance?.config["training"]?["stepCount"]?.integer
    }
    tables = []
    let builder = TableBuilder(
      runs: runs, reference: reference, published: published, options: options, sources: sources)
    for dataset in builder.datasets {
      for metric in builder.metrics(dataset) {
        let table = builder.table(dataset: dataset, metric: metric)
        if !table.rows.isEmpty { tables.append(table) }
      }
    }
    ranks = RankSummary.all(runs.isEmpty ? reference : runs, options: options)
  }
}

/// Finds what belongs in which table.
private struct TableBuilder {
  let runs: [RunResult]
  let reference: [RunResult]
  let published: [PublishedRow]
  let options: Comparison.Options
  let sources: [String]

  private var ours: [RunResult] { runs + reference }

  /// Dataset families, ours first.
  var datasets: [String] {
    let names = ours.map(\.dataset.name) + published.map(\.dataset)
    let wanted = Set(options.datasets.map(DatasetName.family))
    return names.map(DatasetName.family).uniqued().filter { wanted.isEmpty || wanted.contains($0) }
  }

  /// Canonical metric names of a dataset family.
  func metrics(_ dataset: String) -> [String] {
    let names =
      published.filter { DatasetName.family($0.dataset) == dataset }.map(\.metric)
      + ours.filter { DatasetName.family($0.dataset.name) == dataset }.flatMap {
        $0.metrics.keys.sorted()
      }
    let found = names.map(MetricName.canonical).uniqued()
    guard !options.metrics.isEmpty else { return found }
    return options.metrics.map(MetricName.canonical).uniqued().filter {
      found.contains($0) || found.contains(String($0.prefix { $0 != "." }))
    }
  }

  func table(dataset: String, metric: String) -> Comparison.Table {
    let rows = published.filter {
      DatasetName.family($0.dataset) == dataset && MetricName.canonical($0.metric) == metric
    }
    let (runs, reference) = (samples(runs, dataset, metric), samples(reference, dataset, metric))
    let direction =
      rows.first?.direction
      ?? MetricDirection.of(
        metric, in: ours.filter { DatasetName.family($0.dataset.name) == dataset })
    var lines: [Comparison.Row] = []
    let groups = (runs.map(\.key) + reference.map(\.key)).uniqued()
    for key in groups {
      lines += self.rows(
        key, runs: runs.first { $0.key == key }?.sample,
        reference: reference.first { $0.key == key }?.sample,
        published: rows.filter {
          MethodName.canonical($0.method) == MethodName.canonical(key.model)
        }, others: runs + reference)
    }
    let covered = Set(groups.map { MethodName.canonical($0.model) })
    lines += rows.filter { !covered.contains(MethodName.canonical($0.method)) }
      .map { Comparison.Row(method: $0.method, published: $0) }
    let claims = test.verdicts(lines.map(\.claim), direction: direction)
    for index in lines.indices { lines[index].claim = claims[index] }
    let names = ours.map(\.dataset.name).filter { DatasetName.family($0) == dataset }.uniqued()
    let readout = RunResult.readoutName(metric)
    let hasReadout = ours.contains { $0.metrics[metric] != nil && $0.metrics[readout] != nil }
    return Comparison.Table(
      dataset: names.first ?? rows.first?.dataset ?? dataset,
      metric: metricName(metric, rows), direction: direction, rows: sorted(lines, direction),
      headline: hasReadout ? readout : nil)
  }

  private func metricName(_ metric: String, _ rows: [PublishedRow]) -> String {
    let ours = ours.contains { $0.value(metric) != nil }
    return ours ? metric : rows.first?.metric ?? metric
  }

  private var test: ClaimTest {
    ClaimTest(
      significance: options.significance, marginInDeviations: options.marginInDeviations,
      assumedCount: options.assumedCount, usesPermutations: options.usesPermutations)
  }

  /// Whose values these are.
  private struct Key: Hashable {
    let dataset: String
    let model: String
    let preset: String
  }

  private func samples(
    _ results: [RunResult], _ dataset: String, _ metric: String
  ) -> [(key: Key, sample: Sample)] {
    let matching = results.filter { DatasetName.family($0.dataset.name) == dataset }
    let groups = Dictionary(grouping: matching) {
      Key(dataset: $0.dataset.name, model: $0.model, preset: $0.preset)
    }
    return groups.compactMap { key, results in
      Sample(results, metric: metric).map { (key, $0) }
    }
    .sorted {
      ($0.key.model, $0.key.preset, $0.key.dataset) < ($1.key.model, $1.key.preset, $1.key.dataset)
    }
  }

  /// The lines of one model: new runs against the reference, then ours against each publication.
  private func rows(
    _ key: Key, runs: Sample?, reference: Sample?, published: [PublishedRow],
    others: [(key: Key, sample: Sample)]
  ) -> [Comparison.Row] {
    guard let ours = runs ?? reference else { return [] }
    let isVariant = DatasetName.canonical(key.dataset) != DatasetName.family(key.dataset)
    let name = isVariant ? "\(key.model) on \(key.dataset)" : key.model
    var row = Comparison.Row(
      method: name, preset: key.preset, reference: reference, runs: runs)
    if let versus = options.versus {
      guard key.model != versus else { return [row] }
      let other = others.first {
        $0.key.model == versus && $0.key.preset == key.preset && $0.key.dataset == key.dataset
      }
      row.claim =
        other.map { test.claim(ours, against: $0.sample, name: versus) }
        ?? Claim(
          against: versus, verdict: .notComparable,
          reason: "it has no runs with this metric and preset on \(key.dataset)")
      return [row]
    }
    if let runs, let reference {
      row.claim = test.claim(runs, against: reference, name: "reference")
    }
    let compared = published.map { line in
      let number = (sources.firstIndex(of: line.source) ?? 0) + 1
      let claim = test.claim(
        ours, against: line, dataset: key.dataset, name: "published [\(number)]")
      return Comparison.Row(
        method: name, preset: key.preset, published: line,
        reference: reference, runs: runs, claim: claim)
    }
    return row.claim == nil && !compared.isEmpty ? compared : [row] + compared
  }

  private func sorted(
    _ rows: [Comparison.Row], _ direction: MetricDirection?
  ) -> [Comparison.Row] {
    let sign = direction?.sign ?? 1
    func center(_ row: Comparison.Row) -> Double {
      let ours = (row.runs ?? row.reference)?.summary?.mean
      return ours ?? row.published?.center ?? -.infinity * sign
    }
    return rows.enumerated().sorted { first, second in
      let (a, b) = (center(first.element) * sign, center(second.element) * sign)
      return a == b ? first.offset < second.offset : a > b
    }.map(\.element)
  }
}
