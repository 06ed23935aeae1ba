/// A picture in memory on which rectangles, lines, text and other pictures are drawn.
///
/// Everything outside the picture is cut off. The bytes go to any PNG encoder.
public struct Canvas: Sendable, Equatable {
  /// A colour in sRGB.
  public struct Color: Sendable, Equatable {
    /// Red, 0 to 255.
    public var red: UInt8
    /// Green, 0 to 255.
    public var green: UInt8
    /// Blue, 0 to 255.
    public var blue: UInt8

    /// Creates a colour from `0xRRGGBB`.
    public init(_ hex: UInt32) {
      red = UInt8(truncatingIfNeeded: hex >> 16)
      green = UInt8(truncatingIfNeeded: hex >> 8)
      blue = UInt8(truncatingIfNeeded: hex)
    }

    /// White.
    public static let white = Color(0xFFFFFF)
    /// A dark grey for text.
    public static let ink = Color(0x24292F)
    /// A middle grey for lesser text and axes.
    public static let grey = Color(0x8C959F)
    /// A light grey for grid lines.
    public static let faint = Color(0xE3E6EA)
  }

  /// How text lies around its position.
  public enum Alignment: Sendable {
    /// The text begins at the position.
    case leading
    /// The text is centred on the position.
    case center
    /// The text ends at the position.
    case trailing
  }

  /// Pixels from left to right.
  public let width: Int
  /// Pixels from top to bottom.
  public let height: Int
  /// Red, green and blue of every pixel, `[height, width, 3]`.
  public private(set) var pixels: [UInt8]

  /// Creates a picture of one colour.
  public init(width: Int, height: Int, color: Color = .white) {
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels")
    self.width = width
    self.height = height
    pixels = Array(repeating: color.red, count: width * height * 3)
    if color.red != color.green || color.red != color.blue {
      fill(x: 0, y: 0, width: width, height: height, color: color)
    }
  }

  /// The colour of a pixel.
  public subscript(x: Int, y: Int) -> Color {
    let offset = (y * width + x) * 3
    return Color(
      UInt32(pixels[offset]) << 16 | UInt32(pixels[offset + 1]) << 8 | UInt32(pixels[offset + 2]))
  }

  /// Mixes a colour into a pixel; `opacity` 1 replaces it.
  private mutating func blend(_ x: Int, _ y: Int, _ color: Color, _ opacity: Double) {
    guard x >= 0 && x < width && y >= 0 && y < height && opacity > 0 else { return }
    let offset = (y * width + x) * 3
    let share = min(opacity, 1)
    func mix(_ old: UInt8, _ new: UInt8) -> UInt8 {
      UInt8((Double(old) + (Double(new) - Double(old)) * share).rounded())
    }
    pixels[offset] = mix(pixels[offset], color.red)
    pixels[offset + 1] = mix(pixels[offset + 1], color.green)
    pixels[offset + 2] = mix(pixels[offset + 2], color.blue)
  }

  /// Fills a rectangle.
  public mutating func fill(
    x: Int, y: Int, width: Int, height: Int, color: Color, opacity: Double = 1
  ) {
    let columns = max(0, x)..<max(max(0, x), min(self.width, x + width))
    let rows = max(0, y)..<max(max(0, y), min(self.height, y + height))
    for row in rows { for column in columns { blend(column, row, color, opacity) } }
  }

  /// Draws another picture, every pixel as a square of `scale` pixels.
  ///
  /// - Parameters:
  ///   - pixels: Bytes in the order `[imageHeight, imageWidth, channelCount]`.
  ///   - imageWidth: Its width.
  ///   - imageHeight: Its height.
  ///   - channelCount: 1 for grey, 3 for colour.
  ///   - x: Left edge on this picture.
  ///   - y: Top edge on this picture.
  ///   - scale: Enlargement, at least 1.
  public mutating func draw(
    _ pixels: some RandomAccessCollection<UInt8>, imageWidth: Int, imageHeight: Int,
    channelCount: Int, x: Int, y: Int, scale: Int = 1
  ) {
    precondition(channelCount == 1 || channelCount == 3, "\(channelCount) channels")
    precondition(
      pixels.count == imageWidth * imageHeight * channelCount,
      "\(pixels.count) bytes for \(imageWidth)×\(imageHeight)×\(channelCount)")
    let bytes = Array(pixels)
    for row in 0..<imageHeight * scale where y + row >= 0 && y + row < height {
      for column in 0..<imageWidth * scale where x + column >= 0 && x + column < width {
        let source = (row / scale * imageWidth + column / scale) * channelCount
        let target = ((y + row) * width + x + column) * 3
        for channel in 0..<3 {
          self.pixels[target + channel] = bytes[source + (channelCount == 3 ? channel : 0)]
        }
      }
    }
  }

  /// Draws a smooth line.
  public mutating func line(
    from start: (x: Double, y: Double), to end: (x: Double, y: Double), color: Color,
    thickness: Double = 1, opacity: Double = 1
  ) {
    let margin = thickness / 2 + 1
    // A pixel is covered as far as its centre lies within half the thickness of the segment.
    let (dx, dy) = (end.x - start.x, end.y - start.y)
    let squaredLength = dx * dx + dy * dy
    let columns = span(min(start.x, end.x) - margin, max(start.x, end.x) + margin, within: width)
    let rows = span(min(start.y, end.y) - margin, max(start.y, end.y) + margin, within: height)
    for row in rows {
      for column in columns {
        let (px, py) = (Double(column) + 0.5 - start.x, Double(row) + 0.5 - start.y)
        let along =
          squaredLength > 0 ? min(max((px * dx + py * dy) / squaredLength, 0), 1) : 0
        let (qx, qy) = (px - along * dx, py - along * dy)
        let distance = (qx * qx + qy * qy).squareRoot()
        blend(column, row, color, min(max(thickness / 2 + 0.5 - distance, 0), 1) * opacity)
      }
    }
  }

  /// Fills the area between two curves over the same rising positions, for error bands.
  public mutating func band(
    x: [Double], lower: [Double], upper: [Double], color: Color, opacity: Double
  ) {
    for index in x.indices.dropLast() {
      for column in span(x[index], x[index + 1] - 1e-9, within: width) {
        let center = Double(column) + 0.5
        guard center >= x[index] && center < x[index + 1] else { continue }
        let share = (center - x[index]) / (x[index + 1] - x[index])
        let ends = [
          lower[index] + (lower[index + 1] - lower[index]) * share,
          upper[index] + (upper[index + 1] - upper[index]) * share,
        ].sorted()
        for row in span(ends[0], ends[1], within: height) {
          let covered = min(Double(row) + 1, ends[1]) - max(Double(row), ends[0])
          blend(column, row, color, covered * opacity)
        }
      }
    }
  }

  /// The whole pixels touched by an interval, cut to `0..<count`.
  private func span(_ low: Double, _ high: Double, within count: Int) -> Range<Int> {
    guard low.isFinite && high.isFinite && high >= 0 && low < Double(count) else { return 0..<0 }
    let first = Int(max(low, 0))
    return first..<max(first, Int(min(high, Double(count - 1))) + 1)
  }

  /// The width of a text in pixels.
  public static func textWidth(_ text: String, scale: Int = 1) -> Int {
    max(0, text.count * BitmapFont.advance - 1) * scale
  }

  /// The height of a line of text in pixels, descenders included.
  public static func textHeight(scale: Int = 1) -> Int { BitmapFont.height * scale }

  /// Writes a text.
  ///
  /// - Parameters:
  ///   - text: The text; characters the font lacks become boxes.
  ///   - x: Horizontal position of its beginning, middle or end.
  ///   - y: Top of its capitals.
  ///   - color: Its colour.
  ///   - scale: Pixels per dot of the font.
  ///   - alignment: How it lies around `x`.
  ///   - isVertical: Whether it is turned to read from bottom to top; `alignment` is then along
  ///     `y`, and `x` is the left edge.
  public mutating func text(
    _ text: String, x: Int, y: Int, color: Color = .ink, scale: Int = 1,
    alignment: Alignment = .leading, isVertical: Bool = false
  ) {
    let width = Self.textWidth(text, scale: scale)
    let shift: Int
    switch alignment {
    case .leading: shift = 0
    case .center: shift = width / 2
    case .trailing: shift = width
    }
    for (index, character) in text.enumerated() {
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        for column in 0..<5 where bits & (16 >> UInt8(column)) != 0 {
          let along = (index * BitmapFont.advance + column) * scale - shift
          if isVertical {
            fill(
              x: x + row * scale, y: y - along - scale, width: scale, height: scale, color: color)
          } else {
            fill(x: x + along, y: y + row * scale, width: scale, height: scale, color: color)
          }
        }
      }
    }
  }
}
