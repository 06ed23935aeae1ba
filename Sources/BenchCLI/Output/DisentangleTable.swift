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
  private let showsAllAxes: Bool

  /// Ranks the models by the first metric's headline score, the best first.
  ///
  /// - Parameters:
  ///   - results: The runs.
  ///   - specifications: Their models.
  ///   - metrics: The metrics in the order in which they were asked for.
  ///   - showsAllAxes: Whether scores on all axes, and those that the labels chose, have a table as well.
  init(
    _ results: [RunResult], _ specifications: [ModelSpecification], metrics: [String],
    showsAllAxes: Bool
  ) {
    self.results = results
    self.showsAllAxes = showsAllAxes
    bases = metrics
    isMainGroup = specifications.map(\.name) == ModelCatalog.groups[0].models
    comparison = RateComparison(results, metrics: metrics)
    let labels = specifications.map(\.label)
      .filter { label in results.contains { $0.model == label } }
    guard let first = bases.first.map(RunResult.readoutName),
      let direction = MetricDirection.of(first, in: results)
    else {
      models = labels
      return
    }
    func mean(_ model: String) -> Double {
      let values = results.filter { $0.model == model }.compactMap { $0.value(first) }
      guard !values.isEmpty, values.allSatisfy(\.isFinite) else { return -.infinity }
      return direction.sign * Summary(values).mean
    }
    models = labels.enumerated().sorted {
      let (left, right) = (mean($0.element), mean($1.element))
      return left == right ? $0.offset < $1.offset : left > right
    }.map(\.element)
  }

  /// The columns: one number per metric.
  private var columns: [String] { columns(["@readout"]) + ["rate", "mse"] }

  private func columns(_ suffixes: [String]) -> [String] {
    bases.flatMap { base in suffixes.map { base + $0 } }
      .filter { name in results.contains { $0.metrics[name] != nil } }
  }

  private func values(_ model: String, _ column: String) -> [Double] {
    results.filter { $0.model == model }.compactMap { $0.value(column) }
  }

  private func title(_ column: String) -> String {
    let parts = column.split(separator: "@").map(String.init)
    let axes = parts.dropFirst().map { part in
      switch part {
      case "best": "best β†"
      default: part
      }
    }
    return ([parts[0]] + axes).joined(separator: " ")
  }

  /// The tables, and where everything lies.
  func text(folder: String) -> String {
    let tables = [headline, factors, allAxes, comparison.table].compactMap { $0 }
    return tables.map { $0.text() }.joined(separator: "\n\n")
      + "\n\nRuns, records and pictures: \(folder)/\(results[0].dataset.name)/"
  }

  /// One number per model and metric, with the axes and the β that it was read at.
  private var headline: ResultTable {
    var table = ResultTable(
      title: "\(results[0].dataset.name), preset \(results[0].preset)",
      header: ["model", "seeds", "read on"]
        + columns.map { column in
          String(column.prefix { $0 != "@" })
        })
    fill(&table, columns) { model in [ResultTable.Cell(readout(of: model))] }
    table.footnotes = footnotes
    return columns.count > Self.widest ? table.transposed : table
  }

  /// The axes and points at which a model's runs were read.
  private func readout(of model: String) -> String {
    guard let metric = bases.first else { return "–" }
    let texts = results.filter { $0.model == model }.compactMap { $0.readoutText(metric) }.uniqued()
    guard let first = texts.first else { return "–" }
    guard texts.count > 1, let comma = first.firstIndex(of: ",") else { return first }
    let points = texts.map { String($0.drop { $0 != "," }.dropFirst(2)) }.sorted()
    return "\(first[..<comma]), \(points[0]) … \(points[points.count - 1])"
  }

  /// Every score on every kind of axes, with what the labels would have chosen.
  private var allAxes: ResultTable? {
    guard showsAllAxes else { return nil }
    let columns = columns(
      ["", "@pca", "@ica", "@spectrum", "@spectrum-joint", "@rotation"]
        + ["@best", "@best@pca", "@best@ica"])
    var table = ResultTable(title: "All axes", header: ["model", "seeds"] + columns.map(title))
    fill(&table, columns) { _ in [] }
    table.footnotes = [
      "the label-free β on the model's own axes, on the codes' principal and independent "
        + "components, on axes of the whole β axis where there is one, and after a random rotation: what "
        + "does not fall under rotation never was on the axes"
    ]
    if columns.contains(where: { $0.contains("@best") }) {
      table.footnotes.append(
        "† the β with the best score, selected on labels: an upper bound, not a result")
    }
    return columns.count > Self.widest ? table.transposed : table
  }

  /// MIG factor by factor: a mean hides which factors a code holds in one latent.
  private var factors: ResultTable? {
    let name = RunResult.readoutName("mig")
    let names = results.lazy.compactMap { $0.metrics[name]?["factors"]?.array }.first?
      .compactMap(\.string)
    guard bases.contains("mig"), let names, !names.isEmpty else { return nil }
    var table = ResultTable(title: "MIG per factor", header: ["model", "seeds"] + names)
    for model in models {
      let runs = results.filter { $0.model == model }
      let gaps = runs.compactMap { run in
        run.metrics[name]?["per_factor"]?.array?.map { $0.double ?? .nan }
      }
      let cells = names.indices.map { factor in
        ResultTable.Cell(
          overSeeds: gaps.map { factor < $0.count ? $0[factor] : .nan }, decimals: 3)
      }
      table.append([.init(model), .init("\(runs.count)")] + cells)
    }
    table.footnotes = [
      "a hue or an angle that goes round is held best as two latents (its cosine and sine), which MIG counts "
        + "as none: a code that holds three hues of six factors so, and is otherwise ideal, has a mean of .50 to .56"
    ]
    return table
  }

  /// What the ranks among rotations say of each model's own axes, combined over seeds.
  private var ranks: [String] {
    bases.compactMap { metric in
      let found = models.compactMap { model -> String? in
        let runs = results.filter { $0.model == model }
        let values = runs.compactMap { $0.metrics[metric]?["rotations"]?["p"]?.double }
        guard !values.isEmpty else { return nil }
        let count = values.count < runs.count ? " (\(values.count) of \(runs.count) seeds)" : ""
        return "\(model) \(fisherCombined(values).fixed(3))\(count)"
      }
      guard !found.isEmpty else { return nil }
      return "p of \(metric) on own axes among rotations of the codes (Fisher over seeds): "
        + found.joined(separator: ", ")
    }
  }

  /// Adds a row per model: its name, its seeds, further cells, and the columns' means over seeds.
  private func fill(
    _ table: inout ResultTable, _ columns: [String], _ further: (String) -> [ResultTable.Cell]
  ) {
    let best = columns.map { column in
      significantlyBestModel(results, metric: column)
    }
    for model in models {
      let seedCount = results.filter { $0.model == model }.count
      let cells = zip(columns, best).map { column, best -> ResultTable.Cell in
        var cell = ResultTable.Cell(
          overSeeds: values(model, column), decimals: column == "mse" ? 4 : 3)
        cell.isBest = best == model
        return cell
      }
      table.append(
        [ResultTable.Cell(model), ResultTable.Cell("\(seedCount)")] + further(model) + cells)
    }
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
    notes.append(
      "read on: the axes, found without labels, on which a model is read, and where it has several, its β; the same for "
        + "all metrics; bench disentangle --all-axes shows the others")
    notes += ranks
    return notes
  }
}
