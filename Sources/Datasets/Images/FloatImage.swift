/// A picture of floating point samples, `[height, width, channel]`.
public struct FloatImage: Sendable, Equatable {
  /// Rows.
  public let height: Int
  /// Pixels per row.
  public let width: Int
  /// Samples per pixel.
  public let channelCount: Int
  /// The samples, `[height, width, channel]`.
  public let pixels: [Float]

  /// A picture of given samples, `[height, width, channel]`.
  public init(height: Int, width: Int, channelCount: Int, pixels: [Float]) {
    precondition((1...4).contains(channelCount), "\(channelCount) channels")
    precondition(
      pixels.count == height * width * channelCount,
      "\(pixels.count) samples for \(height) x \(width) x \(channelCount)")
    self.height = height
    self.width = width
    self.channelCount = channelCount
    self.pixels = pixels
  }

  /// The samples of an 8-bit picture, 0…255.
  public init(_ image: RasterImage) {
    self.init(
      height: image.height, width: image.width, channelCount: image.channelCount,
      pixels: image.pixels.map { Float($0) })
  }

  /// Where a target pixel lies in the source when nothing is antialiased.
  public enum Alignment: Sendable {
    /// Pixels are areas: source = (target + ½)·scale − ½; torch's `align_corners=False`.
    case pixelCenters
    /// Pixels are points: source = target·scale; TensorFlow 1's `resize_bilinear`, which the original
    /// FID uses.
    case origin
  }

  /// The picture in another size by bilinear interpolation without antialiasing, in single precision.
  public func interpolated(height: Int, width: Int, alignment: Alignment) -> FloatImage {
    precondition(height > 0 && width > 0, "a picture of \(height) x \(width)")
    let rows = Self.neighbours(from: self.height, to: height, alignment)
    let columns = Self.neighbours(from: self.width, to: width, alignment)
    let rowLength = self.width * channelCount
    var result = [Float](repeating: 0, count: height * width * channelCount)
    var place = 0
    pixels.withUnsafeBufferPointer { source in
      for row in rows {
        let upper = row.first * rowLength
        let lower = row.second * rowLength
        for column in columns {
          let left = column.first * channelCount
          let right = column.second * channelCount
          for channel in 0..<channelCount {
            let top =
              (1 - column.share) * source[upper + left + channel]
              + column.share * source[upper + right + channel]
            let bottom =
              (1 - column.share) * source[lower + left + channel]
              + column.share * source[lower + right + channel]
            result[place] = (1 - row.share) * top + row.share * bottom
            place += 1
          }
        }
      }
    }
    return FloatImage(height: height, width: width, channelCount: channelCount, pixels: result)
  }

  /// The picture in another size by nearest neighbours, as torch's `nearest`: source = ⌊target·scale⌋.
  public func nearest(height: Int, width: Int) -> FloatImage {
    precondition(height > 0 && width > 0, "a picture of \(height) x \(width)")
    func sources(_ from: Int, _ to: Int) -> [Int] {
      let scale = Float(from) / Float(to)
      return (0..<to).map { min(Int(Float($0) * scale), from - 1) }
    }
    let columns = sources(self.width, width)
    var result: [Float] = []
    result.reserveCapacity(height * width * channelCount)
    for y in sources(self.height, height) {
      for x in columns {
        let start = (y * self.width + x) * channelCount
        result += pixels[start..<start + channelCount]
      }
    }
    return FloatImage(height: height, width: width, channelCount: channelCount, pixels: result)
  }

  // MARK: - Helpers

  private struct Neighbours {
    var first: Int
    var second: Int
    /// The weight of the second.
    var share: Float
  }

  private static func neighbours(
    from source: Int, to target: Int, _ alignment: Alignment
  ) -> [Neighbours] {
    let scale = Float(source) / Float(target)
    return (0..<target).map { index in
      let position: Float =
        switch alignment {
        case .pixelCenters: max(0, (Float(index) + 0.5) * scale - 0.5)
        case .origin: Float(index) * scale
        }
      let first = min(Int(position), source - 1)
      return Neighbours(
        first: first, second: min(first + 1, source - 1), share: position - Float(first))
    }
  }
}
