import BenchSupport
import FoundationEssentials
import Plotting

extension StudyReport {
  /// The report as one HTML page that needs no other file and no network.
  ///
  /// - Throws: `FileError` if a picture cannot be read.
  public func html() throws -> String {
    var pictures = PictureBox(budget: pictureBudget)
    let chapters = chapters
    var parts = [
      head, "<header><h1>\(escaped(title))</h1><p>\(escaped(summary))</p>", navigation(chapters),
      "</header><main>",
    ]
    for (index, chapter) in chapters.enumerated() {
      parts.append("<section id=\"c\(index)\"><h2>\(escaped(chapter.title))</h2>")
      parts.append(
        table(ResultTable.scores(chapter.results, metrics: chapter.metrics), name: "Scores"))
      parts += figures("Against the rate", resultPlots(chapter))
      parts += try gallery(chapter, &pictures)
      parts += figures("Training", trainingPlots(chapter), isOpen: false)
      parts.append("</section>")
    }
    if let comparison { parts += verdicts(comparison) }
    parts.append("<section id=\"runs\"><h2>Runs</h2>")
    parts.append(table(provenanceTable, name: "Every run, and how to make it again", isCode: true))
    parts.append("</section></main>")
    if !pictures.omitted.isEmpty {
      parts.append(
        "<footer><p>Pictures left out to keep the page small: "
          + escaped(pictures.omitted.joined(separator: ", ")) + "</p></footer>")
    }
    parts.append("<script>\(Self.script)</script></body></html>")
    return parts.joined(separator: "\n") + "\n"
  }

  private var head: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(escaped(title))</title>
    <style>\(Self.style)</style></head><body>
    """
  }

  private func navigation(_ chapters: [Chapter]) -> String {
    var links = chapters.enumerated().map { index, chapter in
      "<a href=\"#c\(index)\">\(escaped(chapter.title))</a>"
    }
    if comparison != nil { links.append("<a href=\"#verdicts\">Verdicts</a>") }
    links.append("<a href=\"#runs\">Runs</a>")
    return "<nav>\(links.joined(separator: " "))</nav>"
  }

  /// A sortable table that scrolls sideways on narrow screens.
  private func table(_ table: ResultTable, name: String, isCode: Bool = false) -> String {
    let header = table.header.map { "<th><button>\(escaped($0))</button></th>" }.joined()
    let rows = table.rows.map { row in
      let cells = table.header.indices.map { column -> String in
        guard column < row.count else { return "<td></td>" }
        let cell = row[column]
        let text = escaped(cell.text + cell.mark)
        let styled = isCode && column > 0 ? "<code>\(text)</code>" : text
        return "<td>\(cell.isBest ? "<strong>\(styled)</strong>" : styled)</td>"
      }
      return "<tr>\(cells.joined())</tr>"
    }
    // In HTML the best values are bold, so the footnote's star would mislead.
    let notes = table.footnotes.map { note in
      "<p class=\"note\">\(escaped(note).replacing("* best mean", with: "bold: best mean"))</p>"
    }
    return "<h3>\(escaped(name))</h3>"
      + (table.title.isEmpty ? "" : "<p>\(escaped(table.title))</p>")
      + "<div class=\"scroll\"><table><thead><tr>\(header)</tr></thead><tbody>"
      + rows.joined() + "</tbody></table></div>" + notes.joined()
  }

  private func figures(_ name: String, _ plots: [LinePlot], isOpen: Bool = true) -> [String] {
    guard !plots.isEmpty else { return [] }
    let figures = plots.map { "<figure>\($0.svg(width: 520, height: 320))</figure>" }
    return [
      "<details\(isOpen ? " open" : "")><summary>\(escaped(name))</summary>",
      "<div class=\"figures\">\(figures.joined())</div></details>",
    ]
  }

  /// The pictures of the first seed of every model.
  private func gallery(_ chapter: Chapter, _ pictures: inout PictureBox) throws -> [String] {
    var parts: [String] = []
    for model in chapter.models {
      guard let run = chapter.runs(of: model).min(by: { $0.result.seed < $1.result.seed }) else {
        continue
      }
      // Earlier versions also wrote plots as PNG; they are drawn anew above. What is left are
      // reconstructions, traversals and samples.
      let paths = run.pictures.filter { path in
        !FileManager.default.fileExists(atPath: path.dropLast(4) + ".svg")
      }
      let figures = try paths.compactMap { path -> String? in
        guard let source = try pictures.source(of: path) else { return nil }
        let name = String(path.split(separator: "/").last ?? "")
        return "<figure><img loading=\"lazy\" alt=\"\(escaped("\(name) of \(model)"))\" "
          + "src=\"\(source)\"><figcaption>\(escaped(name))</figcaption></figure>"
      }
      guard !figures.isEmpty else { continue }
      parts.append(
        "<details\(parts.isEmpty ? " open" : "")><summary>Pictures: \(escaped(model)), seed "
          + "\(run.result.seed)</summary><div class=\"figures\">\(figures.joined())</div></details>"
      )
    }
    return parts
  }

  private func verdicts(_ report: ComparisonReport) -> [String] {
    var parts = ["<section id=\"verdicts\"><h2>Verdicts</h2>"]
    if report.checks != nil || report.failsOnWorse {
      let failures = report.failures.map { "<li>\(escaped($0))</li>" }.joined()
      parts.append(failures.isEmpty ? "<p>Passed.</p>" : "<p>Failed:</p><ul>\(failures)</ul>")
    }
    // Scores that are compared with nothing are in the chapters above.
    for item in report.comparison.tables where !item.isOwnScore {
      parts.append(table(item.resultTable(report.comparison), name: item.title))
    }
    for ranks in report.comparison.ranks {
      parts.append(table(ranks.resultTable, name: "Ranks by \(ranks.metric)"))
    }
    if let checks = report.checks {
      parts.append(table(ThresholdCheck.resultTable(checks), name: "Thresholds"))
    }
    if !report.comparison.sources.isEmpty {
      let items = report.comparison.sources.map { "<li>\(escaped($0))</li>" }.joined()
      parts.append("<h3>Sources</h3><ol>\(items)</ol>")
    }
    return parts + ["</section>"]
  }

  private static let style = """
    :root{--ground:#fff;--ink:#24292f;--soft:#59636e;--line:#d1d9e0;--band:#f6f8fa;--link:#0b62c4}
    @media(prefers-color-scheme:dark){:root{--ground:#0f1419;--ink:#d5dbe1;--soft:#95a1ad;
    --line:#2f3842;--band:#171d24;--link:#6cb1ff}}
    *{box-sizing:border-box}.bench-plot{max-width:100%;height:auto}
    body{margin:0 auto;max-width:1180px;padding:0 16px 48px;background:var(--ground);
    color:var(--ink);font:15px/1.5 system-ui,"Helvetica Neue",Arial,sans-serif}
    h1{font-size:1.7em;margin:24px 0 4px}h2{font-size:1.3em;margin:40px 0 8px;
    border-bottom:1px solid var(--line);padding-bottom:4px}h3{font-size:1em;margin:22px 0 6px}
    a{color:var(--link)}nav{display:flex;flex-wrap:wrap;gap:6px 16px}
    .scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
    th,td{padding:5px 10px;border-bottom:1px solid var(--line);text-align:left;white-space:nowrap}
    th{background:var(--band)}th button{all:unset;cursor:pointer;font-weight:600}
    th button:focus-visible{outline:2px solid var(--link)}
    th[aria-sort=ascending] button:after{content:" \\25B4"}
    th[aria-sort=descending] button:after{content:" \\25BE"}
    td:first-child,th:first-child{position:sticky;left:0;background:var(--ground)}
    th:first-child{background:var(--band)}code{font-size:12px}
    .note,figcaption{color:var(--soft);font-size:13px;margin:4px 0}
    .figures{display:flex;flex-wrap:wrap;gap:16px}figure{margin:8px 0;max-width:100%}
    img{max-width:100%;height:auto;image-rendering:pixelated;background:#fff}
    summary{cursor:pointer;font-weight:600;margin:18px 0 6px}
    """

  /// Sorts a table by the column whose heading is pressed: by number where there is one.
  private static let script = """
    for(const table of document.querySelectorAll('table')){const heads=[...table.rows[0].cells];
    heads.forEach((head,column)=>head.firstChild.addEventListener('click',()=>{
    const down=head.getAttribute('aria-sort')==='descending';
    heads.forEach(other=>other.removeAttribute('aria-sort'));
    head.setAttribute('aria-sort',down?'ascending':'descending');
    const body=table.tBodies[0];const key=row=>row.cells[column].textContent.trim();
    const number=text=>parseFloat(text.replace(/^[~<[]+/,''));
    [...body.rows].sort((a,b)=>{const[x,y]=[key(a),key(b)],[p,q]=[number(x),number(y)];
    const order=isNaN(p)||isNaN(q)?(isNaN(p)?0:1)-(isNaN(q)?0:1)||x.localeCompare(y):p-q;
    return down?order:-order}).forEach(row=>body.append(row))}))}
    """
}

/// Pictures as data URLs, up to a total size.
private struct PictureBox {
  private var left: Int
  private(set) var omitted: [String] = []

  init(budget: Int) { left = budget }

  /// The picture as a URL that holds all of it; nil if there is no room left.
  mutating func source(of path: String) throws -> String? {
    let data = try readFile(path)
    let text = data.base64EncodedString()
    guard text.utf8.count <= left else {
      omitted.append(path)
      return nil
    }
    left -= text.utf8.count
    return "data:image/png;base64,\(text)"
  }
}

extension String {
  /// The text with every occurrence of a part replaced.
  fileprivate func replacing(_ part: String, with other: String) -> String {
    var result = ""
    var rest = Substring(self)
    while !rest.isEmpty {
      if rest.hasPrefix(part) {
        result += other
        rest = rest.dropFirst(part.count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return result
  }
}
