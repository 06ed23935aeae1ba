import BenchSupport
import FoundationEssentials
import Plotting

/// A report of runs: scores with verdicts, curves, pictures, and where everything comes from.
public struct StudyReport: Sendable {
  let title: String
  let runs: [StudyRun]
  let comparison: ComparisonReport?
  let date: String
  /// The most bytes that embedded pictures may take.
  let pictureBudget: Int

  /// Prepares a report.
  ///
  /// - Parameters:
  ///   - title: The heading.
  ///   - runs: The runs.
  ///   - comparison: Verdicts on the runs; nil for none.
  ///   - pictureBudget: The most bytes that embedded pictures may take; others are only named.
  public init(
    title: String, runs: [StudyRun], comparison: ComparisonReport? = nil,
    pictureBudget: Int = 4_000_000
  ) {
    self.title = title
    self.runs = runs
    self.comparison = comparison
    self.pictureBudget = pictureBudget
    date = Date.now.formatted(.iso8601)
  }

  /// Runs of one dataset and preset, which share a chapter.
  struct Chapter {
    let dataset: String
    let preset: String
    let runs: [StudyRun]

    var title: String { "\(dataset), preset \(preset)" }
    var results: [RunResult] { runs.map(\.result) }
    var models: [String] { results.map(\.model).uniqued() }
    var metrics: [String] { results.flatMap { $0.metrics.keys.sorted() }.uniqued().sorted() }

    func runs(of model: String) -> [StudyRun] { runs.filter { $0.result.model == model } }
  }

  var chapters: [Chapter] {
    let keys = runs.map { [$0.result.dataset.name, $0.result.preset] }.uniqued()
    return keys.map { key in
      Chapter(
        dataset: key[0], preset: key[1],
        runs: runs.filter { [$0.result.dataset.name, $0.result.preset] == key })
    }
  }

  // MARK: - Plots

  /// One plot per curve name of the results, all models in each.
  func resultPlots(_ chapter: Chapter) -> [LinePlot] {
    let names = chapter.results.flatMap { $0.curves.keys.sorted() }.uniqued()
    return names.compactMap { name in
      var plot = plot(
        chapter, title: name, curves: { $0.result.curves[name] }, isLogarithmicY: false)
      if let label = plot?.yLabel, plot?.xLabel.hasPrefix("rate") == true {
        plot?.title = label
        plot?.series += points(chapter, curve: name)
      }
      return plot
    }
  }

  /// Models with one representation as single points among the curves over the rate.
  private func points(_ chapter: Chapter, curve: String) -> [LinePlot.Series] {
    let metric = curve == "distortion" ? "mse" : String(curve.trimmingRaw)
    return chapter.models.compactMap { model in
      let results = chapter.runs(of: model).map(\.result)
      guard results.allSatisfy({ $0.curves.isEmpty }),
        let rate = Sample(results, metric: "rate")?.summary,
        let value = Sample(results, metric: metric)?.summary
      else { return nil }
      let spread = value.standardDeviation
      return LinePlot.Series(
        name: value.count > 1 ? "\(model) (\(value.count) seeds)" : model, x: [rate.mean],
        y: [value.mean], lower: spread.map { [value.mean - $0] } ?? [],
        upper: spread.map { [value.mean + $0] } ?? [])
    }
  }

  /// One plot per term of the training logs, all models in each.
  func trainingPlots(_ chapter: Chapter) -> [LinePlot] {
    let names = chapter.runs.flatMap { $0.training.keys.sorted() }.uniqued()
    return names.compactMap { name in
      let values = chapter.runs.flatMap { $0.training[name]?.y ?? [] }
      // Terms that fall over orders of magnitude are unreadable on a linear axis.
      let isWide = (values.min() ?? 0) > 0 && (values.max() ?? 0) > 100 * (values.min() ?? 1)
      return plot(
        chapter, title: name, curves: { $0.training[name] }, isLogarithmicY: isWide)
    }
  }

  private func plot(
    _ chapter: Chapter, title: String, curves: (StudyRun) -> Curve?, isLogarithmicY: Bool
  ) -> LinePlot? {
    let series = chapter.models.compactMap { model in
      LinePlot.Series.mean(name: model, of: chapter.runs(of: model).compactMap(curves))
    }
    guard let first = chapter.runs.compactMap(curves).first else { return nil }
    return LinePlot(
      title: title, xLabel: first.xLabel, yLabel: first.yLabel.isEmpty ? title : first.yLabel,
      isLogarithmicX: first.isLogarithmic, isLogarithmicY: isLogarithmicY, series: series)
  }

  // MARK: - Markdown

  /// The report as markdown, without pictures and curves.
  public var markdown: String {
    var blocks = ["# \(title)", summary]
    for chapter in chapters {
      blocks += [
        "## \(chapter.title)",
        ResultTable.scores(chapter.results, metrics: chapter.metrics).markdown(),
      ]
    }
    if let comparison, let text = try? comparison.text(.markdown) { blocks.append(text) }
    blocks += ["## Runs", provenanceTable.markdown()]
    return blocks.joined(separator: "\n\n") + "\n"
  }

  /// What was run, in one sentence.
  var summary: String {
    let models = Set(runs.map(\.result.model)).count
    let datasets = Set(runs.map(\.result.dataset.name)).count
    let hours = runs.compactMap { $0.result.provenance?.wallSeconds }.reduce(0, +) / 3600
    return
      "\(count(runs.count, "run")) of \(count(models, "model")) on \(count(datasets, "dataset"))"
      + ", \(hours.fixed(hours < 1 ? 2 : 1)) hours in all; written \(date) by bench \(benchVersion)."
  }

  private func count(_ number: Int, _ word: String) -> String {
    "\(number) \(word)\(number == 1 ? "" : "s")"
  }

  /// One line per run with everything needed to make it again.
  var provenanceTable: ResultTable {
    var table = ResultTable(header: [
      "run", "commit", "date", "hours", "memory (GiB)", "machine", "data", "result (SHA-256)",
      "command",
    ])
    for run in runs {
      let result = run.result
      guard let provenance = result.provenance else {
        table.append([
          .init(result.name), "imported", "", "", "", "",
          .init(result.dataset.checksum.map(short) ?? ""), .init(short(run.checksum)),
        ])
        continue
      }
      let host = provenance.host
      table.append([
        .init(result.name), .init(short(provenance.commit)), .init(provenance.date),
        .init((provenance.wallSeconds / 3600).fixed(2)),
        .init(provenance.peakMemoryBytes.map { (Double($0) / 0x1p30).fixed(2) } ?? ""),
        .init("\(host.gpu ?? host.cpu), \(provenance.threadCount) threads"),
        .init(result.dataset.checksum.map(short) ?? ""), .init(short(run.checksum)),
        .init(provenance.commandLine.joined(separator: " ")),
      ])
    }
    return table
  }

  /// The first digits of a hash; enough to tell results apart.
  private func short(_ hash: String) -> String {
    let parts = hash.split(separator: ":").map(String.init)
    let digits = parts.last ?? ""
    let isDirty = digits.hasSuffix("-dirty")
    return (parts.count > 1 ? "\(parts[0]):" : "") + digits.prefix(12) + (isDirty ? "-dirty" : "")
  }
}

extension String {
  /// The name of the metric whose curve on the model's own axes this is.
  fileprivate var trimmingRaw: Substring { hasSuffix("@raw") ? dropLast(4) : self[...] }
}
