import BenchSupport
import Datasets
package import Results

extension LinePlot {
  /// Writes the plot as `<path>.svg` and `<path>.png`.
  ///
  /// - Throws: `FileError`.
  package func write(to path: String) throws {
    try AtomicFile.write(Array(svg().utf8), to: "\(path).svg")
    let canvas = canvas(width: 720, height: 420, scale: 1)
    let image = RasterImage(
      height: canvas.height, width: canvas.width, channelCount: 3, pixels: canvas.pixels)
    try PNG.write(image, to: "\(path).png")
  }
}
