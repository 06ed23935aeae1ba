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

  /// The picture with 1 or 3 channels, or as it is for nil; nil where colours would be lost.
  func converted(to channelCount: Int?) -> RasterImage? {
    guard let channelCount, channelCount != self.channelCount else { return self }
    guard self.channelCount == 1, channelCount == 3 else { return nil }
    let tripled = [UInt8](unsafeUninitializedCapacity: 3 * pixels.count) { target, filled in
      for (place, value) in pixels.enumerated() {
        target[3 * place] = value
        target[3 * place + 1] = value
        target[3 * place + 2] = value
      }
      filled = 3 * pixels.count
    }
    return RasterImage(height: height, width: width, channelCount: 3, pixels: tripled)
  }
}
