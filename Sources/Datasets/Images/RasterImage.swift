/// A picture: interleaved 8-bit pixels, row after row.
public struct RasterImage: Sendable, Equatable {
  /// Rows.
  public let height: Int
  /// Pixels per row.
  public let width: Int
  /// 1 grey, 3 RGB, 4 RGBA.
  public let channelCount: Int
  /// The samples, `[height, width, channel]`.
  public let pixels: [UInt8]

  /// A picture of given pixels, `[height, width, channel]`.
  public init(height: Int, width: Int, channelCount: Int, pixels: [UInt8]) {
    precondition(
      pixels.count == height * width * channelCount,
      "\(pixels.count) samples for \(height) x \(width) x \(channelCount)")
    self.height = height
    self.width = width
    self.channelCount = channelCount
    self.pixels = pixels
  }

  /// A picture of a given shape.
  public init(shape: ImageShape, pixels: [UInt8]) {
    self.init(
      height: shape.height, width: shape.width, channelCount: shape.channelCount, pixels: pixels)
  }

  /// The shape.
  public var shape: ImageShape {
    ImageShape(height: height, width: width, channelCount: channelCount)
  }

  /// The picture with every pixel repeated `factor` times in both directions.
  public func enlarged(by factor: Int) -> RasterImage {
    precondition(factor >= 1, "factor \(factor) must be at least 1")
    var result: [UInt8] = []
    result.reserveCapacity(pixels.count * factor * factor)
    for y in 0..<height {
      var row: [UInt8] = []
      for x in 0..<width {
        let start = (y * width + x) * channelCount
        for _ in 0..<factor { row += pixels[start..<start + channelCount] }
      }
      for _ in 0..<factor { result += row }
    }
    return RasterImage(
      height: height * factor, width: width * factor, channelCount: channelCount, pixels: result)
  }

  /// Pictures of one size side by side, row after row.
  ///
  /// - Parameters:
  ///   - images: At least one; all of the same shape.
  ///   - columnCount: Pictures per row.
  ///   - spacing: Pixels between pictures and around them.
  ///   - background: The value of every sample between the pictures.
  /// - Returns: The sheet.
  public static func grid(
    _ images: [RasterImage], columnCount: Int, spacing: Int = 2, background: UInt8 = 255
  ) -> RasterImage {
    precondition(!images.isEmpty && columnCount > 0 && spacing >= 0, "an empty grid")
    let first = images[0]
    let channelCount = first.channelCount
    let rowCount = (images.count + columnCount - 1) / columnCount
    let width = columnCount * (first.width + spacing) + spacing
    let height = rowCount * (first.height + spacing) + spacing
    var pixels = [UInt8](repeating: background, count: height * width * channelCount)
    for (index, image) in images.enumerated() {
      precondition(image.shape == first.shape, "picture \(index) has shape \(image.shape)")
      let top = spacing + index / columnCount * (first.height + spacing)
      let left = spacing + index % columnCount * (first.width + spacing)
      for y in 0..<image.height {
        let source = y * image.width * channelCount
        let target = ((top + y) * width + left) * channelCount
        pixels.replaceSubrange(
          target..<target + image.width * channelCount,
          with: image.pixels[source..<source + image.width * channelCount])
      }
    }
    return RasterImage(height: height, width: width, channelCount: channelCount, pixels: pixels)
  }
}
