package import Datasets
package import Results

extension PictureGrid {
  /// A grid of pictures of one shape.
  package init(
    _ shape: ImageShape, rows: [[[UInt8]]], columnLabels: [String] = [], rowLabels: [String] = [],
    title: String = ""
  ) {
    self.init(
      imageWidth: shape.width, imageHeight: shape.height, channelCount: shape.channelCount,
      rows: rows, columnLabels: columnLabels, rowLabels: rowLabels, title: title)
  }

  /// Pictures of one shape in rows of ten.
  package init(_ shape: ImageShape, tens images: [[UInt8]]) {
    self.init(
      shape,
      rows: stride(from: 0, to: images.count, by: 10).map {
        Array(images[$0..<min($0 + 10, images.count)])
      })
  }

  /// The drawn grid.
  package var raster: RasterImage {
    let canvas = canvas()
    return RasterImage(
      height: canvas.height, width: canvas.width, channelCount: 3, pixels: canvas.pixels)
  }

  /// Writes the drawn grid as a PNG file.
  package func write(to path: String) throws { try PNG.write(raster, to: path) }
}
