import BenchSupport

extension RankSummary {
  var resultTable: ResultTable {
    var table = ResultTable(
      title:
        "Over \(datasets.joined(separator: ", ")): Friedman p \(analysis.friedmanPValue.fixed(3))"
        + ", ranks closer than \(analysis.criticalDifference.fixed(2)) are not distinguishable.",
      header: ["model", "mean rank", "Wilcoxon p vs the first", "after Holm"])
    for (index, model) in models.enumerated() {
      let pair = index > 0 ? pairs[index - 1] : nil
      table.append([
        .init(model), .init(analysis.meanRanks[index].fixed(2)),
        .init(pair.map { $0.test?.pValue.fixed(3) ?? "no difference" } ?? ""),
        .init(pair.map { $0.adjustedPValue.fixed(3) } ?? ""),
      ])
    }
    table.footnotes += limitNote.map { [$0] } ?? []
    return table
  }

  /// What so few datasets cannot show, if they cannot.
  private var limitNote: String? {
    guard let smallest = pairs.compactMap({ $0.test?.smallestPossible }).min(), smallest > 0.05
    else { return nil }
    return "\(datasets.count) datasets cannot give a Wilcoxon p below \(smallest.fixed(3))"
  }

  /// The mean ranks by several metrics beside one another, a table for those over the same models and datasets.
  static func overviews(
    _ summaries: [RankSummary]
  ) -> [(datasets: [String], table: ResultTable)] {
    let groups = Dictionary(grouping: summaries) { [$0.datasets, $0.models.sorted()] }
    return summaries.map { [$0.datasets, $0.models.sorted()] }.uniqued().compactMap { key in
      guard let group = groups[key], let first = group.first else { return nil }
      var table = ResultTable(header: ["model"] + group.map(\.metric))
      for model in first.models {
        table.append(
          [.init(model)]
            + group.map { ranks in
              let place = ranks.models.firstIndex(of: model)
              return .init(place.map { ranks.analysis.meanRanks[$0].fixed(2) } ?? "")
            })
      }
      table.append(
        [.init("Friedman p")] + group.map { .init($0.analysis.friedmanPValue.fixed(3)) })
      table.footnotes.append(
        "1 is best; ranks closer than \(first.analysis.criticalDifference.fixed(2)) are not distinguishable"
      )
      table.footnotes += first.limitNote.map { [$0] } ?? []
      table.footnotes.append("--metric NAME tests the best-ranked model against each other")
      return (first.datasets, table)
    }
  }
}
