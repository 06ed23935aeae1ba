import BenchSupport

extension ResultTable {
  /// Models × metrics, each mean ± standard deviation over seeds, the best of each metric marked.
  ///
  /// Values picked by looking at the factors (`selection` is `selected-on-labels`) are marked with
  /// † and never called the best. Values of different protocols, data or budgets have no best.
  ///
  /// - Parameters:
  ///   - results: Runs of one dataset and preset.
  ///   - metrics: Names as for ``RunResult/value(_:)``, in the order of the columns.
  ///   - title: Printed above the table.
  /// - Returns: The table.
  public static func scores(
    _ results: [RunResult], metrics: [String], title: String = ""
  ) -> ResultTable {
    let models = results.map(\.model).uniqued()
    let arrows = metrics.map { MetricDirection.of($0, in: results)?.arrow ?? "" }
    var table = ResultTable(
      title: title,
      header: ["model", "seeds"] + zip(metrics, arrows).map { $1.isEmpty ? $0 : "\($0) \($1)" })
    let best = metrics.map { metric in bestModel(results, models: models, metric: metric) }
    var hasSelected = false
    for model in models {
      let runs = results.filter { $0.model == model }
      var row: [Cell] = [Cell(model), Cell("\(Set(runs.map(\.seed)).count)")]
      for (metric, best) in zip(metrics, best) {
        let isSelected = runs.contains { $0.isSelectedOnLabels(metric) }
        hasSelected = hasSelected || isSelected
        var cell = scoreCell(runs.compactMap { $0.value(metric) })
        cell.isBest = model == best
        if isSelected { cell.mark = " †" }
        row.append(cell)
      }
      table.append(row)
    }
    if results.contains(where: { result in metrics.contains { result.value($0) != nil } }) {
      table.footnotes.append("mean ± standard deviation over seeds (divisor n − 1); * best mean")
    }
    if metrics.contains(where: { $0.contains("@") }) {
      table.footnotes.append(
        "@pca, @ica, @rotation: on other axes than the model's own; @best: of all β the one with the "
          + "highest score")
    }
    if arrows.contains("") {
      table.footnotes.append("without an arrow: \(Comparison.Table.undirectedNote)")
    }
    if hasSelected { table.footnotes.append("† selected on labels: an upper bound, not a result") }
    return table
  }

  private static func scoreCell(_ values: [Double]) -> Cell {
    guard !values.isEmpty else { return "–" }
    guard values.allSatisfy(\.isFinite) else {
      return Cell("undefined in \(values.count { !$0.isFinite }) of \(values.count)")
    }
    return Cell(Summary(values).text())
  }

  /// The model with the best mean, if there are at least two to compare.
  private static func bestModel(
    _ results: [RunResult], models: [String], metric: String
  ) -> String? {
    guard let direction = MetricDirection.of(metric, in: results) else { return nil }
    let runs = results.filter { !$0.isSelectedOnLabels(metric) }
    let means = models.compactMap { model -> (model: String, mean: Double)? in
      let values = runs.filter { $0.model == model }.compactMap { $0.value(metric) }
      guard !values.isEmpty && values.allSatisfy(\.isFinite) else { return nil }
      return (model, Summary(values).mean)
    }
    let compared = runs.filter { run in means.contains { $0.model == run.model } }
    guard means.count > 1, Sample(compared, metric: metric)?.disagreement == nil else {
      return nil
    }
    return means.max { direction.isBetter($1.mean, than: $0.mean) }?.model
  }
}
