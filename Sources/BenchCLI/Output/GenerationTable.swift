import BenchSupport
import Experiments
import GenerationMetrics
import Results

/// Our runs on a dataset beside what is published on it, each published number with its source.
struct GenerationTable {
  /// The columns of samples' scores, in the order of tables.
  static let columns =
    GenerationMetric.standardWithHeldOut.flatMap {
      [$0.name, $0.nameWithOtherFeatures].compactMap(\.self)
    }
    .uniqued() + [RunMetrics.nearest.name]

  private let results: [RunResult]
  private let published: [PublishedRow]
  private let columns: [String]
  private let sources: [String]

  /// Puts runs beside published rows of the same dataset.
  ///
  /// - Parameters:
  ///   - results: Our runs.
  ///   - published: Rows of the same dataset; those of other metrics are left out.
  ///   - columns: Metrics by canonical name, of which those with a number are shown.
  init(_ results: [RunResult], _ published: [PublishedRow], columns: [String] = Self.columns) {
    self.results = results
    self.published = published.filter { columns.contains(MetricName.canonical($0.metric)) }
    sources = self.published.map(\.source).uniqued()
    let found = Set(self.published.map { MetricName.canonical($0.metric) })
    self.columns = columns.filter { column in
      found.contains(column) || results.contains { $0.metrics[column] != nil }
    }
  }

  /// The table.
  var table: ResultTable {
    let title = results.first.map { "\($0.dataset.name), \($0.preset)" } ?? ""
    var table = ResultTable(
      title: title,
      header: ["system", "seeds"]
        + columns.map { column in
          column + (MetricVocabulary.known[column]?.direction.map { " \($0.arrow)" } ?? "")
        })
    for model in results.map(\.model).uniqued() {
      let runs = results.filter { $0.model == model }
      let cells = columns.map { column in
        ResultTable.Cell(overSeeds: runs.compactMap { $0.value(column) })
      }
      table.append([.init(model), .init("\(runs.count)")] + cells)
    }
    for (number, source) in sources.enumerated() {
      let rows = published.filter { $0.source == source }
      for method in rows.map(\.method).uniqued() {
        let cells = columns.map { column -> ResultTable.Cell in
          let row = rows.first {
            $0.method == method && MetricName.canonical($0.metric) == column
          }
          return row.map { .init($0.text) } ?? ""
        }
        table.append([.init("\(method), published"), .init("[\(number + 1)]")] + cells)
      }
    }
    table.footnotes = footnotes
    return table
  }

  private var footnotes: [String] {
    var notes: [String] = []
    for column in columns {
      let protocols = results.compactMap { result -> String? in
        guard let metric = result.metrics[column], let id = metric["protocol"]?.string,
          let generated = metric["generated_count"]?.integer,
          let reference = metric["reference_count"]?.integer
        else { return nil }
        return "\(id), \(generated) samples against \(reference) images"
      }.uniqued()
      for text in protocols where !notes.contains("ours: features \(text)") {
        notes.append("ours: features \(text)")
      }
    }
    for column in columns {
      for reason in results.compactMap({ $0.metrics[column]?["reason"]?.string }).uniqued() {
        notes.append("\(column): no value: \(reason)")
      }
    }
    if columns.contains(GenerationMetric.otherFrechet) {
      notes.append(
        "\(GenerationMetric.otherFrechet): the Fréchet distance of these features; it is no FID, and "
          + "neither it nor our precision and recall are on the scale of published ones")
    }
    if let heldOut = results.lazy.compactMap({ $0.metrics["ct"]?["held_out_count"]?.integer }).first
    {
      notes.append(
        "ct, fld:gap, authenticity: with \(heldOut) images held out of training; copies have a ct and a fld:gap far below 0 "
          + "and a low authenticity")
    }
    if columns.contains("nearest") {
      notes.append(
        "nearest: how far samples lie from training images, in units of how far those lie apart; "
          + "near 0 for copies")
    }
    for (number, source) in sources.enumerated() {
      let protocols = published.filter { $0.source == source }
        .map { $0.protocolText ?? "protocol not stated" }.uniqued()
      notes.append("[\(number + 1)] published: \(source); \(protocols.joined(separator: "; "))")
    }
    if sources.isEmpty, let name = results.first?.dataset.name {
      notes.append("no published numbers of these metrics on \(name) are known here")
    }
    return notes
  }
}
