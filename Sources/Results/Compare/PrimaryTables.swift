import BenchSupport

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

  private func primaryTable(_ source: String, _ printed: [Table]) -> ResultTable {
    let lines = printed.flatMap(\.rows).filter { $0.published?.source == source }
    let methods = lines.compactMap(\.published?.method).uniqued()
    let standIns = standIns(for: printed)
    let columns = printed + standIns
    let ours = columns.flatMap(\.rows).filter(\.isOurs)
    var result = ResultTable(
      header: ["method"]
        + columns.map { table in
          // As the publication writes them.
          let row = table.rows.compactMap(\.published).first { $0.source == source }
          return "\(row?.dataset ?? table.dataset) \(row?.metric ?? table.metric)"
            + (table.direction.map { " \($0.arrow)" } ?? "")
        })
    for method in methods {
      let cells = columns.map { table in
        table.rows.first { $0.published?.source == source && $0.published?.method == method }
          .flatMap { $0.published?.text } ?? ""
      }
      result.append([.init(method)] + cells.map { .init($0) })
    }
    let presets = inOrderOfTables(ours.map { $0.preset ?? "" }.uniqued())
    let labels = presets.flatMap { preset in
      ours.filter { ($0.preset ?? "") == preset }.map(\.label).uniqued().sorted()
    }
    for label in labels {
      let cells = columns.map { table in
        let row =
          headline(of: table)?.rows.first { $0.label == label && $0.isOurs }
          ?? table.rows.first { $0.label == label && $0.isOurs }
        return (row?.runs ?? row?.reference)?.text ?? ""
      }
      result.append([.init("ours: \(label)")] + cells.map { .init($0) })
    }
    if columns.contains(where: { headline(of: $0) != nil }) {
      result.footnotes.append(
        "ours: on axes and at a β chosen without labels, as each model's definition says")
    }
    if !printed.contains(where: { $0.rows.contains(where: \.isOurs) }) {
      result.footnotes.append("no runs of ours on these datasets yet")
    }
    if !standIns.isEmpty {
      let names = standIns.map(\.dataset).uniqued().joined(separator: ", ")
      result.footnotes.append("nothing is published on \(names); ours there compare with ours only")
    }
    result.footnotes += budgetNotes(ours)
    return result
  }

  /// Our table of a metric's headline, read as each model is read without labels.
  private func headline(of table: Table) -> Table? {
    let name = RunResult.readoutName(MetricName.canonical(table.metric))
    return tables.first { $0.dataset == table.dataset && $0.metric == name }
  }

  /// Our tables of the same metrics on datasets that no publication has, while there are none on the
  /// published ones.
  private func standIns(for printed: [Table]) -> [Table] {
    guard !printed.contains(where: { $0.rows.contains(where: \.isOurs) }) else { return [] }
    let metrics = printed.map { MetricName.canonical($0.metric) }.uniqued()
    let unpublished = tables.map(\.dataset).uniqued().filter { dataset in
      !tables.contains { table in
        table.dataset == dataset && table.rows.contains { $0.published != nil }
      }
    }
    return unpublished.flatMap { dataset in
      metrics.compactMap { metric in
        tables.first { $0.dataset == dataset && MetricName.canonical($0.metric) == metric }
      }
    }
  }

  /// What keeps a short training from being mistaken for a result.
  func budgetNotes(_ rows: [Row]) -> [String] {
    let short = rows.compactMap(\.preset).uniqued().sorted().compactMap { preset in
      stepCounts[preset].flatMap { $0 < 100_000 ? "\(preset) \($0)" : nil }
    }
    return short.isEmpty
      ? []
      : [
        "training steps: \(short.joined(separator: ", ")), of the 300,000 of the large-scale study;"
          + " such runs show that the programs work, not how good the models are"
      ]
  }
}

extension Comparison.Row {
  /// Whether there are runs of ours.
  var isOurs: Bool { runs != nil || reference != nil }
}
