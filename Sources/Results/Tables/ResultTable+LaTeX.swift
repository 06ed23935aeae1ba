extension ResultTable {
  /// A `tabular` with the rules of the package booktabs, best values in bold; the title and the footnotes
  /// are comments.
  public func latex() -> String {
    let cells = rows.map { row in
      header.indices.map { column in column < row.count ? row[column] : "" }
    }
    let columns = areNumbers(cells.map { $0.map(\.text) }).map { $0 ? "r" : "l" }
    let lines = cells.map { row in
      row.map { cell in
        let text = Self.latex(cell.text)
        return (cell.isBest ? "\\textbf{\(text)}" : text) + Self.latex(cell.mark)
      }
      .joined(separator: " & ") + " \\\\"
    }
    let comments = title.isEmpty ? [] : [title]
    return
      (comments.map { "% \($0)" }
      + ["\\begin{tabular}{\(columns.joined())}", "\\toprule"]
      + [header.map(Self.latex).joined(separator: " & ") + " \\\\", "\\midrule"]
      + lines + ["\\bottomrule", "\\end{tabular}"] + footnotes.map { "% \($0)" })
      .joined(separator: "\n")
  }

  /// A text with the characters that mean something in LaTeX, or that its fonts lack, replaced.
  private static func latex(_ text: String) -> String {
    text.map { latexNames[$0] ?? "\($0)" }.joined()
  }

  private static let latexNames: [Character: String] = [
    "\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
    "&": "\\&", "%": "\\%", "$": "\\$", "#": "\\#", "_": "\\_", "{": "\\{", "}": "\\}",
    "<": "$<$", ">": "$>$", "±": "$\\pm$", "−": "$-$", "–": "--", "…": "\\ldots{}", "·": "$\\cdot$",
    "†": "$^\\dagger$", "↑": "$\\uparrow$", "↓": "$\\downarrow$", "≤": "$\\le$", "≥": "$\\ge$",
    "α": "$\\alpha$", "β": "$\\beta$", "γ": "$\\gamma$", "λ": "$\\lambda$", "σ": "$\\sigma$",
  ]
}
