extension LinePlot {
  /// The plot as a picture.
  ///
  /// - Parameters:
  ///   - width: Width in pixels.
  ///   - height: Height in pixels, legend included.
  ///   - scale: Pixels per dot of the labels' font and per unit of line width.
  /// - Returns: The picture, on white.
  public func canvas(width: Int = 960, height: Int = 600, scale: Int = 2) -> Canvas {
    var canvas = Canvas(width: width, height: height)
    let unit = Double(scale)
    let line = Canvas.textHeight(scale: scale)
    let names = series.map(\.name)
    let hasLegend = names.count > 1 || names.first?.isEmpty == false
    let rows = hasLegend ? legendPlaces(names, width: width - 20 * scale, scale: scale) : []
    let legendHeight = ((rows.last?.row ?? -1) + 1) * (line + 4 * scale)
    let (xAxis, yAxis) = (xAxis, yAxis)
    let labelWidth = yAxis.labels.map { Canvas.textWidth($0, scale: scale) }.max() ?? 0
    let frame = PlotFrame(
      left: Double(labelWidth + line + 12 * scale),
      top: Double(title.isEmpty ? 6 * scale : line + 12 * scale), right: Double(width - 8 * scale),
      bottom: Double(height - legendHeight - 2 * line - 12 * scale), xAxis: xAxis, yAxis: yAxis)
    drawAxes(on: &canvas, frame, scale: scale)
    for mark in marks {
      guard let x = frame.column(mark.x) else { continue }
      let isLeft = x > (frame.left + frame.right) / 2
      canvas.line(from: (x, frame.top), to: (x, frame.bottom), color: .grey, thickness: unit / 2)
      canvas.text(
        mark.label, x: Int(x) + (isLeft ? -3 : 3) * scale, y: Int(frame.top) + scale,
        color: .grey, scale: scale, alignment: isLeft ? .trailing : .leading)
    }
    for (index, series) in series.enumerated() {
      drawCurve(on: &canvas, frame, series, Canvas.Color(color(index)), unit: unit)
    }
    for (index, place) in rows.enumerated() {
      let y = height - legendHeight + place.row * (line + 4 * scale)
      canvas.fill(
        x: place.x, y: y + 2 * scale, width: 14 * scale, height: 3 * scale,
        color: Canvas.Color(color(index)))
      canvas.text(names[index], x: place.x + 18 * scale, y: y, scale: scale)
    }
    return canvas
  }

  private func drawAxes(on canvas: inout Canvas, _ frame: PlotFrame, scale: Int) {
    let line = Canvas.textHeight(scale: scale)
    for (tick, label) in zip(frame.yAxis.ticks, frame.yAxis.labels) {
      guard let y = frame.row(tick) else { continue }
      canvas.line(from: (frame.left, y), to: (frame.right, y), color: .faint)
      canvas.text(
        label, x: Int(frame.left) - 4 * scale, y: Int(y) - line / 2, scale: scale,
        alignment: .trailing)
    }
    for (tick, label) in zip(frame.xAxis.ticks, frame.xAxis.labels) {
      guard let x = frame.column(tick) else { continue }
      canvas.line(from: (x, frame.top), to: (x, frame.bottom), color: .faint)
      canvas.text(
        label, x: Int(x), y: Int(frame.bottom) + 4 * scale, scale: scale, alignment: .center)
    }
    let corner = (frame.left, frame.bottom)
    canvas.line(from: (frame.left, frame.top), to: corner, color: .grey, thickness: 1.5)
    canvas.line(from: corner, to: (frame.right, frame.bottom), color: .grey, thickness: 1.5)
    let middle = (Int(frame.left + frame.right) / 2, Int(frame.top + frame.bottom) / 2)
    canvas.text(title, x: Int(frame.left), y: 4 * scale, scale: scale)
    canvas.text(
      xLabel, x: middle.0, y: Int(frame.bottom) + line + 6 * scale, scale: scale,
      alignment: .center)
    canvas.text(
      yLabel, x: 2 * scale, y: middle.1, scale: scale, alignment: .center, isVertical: true)
    if series.allSatisfy({ frame.pieces($0.x, $0.y).isEmpty }) {
      canvas.text("no data", x: middle.0, y: middle.1, scale: scale, alignment: .center)
    }
  }

  private func drawCurve(
    on canvas: inout Canvas, _ frame: PlotFrame, _ series: Series, _ color: Canvas.Color,
    unit: Double
  ) {
    for band in bands(frame, series) {
      canvas.band(
        x: band.lower.map(\.x), lower: band.lower.map(\.y), upper: band.upper.map(\.y),
        color: color, opacity: 0.2)
    }
    for piece in frame.pieces(series.x, series.y) {
      for (index, (start, end)) in zip(piece, piece.dropFirst()).enumerated() {
        if series.isDashed && index % 2 == 1 && piece.count > 8 { continue }
        canvas.line(
          from: start, to: end, color: color, thickness: unit,
          opacity: series.isDashed && piece.count <= 8 ? 0.5 : 1)
      }
      guard series.hasDots else { continue }
      for point in piece {
        canvas.line(from: point, to: point, color: color, thickness: 3 * unit * series.dotScale)
      }
    }
  }

  /// Row and left edge of every legend entry.
  private func legendPlaces(
    _ names: [String], width: Int, scale: Int
  ) -> [(row: Int, x: Int)] {
    var places: [(row: Int, x: Int)] = []
    var (row, x) = (0, 10 * scale)
    for name in names {
      let needed = 28 * scale + Canvas.textWidth(name, scale: scale)
      if x + needed > width && x > 10 * scale { (row, x) = (row + 1, 10 * scale) }
      places.append((row, x))
      x += needed
    }
    return places
  }
}
