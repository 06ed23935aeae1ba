/// Pictures in rows and columns with labels, for reconstructions and traversals.
public struct PictureGrid: Sendable {
  /// Width of every picture.
  public var imageWidth: Int
  /// Height of every picture.
  public var imageHeight: Int
  /// 1 for grey, 3 for colour.
  public var channelCount: Int
  /// Rows of pictures, each `[imageHeight, imageWidth, channelCount]`; empty places stay white.
  public var rows: [[[UInt8]]]
  /// Labels above the columns; none if empty.
  public var columnLabels: [String]
  /// Labels left of the rows; none if empty.
  public var rowLabels: [String]
  /// Printed above; empty for none.
  public var title: String

  /// Creates a grid.
  public init(
    imageWidth: Int, imageHeight: Int, channelCount: Int = 3, rows: [[[UInt8]]],
    columnLabels: [String] = [], rowLabels: [String] = [], title: String = ""
  ) {
    self.imageWidth = imageWidth
    self.imageHeight = imageHeight
    self.channelCount = channelCount
    self.rows = rows
    self.columnLabels = columnLabels
    self.rowLabels = rowLabels
    self.title = title
  }

  /// Draws the grid.
  ///
  /// - Parameters:
  ///   - scale: Enlargement of the pictures.
  ///   - textScale: Enlargement of the labels' font.
  /// - Returns: The picture, as large as its contents need.
  public func canvas(scale: Int = 1, textScale: Int = 1) -> Canvas {
    let gap = 4
    let columnCount = max(rows.map(\.count).max() ?? 0, columnLabels.count, 1)
    // Columns are at least as wide as their labels.
    let labelWidth = columnLabels.map { Canvas.textWidth($0, scale: textScale) }.max() ?? 0
    let cell = (max(imageWidth * scale, labelWidth) + gap, imageHeight * scale + gap)
    let left =
      gap + (rowLabels.map { Canvas.textWidth($0, scale: textScale) + 2 * gap }.max() ?? 0)
    let line = Canvas.textHeight(scale: textScale) + gap
    let top = gap + (title.isEmpty ? 0 : line + gap) + (columnLabels.isEmpty ? 0 : line)
    let width = left + columnCount * cell.0
    var canvas = Canvas(
      width: max(width, title.isEmpty ? 0 : Canvas.textWidth(title, scale: textScale) + 2 * gap),
      height: top + max(rows.count, 1) * cell.1)
    canvas.text(title, x: gap, y: gap, scale: textScale)
    for (column, label) in columnLabels.enumerated() {
      canvas.text(
        label, x: left + column * cell.0 + (cell.0 - gap) / 2, y: top - line, scale: textScale,
        alignment: .center)
    }
    for (row, images) in rows.enumerated() {
      let y = top + row * cell.1
      if row < rowLabels.count {
        canvas.text(
          rowLabels[row], x: left - 2 * gap,
          y: y + (imageHeight * scale - Canvas.textHeight(scale: textScale)) / 2,
          scale: textScale, alignment: .trailing)
      }
      for (column, image) in images.enumerated() where !image.isEmpty {
        canvas.draw(
          image, imageWidth: imageWidth, imageHeight: imageHeight, channelCount: channelCount,
          x: left + column * cell.0 + (cell.0 - gap - imageWidth * scale) / 2, y: y, scale: scale)
      }
    }
    return canvas
  }
}
