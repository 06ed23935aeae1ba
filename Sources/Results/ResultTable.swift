import BenchSupport

/// A table of texts for people: aligned plain text or markdown.
public struct ResultTable: Sendable, Equatable {
  /// One cell.
  public struct Cell: Sendable, Equatable, ExpressibleByStringLiteral {
    /// What it says.
    public var text: String
    /// Whether it is the best of its column; shown in bold or with a star.
    public var isBest: Bool
    /// A short mark behind the text that a footnote explains, for instance `†`.
    public var mark: String

    /// Creates a cell.
    public init(_ text: String, isBest: Bool = false, mark: String = "") {
      self.text = text
      self.isBest = isBest
      self.mark = mark
    }

    /// Creates a plain cell.
    public init(stringLiteral value: String) { self.init(value) }
  }

  /// Printed above the table; empty for none.
  public var title: String
  /// Column names.
  public var header: [String]
  /// The rows; those with fewer cells than the header are filled with empty ones.
  public var rows: [[Cell]]
  /// Printed below the table, one line each.
  public var footnotes: [String]

  /// Creates a table.
  public init(
    title: String = "", header: [String], rows: [[Cell]] = [], footnotes: [String] = []
  ) {
    self.title = title
    self.header = header
    self.rows = rows
    self.footnotes = footnotes
  }

  /// Adds a row.
  public mutating func append(_ cells: [Cell]) { rows.append(cells) }

  /// The same with rows and columns exchanged, for tables too wide to read.
  public var transposed: ResultTable {
    let columns = header.indices.map { column in
      rows.map { column < $0.count ? $0[column] : "" }
    }
    return ResultTable(
      title: title, header: header.prefix(1) + (columns.first ?? []).map(\.text),
      rows: zip(header, columns).dropFirst().map { [Cell($0)] + $1 }, footnotes: footnotes)
  }

  /// Aligned columns: the first on the left; others on the right if their cells are numbers.
  public func text() -> String {
    let style = Style(
      best: ("", "*"), between: "  ", edges: ("", ""), minimumWidth: 0,
      rule: { widths, _ in
        widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
      })
    return render(style)
  }

  /// A markdown table with aligned source and bold best values.
  public func markdown() -> String {
    let style = Style(
      best: ("**", "**"), between: " | ", edges: ("| ", " |"), minimumWidth: 3,
      rule: { widths, isRight in
        let rules = zip(widths, isRight).map { width, isRight in
          String(repeating: "-", count: width + 1) + (isRight ? ":" : "-")
        }
        return "|" + rules.joined(separator: "|") + "|"
      })
    return render(style)
  }

  /// How the parts of a table are written.
  private struct Style {
    let best: (before: String, after: String)
    let between: String
    let edges: (left: String, right: String)
    let minimumWidth: Int
    let rule: (_ widths: [Int], _ isRight: [Bool]) -> String
  }

  private func render(_ style: Style) -> String {
    let cells = rows.map { row in
      header.indices.map { column in
        guard column < row.count else { return "" }
        let cell = row[column]
        return (cell.isBest ? style.best.before + cell.text + style.best.after : cell.text)
          + cell.mark
      }
    }
    let widths = header.indices.map { column in
      ([header] + cells).map { $0[column].count }.reduce(style.minimumWidth, Swift.max)
    }
    let isRight = header.indices.map { column in
      column > 0 && cells.contains { startsLikeNumber($0[column]) }
        && cells.allSatisfy { startsLikeNumber($0[column]) || $0[column].count < 2 }
    }
    func line(_ texts: [String]) -> String {
      let padded = texts.indices.map { column in
        let gap = String(repeating: " ", count: widths[column] - texts[column].count)
        return isRight[column] ? gap + texts[column] : texts[column] + gap
      }
      let line = style.edges.left + padded.joined(separator: style.between) + style.edges.right
      return style.edges.right.isEmpty ? line.trimmingSuffix { $0 == " " } : line
    }
    var lines = title.isEmpty ? [] : [title, ""]
    lines += [line(header), style.rule(widths, isRight)] + cells.map(line)
    if !footnotes.isEmpty { lines += [""] + footnotes }
    return lines.joined(separator: "\n")
  }

  private func startsLikeNumber(_ text: String) -> Bool {
    guard let first = text.first(where: { $0 != "*" }) else { return false }
    return first.isNumber || "-−+–<>".contains(first)
  }
}

/// A mean, a spread and how many values they are of.
public struct Summary: Sendable, Equatable {
  /// The mean.
  public var mean: Double
  /// The sample standard deviation (divisor n − 1); nil for a single value.
  public var standardDeviation: Double?
  /// Number of values.
  public var count: Int

  /// Summarises values.
  ///
  /// - Parameter values: At least one value.
  public init(_ values: [Double]) {
    precondition(!values.isEmpty, "no values to summarise")
    count = values.count
    let mean = values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardDeviation = count > 1 ? (squares / Double(count - 1)).squareRoot() : nil
  }

  /// Creates a summary from known numbers.
  public init(mean: Double, standardDeviation: Double?, count: Int) {
    self.mean = mean
    self.standardDeviation = standardDeviation
    self.count = count
  }

  /// The summary as text, for instance `0.420 ± 0.013`.
  public func text(decimals: Int? = nil) -> String {
    let places = decimals ?? Self.decimals(for: mean)
    guard let standardDeviation else { return mean.fixed(places) }
    return "\(mean.fixed(places)) ± \(standardDeviation.fixed(places))"
  }

  /// How many decimals show a number well: four below 0.1, three below 10, two below 100, one above.
  public static func decimals(for value: Double) -> Int {
    let size = abs(value)
    if size > 0 && size < 0.1 { return 4 }
    return size < 10 ? 3 : (size < 100 ? 2 : 1)
  }
}

extension ResultTable {
  /// Models × metrics, each mean ± standard deviation over seeds, the best of each metric marked.
  ///
  /// Values picked by looking at the factors (`selection` is `selected-on-labels`) are marked with
  /// † and never called the best.
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
    let means = models.compactMap { model -> (model: String, mean: Double)? in
      let runs = results.filter { $0.model == model && !$0.isSelectedOnLabels(metric) }
      let values = runs.compactMap { $0.value(metric) }
      guard !values.isEmpty && values.allSatisfy(\.isFinite) else { return nil }
      return (model, Summary(values).mean)
    }
    guard means.count > 1 else { return nil }
    return means.max { direction.isBetter($1.mean, than: $0.mean) }?.model
  }
}

extension Sequence where Element: Hashable {
  /// The elements without repetitions, in the order of their first appearance.
  package func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
