public import Datasets

/// Pictures of one shape in rows and columns with labels, for reconstructions and traversals.
public struct PictureGrid: Sendable {
  /// The shape of every picture; grey or RGB.
  public var shape: ImageShape
  /// Rows of pictures, each as ``shape`` says; empty places stay white.
  public var rows: [[[UInt8]]]
  /// Labels above the columns; none if empty.
  public var columnLabels: [String]
  /// Labels left of the rows; none if empty.
  public var rowLabels: [String]
  /// Printed above; empty for none.
  public var title: String

  /// Creates a grid.
  public init(
    _ shape: ImageShape, rows: [[[UInt8]]], columnLabels: [String] = [], rowLabels: [String] = [],
    title: String = ""
  ) {
    self.shape = shape
    self.rows = rows
    self.columnLabels = columnLabels
    self.rowLabels = rowLabels
    self.title = title
  }

  /// Pictures in rows of ten.
  public init(_ shape: ImageShape, tens images: [[UInt8]]) {
    self.init(
      shape,
      rows: stride(from: 0, to: images.count, by: 10).map {
        Array(images[$0..<min($0 + 10, images.count)])
      })
  }

  /// Draws the grid in RGB, on white.
  ///
  /// - Parameters:
  ///   - scale: Enlargement of the pictures.
  ///   - textScale: Enlargement of the labels' font.
  /// - Returns: The picture, as large as its contents need.
  public func image(scale: Int = 1, textScale: Int = 1) -> RasterImage {
    let gap = 4
    let columnCount = max(rows.map(\.count).max() ?? 0, columnLabels.count, 1)
    // Columns are at least as wide as their labels.
    let labelWidth = columnLabels.map { Canvas.textWidth($0, scale: textScale) }.max() ?? 0
    let cell = (max(shape.width * scale, labelWidth) + gap, shape.height * scale + gap)
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
          y: y + (shape.height * scale - Canvas.textHeight(scale: textScale)) / 2,
          scale: textScale, alignment: .trailing)
      }
      for (column, image) in images.enumerated() where !image.isEmpty {
        let x = left + column * cell.0 + (cell.0 - gap - shape.width * scale) / 2
        canvas.draw(image, shape, x: x, y: y, scale: scale)
      }
    }
    return RasterImage(
      height: canvas.height, width: canvas.width, channelCount: 3, pixels: canvas.pixels)
  }

  /// Writes the drawn grid as a PNG file.
  ///
  /// - Throws: ``DatasetError`` if it cannot be written.
  public func write(to path: String) throws(DatasetError) { try PNG.write(image(), to: path) }
}
