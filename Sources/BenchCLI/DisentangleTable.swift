import BenchSupport
import Reference
import Results

/// The table `bench disentangle` ends with: models in rows, metrics in columns, over seeds.
struct DisentangleTable {
  private let results: [RunResult]
  private let models: [String]

  init(_ results: [RunResult], _ specifications: [ModelSpecification]) {
    self.results = results
    let labels = specifications.map(\.label)
    models = labels.filter { label in results.contains { $0.model == label } }
  }

  /// The columns: every metric on each kind of axes, the best β after the label-free one.
  private var columns: [String] {
    let names = Set(results.flatMap(\.metrics.keys)).subtracting(["mse", "rate"])
    let bases = Set(names.map { String($0.prefix { $0 != "@" }) }).sorted()
    let suffixes = ["", "@pca", "@best", "@best@pca"]
    return bases.flatMap { base in suffixes.map { base + $0 }.filter(names.contains) }
      + ["rate", "mse"]
  }

  private func values(_ model: String, _ column: String) -> [Double] {
    results.filter { $0.model == model }.compactMap { $0.value(column) }.filter(\.isFinite)
  }

  private func title(_ column: String) -> String {
    let parts = column.split(separator: "@").map(String.init)
    let axes = parts.dropFirst().map { $0 == "best" ? "best β†" : $0 }
    return ([parts[0]] + axes).joined(separator: " ")
  }

  /// The table, and where everything lies.
  func text(folder: String) -> String {
    var table = ResultTable(
      title: "\(results[0].dataset.name), preset \(results[0].preset)",
      header: ["model", "seeds"] + columns.map(title))
    for model in models {
      let seedCount = results.filter { $0.model == model }.count
      let cells = columns.map { column -> ResultTable.Cell in
        let values = values(model, column)
        guard !values.isEmpty else { return "–" }
        return ResultTable.Cell(Summary(values).text(decimals: column == "mse" ? 4 : 3))
      }
      table.append([ResultTable.Cell(model), ResultTable.Cell("\(seedCount)")] + cells)
    }
    table.footnotes = footnotes
    return table.text() + "\n\nRuns, records and pictures: \(folder)/\(results[0].dataset.name)/"
  }

  private var footnotes: [String] {
    var notes = [
      "mean ± standard deviation over seeds; rate in nats; mse per pixel in [0, 1], sharpest "
        + "reconstruction"
    ]
    if let error = results.compactMap({ $0.value("mse.mean_image") }).first {
      notes[0] += " (the mean image alone: \(error.fixed(4)))"
    }
    if columns.contains(where: { $0.contains("@pca") }) {
      notes.append("pca: on the principal axes of the codes, found without labels")
    }
    if columns.contains(where: { $0.contains("@best") }) {
      notes.append(
        "† the β with the highest score, selected on labels; the columns before it use a β that "
          + "was picked without labels")
    }
    return notes
  }
}
