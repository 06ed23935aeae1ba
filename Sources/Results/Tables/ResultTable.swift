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
    let isRight = areNumbers(cells)
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

  /// Which columns hold numbers, and therefore stand on the right.
  func areNumbers(_ cells: [[String]]) -> [Bool] {
    header.indices.map { column in
      column > 0 && cells.contains { startsLikeNumber($0[column]) }
        && cells.allSatisfy { startsLikeNumber($0[column]) || $0[column].count < 2 }
    }
  }

  private func startsLikeNumber(_ text: String) -> Bool {
    guard let first = text.first(where: { $0 != "*" }) else { return false }
    return first.isNumber || "-−+–<>".contains(first)
  }
}
