package import BenchSupport

extension LinePlot {
  /// The plot as an SVG document that reads well on light and dark ground.
  ///
  /// - Parameters:
  ///   - width: Width in pixels; it scales to its place.
  ///   - height: Height without the legend.
  /// - Returns: The document, without an XML declaration, so that it can stand within HTML.
  public func svg(width: Double = 640, height: Double = 380) -> String {
    let (xAxis, yAxis) = (xAxis, yAxis)
    let labelWidth = (yAxis.labels.map(\.count).max() ?? 1)
    let frame = PlotFrame(
      left: 34 + 6.6 * Double(labelWidth), top: title.isEmpty ? 14 : 36, right: width - 16,
      bottom: height - 46, xAxis: xAxis, yAxis: yAxis)
    let legend = legendRows(width: width - frame.left - 16)
    let total = height + Double(legend.count) * 20
    // No width or height in the style: CairoSVG draws nothing then. Pages that embed it have rules of theirs.
    var parts = [
      """
      <svg xmlns="http://www.w3.org/2000/svg" class="bench-plot" viewBox="0 0 \(n(width)) \
      \(n(total))" width="\(n(width))" height="\(n(total))" role="img" \
      aria-label="\(escaped(title.isEmpty ? "\(yLabel) against \(xLabel)" : title))">
      <style>.bench-plot{color:#24292f;font:12px system-ui,"Helvetica Neue",Arial,sans-serif}\
      .bench-plot text{fill:currentColor}.bench-plot .t{font-size:14px;font-weight:600}@media (prefers-color-scheme:dark){.bench-plot{color:#d5dbe1}}</style>
      """
    ]
    if !title.isEmpty {
      parts.append("<text class=\"t\" x=\"\(n(frame.left))\" y=\"20\">\(escaped(title))</text>")
    }
    parts += axes(frame)
    parts += marks.compactMap { mark(frame, $0) }
    for (index, series) in series.enumerated() { parts += curve(frame, series, color(index)) }
    parts += legendParts(legend, frame: frame, top: height)
    return (parts + ["</svg>"]).joined(separator: "\n")
  }

  /// Writes the plot as `<path>.svg`.
  ///
  /// - Throws: `FileError`.
  package func write(to path: String) throws(FileError) {
    try AtomicFile.write(Array(svg().utf8), to: "\(path).svg")
  }

  private func axes(_ frame: PlotFrame) -> [String] {
    var grid = ""
    var texts: [String] = []
    for (tick, label) in zip(frame.yAxis.ticks, frame.yAxis.labels) {
      guard let y = frame.row(tick) else { continue }
      grid += "M\(n(frame.left)) \(n(y))H\(n(frame.right))"
      texts.append(
        "<text x=\"\(n(frame.left - 8))\" y=\"\(n(y + 4))\" text-anchor=\"end\">\(label)</text>")
    }
    for (tick, label) in zip(frame.xAxis.ticks, frame.xAxis.labels) {
      guard let x = frame.column(tick) else { continue }
      grid += "M\(n(x)) \(n(frame.top))V\(n(frame.bottom))"
      texts.append(
        "<text x=\"\(n(x))\" y=\"\(n(frame.bottom + 18))\" text-anchor=\"middle\">\(label)</text>")
    }
    let middle = (frame.top + frame.bottom) / 2
    texts.append(
      "<text x=\"\(n((frame.left + frame.right) / 2))\" y=\"\(n(frame.bottom + 38))\""
        + " text-anchor=\"middle\">\(escaped(xLabel))</text>")
    texts.append(
      "<text transform=\"translate(14 \(n(middle))) rotate(-90)\" text-anchor=\"middle\">"
        + "\(escaped(yLabel))</text>")
    if series.allSatisfy({ frame.pieces($0.x, $0.y).isEmpty }) {
      texts.append(
        "<text x=\"\(n((frame.left + frame.right) / 2))\" y=\"\(n(middle))\""
          + " text-anchor=\"middle\">no data</text>")
    }
    return [
      "<path d=\"\(grid)\" stroke=\"currentColor\" stroke-opacity=\".12\" fill=\"none\"/>",
      "<path d=\"M\(n(frame.left)) \(n(frame.top))V\(n(frame.bottom))H\(n(frame.right))\""
        + " stroke=\"currentColor\" stroke-opacity=\".6\" fill=\"none\"/>",
    ] + texts
  }

  private func mark(_ frame: PlotFrame, _ mark: Mark) -> String? {
    guard let x = frame.column(mark.x) else { return nil }
    let isLeft = x > (frame.left + frame.right) / 2
    return "<path d=\"M\(n(x)) \(n(frame.top))V\(n(frame.bottom))\" stroke=\"currentColor\""
      + " stroke-opacity=\".6\" stroke-dasharray=\"2 3\" fill=\"none\"/>"
      + "<text x=\"\(n(isLeft ? x - 5 : x + 5))\" y=\"\(n(frame.top + 11))\""
      + " text-anchor=\"\(isLeft ? "end" : "start")\" opacity=\".8\">\(escaped(mark.label))</text>"
  }

  private func curve(_ frame: PlotFrame, _ series: Series, _ color: UInt32) -> [String] {
    let hex = hexColor(color)
    var parts: [String] = []
    for band in bands(frame, series) {
      let outline = band.upper + band.lower.reversed()
      parts.append("<path d=\"\(path(outline))Z\" fill=\"\(hex)\" fill-opacity=\".18\"/>")
    }
    if series.x.count == 1, let low = series.lower.first, let high = series.upper.first,
      let bottom = frame.point(series.x[0], low), let top = frame.point(series.x[0], high)
    {
      // A band around a single value would have no width: an error bar.
      let caps = [bottom, top].map { "M\(n($0.x - 4)) \(n($0.y))h8" }.joined()
      parts.append(
        "<path d=\"\(path([bottom, top]))\(caps)\" stroke=\"\(hex)\" stroke-width=\"1.5\""
          + " fill=\"none\"/>")
    }
    for piece in frame.pieces(series.x, series.y) {
      parts.append(
        "<path d=\"\(path(piece))\" stroke=\"\(hex)\" stroke-width=\"2\" fill=\"none\""
          + " stroke-linejoin=\"round\" stroke-linecap=\"round\""
          + (series.isDashed ? " stroke-dasharray=\"6 5\"/>" : "/>"))
    }
    guard series.hasDots else { return parts }
    for (x, y) in zip(series.x, series.y) {
      guard let point = frame.point(x, y) else { continue }
      parts.append(
        "<circle cx=\"\(n(point.x))\" cy=\"\(n(point.y))\" r=\"\(n(2.8 * series.dotScale))\" fill=\"\(hex)\">"
          + "<title>\(escaped(series.name)): \(short(x)), \(short(y))</title></circle>")
    }
    return parts
  }

  /// The pieces of an error band between values that can be shown.
  private func bands(
    _ frame: PlotFrame, _ series: Series
  ) -> [(lower: [(x: Double, y: Double)], upper: [(x: Double, y: Double)])] {
    guard !series.lower.isEmpty else { return [] }
    // On a logarithmic axis a lower bound of zero or less reaches down to the axis.
    let floor = frame.yAxis.range.lowerBound
    let lower = zip(series.lower, series.y).map { bound, value in
      frame.yAxis.isLogarithmic && bound <= 0 && value > 0 ? floor : bound
    }
    let isShown = series.x.indices.map {
      frame.point(series.x[$0], lower[$0]) != nil
        && frame.point(series.x[$0], series.upper[$0]) != nil
    }
    func hidden(_ values: [Double]) -> [Double] { zip(values, isShown).map { $1 ? $0 : .nan } }
    return zip(
      frame.pieces(series.x, hidden(lower)), frame.pieces(series.x, hidden(series.upper))
    ).map { ($0, $1) }
  }

  // MARK: - Legend

  /// Indices of the curves in each row of the legend; empty if one unnamed curve needs none.
  private func legendRows(width: Double) -> [[Int]] {
    guard series.count > 1 || series.first.map({ !$0.name.isEmpty }) == true else { return [] }
    var rows: [[Int]] = [[]]
    var used = 0.0
    for index in series.indices {
      let needed = legendWidth(index)
      if used + needed > width && rows.last?.isEmpty == false {
        rows.append([])
        used = 0
      }
      rows[rows.count - 1].append(index)
      used += needed
    }
    return rows
  }

  private func legendWidth(_ index: Int) -> Double { 46 + 6.6 * Double(series[index].name.count) }

  private func legendParts(_ rows: [[Int]], frame: PlotFrame, top: Double) -> [String] {
    var parts: [String] = []
    for (row, indices) in rows.enumerated() {
      var x = frame.left
      let y = top + 8 + Double(row) * 20
      for index in indices {
        let dashes = series[index].isDashed ? " stroke-dasharray=\"6 5\"" : ""
        parts.append(
          "<path d=\"M\(n(x)) \(n(y - 4))h22\" stroke=\"\(hexColor(color(index)))\""
            + " stroke-width=\"3\" fill=\"none\"\(dashes)/>"
            + "<text x=\"\(n(x + 28))\" y=\"\(n(y))\">\(escaped(series[index].name))</text>")
        x += legendWidth(index)
      }
    }
    return parts
  }

  // MARK: - Texts

  private func path(_ points: [(x: Double, y: Double)]) -> String {
    points.enumerated().map { "\($0 == 0 ? "M" : "L")\(n($1.x)) \(n($1.y))" }.joined()
  }

  private func n(_ value: Double) -> String {
    let text = value.fixed(1)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private func short(_ value: Double) -> String {
    value.fixed(abs(value) < 1 ? 4 : 2)
  }

  private func hexColor(_ color: UInt32) -> String {
    "#" + String(color, radix: 16).leftPadded(to: 6).map { $0 == " " ? "0" : $0 }
  }
}
