extension Comparison {
  /// The tables of the work that this project reproduces, as printed there, with ours below.
  var primaryTables: [(source: String, table: ResultTable)] {
    sources.map { source in
      let tables = tables.filter { table in
        table.rows.contains { $0.published?.source == source && $0.published?.isPrimary == true }
      }
      return (source, tables)
    }
    .flatMap { source, tables -> [(source: String, table: ResultTable)] in
      guard tables.count > 6 else {
        return tables.isEmpty ? [] : [(source, primaryTable(source, tables))]
      }
      // A wide table is split by dataset.
      return tables.map(\.dataset).uniqued().map { dataset in
        ("\(source): \(dataset)", primaryTable(source, tables.filter { $0.dataset == dataset }))
      }
    }
  }

  private func primaryTable(_ source: String, _ tables: [Table]) -> ResultTable {
    let lines = tables.flatMap(\.rows).filter { $0.published?.source == source }
    let methods = lines.compactMap(\.published?.method).uniqued()
    let ours = tables.flatMap(\.rows).filter { $0.runs != nil || $0.reference != nil }
      .map(\.label).uniqued().sorted()
    var result = ResultTable(
      header: ["method"]
        + tables.map {
          "\($0.rows.first?.published?.dataset ?? $0.dataset) \($0.metric)"
            + ($0.direction.map { " \($0.arrow)" } ?? "")
        })
    for method in methods {
      let cells = tables.map { table in
        table.rows.first { $0.published?.source == source && $0.published?.method == method }
          .flatMap { $0.published?.text } ?? ""
      }
      result.append([.init(method)] + cells.map { .init($0) })
    }
    for label in ours {
      let cells = tables.map { table in
        let row = table.rows.first { $0.label == label && ($0.runs != nil || $0.reference != nil) }
        return (row?.runs ?? row?.reference)?.text ?? ""
      }
      result.append([.init("ours: \(label)")] + cells.map { .init($0) })
    }
    if ours.isEmpty { result.footnotes.append("no runs of ours on these datasets yet") }
    return result
  }
}
