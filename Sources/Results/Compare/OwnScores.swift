import BenchSupport

extension Comparison.Table {
  /// Whether it holds nothing but scores of ours: no publication, no claim.
  var isOwnScore: Bool { rows.allSatisfy { $0.published == nil && $0.claim == nil } }
}

extension Comparison {
  /// Scores of ours that are compared with nothing, one table per dataset and preset instead of one
  /// per metric: metrics in rows, models in columns.
  var ownScores: [(title: String, table: ResultTable)] {
    let own = tables.filter(\.isOwnScore)
    return own.map(\.dataset).uniqued().flatMap { dataset in
      let tables = own.filter { $0.dataset == dataset }
      let presets = inOrderOfTables(tables.flatMap(\.rows).map { $0.preset ?? "" }.uniqued())
      return presets.map { preset in
        ("\(dataset), preset \(preset)", ownScores(tables, preset: preset))
      }
    }
  }

  private func ownScores(_ tables: [Table], preset: String) -> ResultTable {
    let rows = tables.flatMap(\.rows).filter { $0.preset == preset }
    let models = rows.map(\.method).uniqued().sorted()
    var result = ResultTable(header: ["metric"] + models)
    let primary = PrimaryMetrics.among(
      tables.filter { $0.rows.contains { $0.preset == preset } }.map(\.metric))
    let shown =
      options.showsPrimaryOnly
      ? primary.compactMap { name in tables.first { $0.metric == name } } : tables
    for table in shown {
      let cells = models.map { model in
        let row = table.rows.first { $0.method == model && $0.preset == preset }
        return (row?.runs ?? row?.reference)?.text ?? ""
      }
      guard cells.contains(where: { !$0.isEmpty }) else { continue }
      let arrow = table.direction.map { " \($0.arrow)" } ?? ""
      result.append([.init(table.metric + arrow)] + cells.map { .init($0) })
    }
    result.footnotes.append("mean ± standard deviation over seeds (number of seeds)")
    if shown.contains(where: { $0.metric.hasSuffix("@readout") }) {
      result.footnotes.append(
        "@readout: on axes and at a β chosen without labels, as the model's definition says")
    }
    if rows.contains(where: { ($0.runs ?? $0.reference)?.isSelectedOnLabels == true }) {
      result.footnotes.append("† selected on labels: an upper bound, not a result")
    }
    if tables.contains(where: { $0.direction == nil && $0.rows.contains { $0.preset == preset } }) {
      result.footnotes.append("without an arrow: \(Table.undirectedNote)")
    }
    result.footnotes += budgetNotes(rows)
    return result
  }
}
