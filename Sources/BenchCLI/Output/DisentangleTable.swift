import BenchSupport
import Experiments
import Reference
import Results

/// The table `bench disentangle` ends with: models in rows, metrics in columns, over seeds.
struct DisentangleTable {
  /// More columns than this are shown as rows.
  private static let widest = 12

  private let results: [RunResult]
  private let models: [String]
  private let bases: [String]
  private let comparison: RateComparison
  /// Whether these are the models of the group `all`, and no others.
  private let isMainGroup: Bool

  /// Ranks the models by the first metric on their own axes, the best first.
  ///
  /// - Parameters:
  ///   - results: The runs.
  ///   - specifications: Their models.
  ///   - metrics: The metrics in the order in which they were asked for.
  init(_ results: [RunResult], _ specifications: [ModelSpecification], metrics: [String]) {
    self.results = results
    bases = metrics
    isMainGroup = specifications.map(\.name) == ModelCatalog.groups[0].models
    comparison = RateComparison(results, metrics: metrics)
    let labels = specifications.map(\.label)
      .filter { label in results.contains { $0.model == label } }
    guard let first = bases.first, let direction = MetricDirection.of(first, in: results) else {
      models = labels
      return
    }
    func mean(_ model: String) -> Double {
      let values = results.filter { $0.model == model }.compactMap { $0.value(first) }
        .filter(\.isFinite)
      return values.isEmpty ? -.infinity : direction.sign * Summary(values).mean
    }
    models = labels.enumerated().sorted {
      let (left, right) = (mean($0.element), mean($1.element))
      return left == right ? $0.offset < $1.offset : left > right
    }.map(\.element)
  }

  /// The columns: every metric on each kind of axes, the best β after the label-free one.
  private var columns: [String] {
    columns(["", "@pca", "@best", "@best@pca"]) + ["rate", "mse"]
  }

  private func columns(_ suffixes: [String]) -> [String] {
    bases.flatMap { base in suffixes.map { base + $0 } }
      .filter { name in results.contains { $0.metrics[name] != nil } }
  }

  private func values(_ model: String, _ column: String) -> [Double] {
    results.filter { $0.model == model }.compactMap { $0.value(column) }.filter(\.isFinite)
  }

  private func title(_ column: String) -> String {
    let parts = column.split(separator: "@").map(String.init)
    let axes = parts.dropFirst().map { $0 == "best" ? "best β†" : $0 }
    return ([parts[0]] + axes).joined(separator: " ")
  }

  /// The tables, and where everything lies.
  func text(folder: String) -> String {
    var scores = table("\(results[0].dataset.name), preset \(results[0].preset)", columns)
    scores.footnotes = footnotes
    var axes = table(
      "Axes", columns(["", "@pca", "@ica", "@spectrum", "@spectrum-joint", "@rotation"]))
    axes.footnotes = [
      "the label-free β on the model's own axes, on the codes' principal and independent "
        + "components, on axes of the whole β axis where there is one, and after a random rotation: what "
        + "does not fall under rotation never was on the axes"
    ]
    axes.footnotes += ranks
    let tables = [scores, axes, comparison.table].compactMap { $0 }
    return tables.map { $0.text() }.joined(separator: "\n\n")
      + "\n\nRuns, records and pictures: \(folder)/\(results[0].dataset.name)/"
  }

  /// What the ranks among rotations say of each model's own axes, combined over seeds.
  private var ranks: [String] {
    bases.compactMap { metric in
      let found = models.compactMap { model -> String? in
        let values = results.filter { $0.model == model }
          .compactMap { $0.metrics[metric]?["rotations"]?["p"]?.double }
        guard !values.isEmpty else { return nil }
        return "\(model) \(fisherCombined(values).fixed(3))"
      }
      guard !found.isEmpty else { return nil }
      return "p of \(metric) on own axes among rotations of the codes (Fisher over seeds): "
        + found.joined(separator: ", ")
    }
  }

  private func table(_ title: String, _ columns: [String]) -> ResultTable {
    var table = ResultTable(title: title, header: ["model", "seeds"] + columns.map(self.title))
    let best = columns.map { column in
      column == "rate" ? nil : significantlyBestModel(results, metric: column)
    }
    for model in models {
      let seedCount = results.filter { $0.model == model }.count
      let cells = zip(columns, best).map { column, best -> ResultTable.Cell in
        let values = values(model, column)
        guard !values.isEmpty else { return "–" }
        return ResultTable.Cell(
          Summary(values).text(decimals: column == "mse" ? 4 : 3), isBest: best == model)
      }
      table.append([ResultTable.Cell(model), ResultTable.Cell("\(seedCount)")] + cells)
    }
    return columns.count > Self.widest ? table.transposed : table
  }

  private var footnotes: [String] {
    var notes = [
      "mean ± standard deviation over seeds; rate in nats; mse per pixel in [0, 1], sharpest "
        + "reconstruction"
    ]
    if let error = results.compactMap({ $0.value("mse.mean_image") }).first {
      notes[0] += " (the mean image alone: \(error.fixed(4)))"
    }
    notes.append(
      "ranked by \(bases.first ?? "the first metric"); * significantly better than every other model (Welch's test over "
        + "seeds, Holm-corrected, 5 %)")
    if isMainGroup {
      notes.append(
        "the models of the main question (--model all); --model everything has the others too: "
          + ModelCatalog.others.joined(separator: ", "))
    }
    if columns.contains(where: { $0.contains("@pca") }) {
      notes.append("pca: on the principal axes of the codes, found without labels")
    }
    if columns.contains(where: { $0.contains("@best") }) {
      notes.append(
        "† the β with the best score, selected on labels; the others use a β that was picked "
          + "without labels")
    }
    return notes
  }
}
