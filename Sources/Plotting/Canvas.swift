import Datasets

/// A picture in memory on which text and other pictures are drawn.
///
/// Everything outside the picture is cut off.
struct Canvas {
  /// Red, green and blue of texts.
  private static let ink: [UInt8] = [0x24, 0x29, 0x2F]

  /// How text lies around its position.
  enum Alignment {
    /// The text begins at the position.
    case leading
    /// The text is centred on the position.
    case center
    /// The text ends at the position.
    case trailing
  }

  /// Pixels from left to right.
  let width: Int
  /// Pixels from top to bottom.
  let height: Int
  /// Red, green and blue of every pixel, `[height, width, 3]`.
  private(set) var pixels: [UInt8]

  /// A white picture.
  init(width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a picture of \(width)×\(height) pixels")
    self.width = width
    self.height = height
    pixels = Array(repeating: 255, count: width * height * 3)
  }

  /// Draws another picture, every pixel as a square of `scale` pixels.
  ///
  /// - Parameters:
  ///   - image: Bytes in the order `[shape.height, shape.width, shape.channelCount]`.
  ///   - shape: Its shape; grey or RGB.
  ///   - x: Left edge on this picture.
  ///   - y: Top edge on this picture.
  ///   - scale: Enlargement, at least 1.
  mutating func draw(_ image: [UInt8], _ shape: ImageShape, x: Int, y: Int, scale: Int = 1) {
    let channelCount = shape.channelCount
    precondition(channelCount == 1 || channelCount == 3, "\(channelCount) channels")
    precondition(image.count == shape.byteCount, "\(image.count) bytes for \(shape)")
    for row in 0..<shape.height * scale where y + row >= 0 && y + row < height {
      for column in 0..<shape.width * scale where x + column >= 0 && x + column < width {
        let source = (row / scale * shape.width + column / scale) * channelCount
        let target = ((y + row) * width + x + column) * 3
        for channel in 0..<3 {
          pixels[target + channel] = image[source + (channelCount == 3 ? channel : 0)]
        }
      }
    }
  }

  /// The width of a text in pixels.
  static func textWidth(_ text: String, scale: Int = 1) -> Int {
    max(0, text.count * BitmapFont.advance - 1) * scale
  }

  /// The height of a line of text in pixels, descenders included.
  static func textHeight(scale: Int = 1) -> Int { BitmapFont.height * scale }

  /// Writes a text.
  ///
  /// - Parameters:
  ///   - text: The text; characters the font lacks become boxes.
  ///   - x: Horizontal position of its beginning, middle or end.
  ///   - y: Top of its capitals.
  ///   - scale: Pixels per dot of the font.
  ///   - alignment: How it lies around `x`.
  mutating func text(
    _ text: String, x: Int, y: Int, scale: Int = 1, alignment: Alignment = .leading
  ) {
    let width = Self.textWidth(text, scale: scale)
    let left =
      switch alignment {
      case .leading: x
      case .center: x - width / 2
      case .trailing: x - width
      }
    for (index, character) in text.enumerated() {
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        for column in 0..<5 where bits & (16 >> UInt8(column)) != 0 {
          fillDot(
            x: left + (index * BitmapFont.advance + column) * scale, y: y + row * scale, side: scale
          )
        }
      }
    }
  }

  private mutating func fillDot(x: Int, y: Int, side: Int) {
    for row in y..<y + side where row >= 0 && row < height {
      for column in x..<x + side where column >= 0 && column < width {
        for channel in 0..<3 { pixels[(row * width + column) * 3 + channel] = Self.ink[channel] }
      }
    }
  }
}
