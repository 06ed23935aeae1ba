import Synchronization

/// The second built-in dataset: a white shape on black, drawn when asked for.
///
/// Factors, their sizes and their order are those of dSprites (shape, scale, orientation, position x, position y;
/// 737,280 images of 64×64×1), the pictures are this package's own: other outlines, antialiased, and
/// positions a pixel apart. As there, a square turned by 90° and an ellipse turned by 180° are the same
/// picture. Results on it are never results on dSprites.
public final class Sprites2D: FactorDataset {
  /// `sprites2d`.
  public let name = "sprites2d"
  /// 64×64×1.
  public let imageShape = ImageShape(height: side, width: side, channelCount: 1)
  /// The version of the drawing: it changes when a pixel does.
  public let checksum = "builtin:sprites2d:v1"
  /// The factors of dSprites.
  public let factorNames = ["shape", "scale", "orientation", "position_x", "position_y"]
  /// 3, 6, 40, 32, 32.
  public let factorSizes = [3, 6, 40, 32, 32]
  /// 737,280.
  public let count = 737_280

  private static let side = 64
  private static let positionCount = 32
  private static let spriteCount = 3 * 6 * 40
  private let sprites: Mutex<[Sprite?]>

  /// Prepares to draw; a sprite is rasterised when first needed, in a fraction of a millisecond.
  public init() { sprites = Mutex(Array(repeating: nil, count: Self.spriteCount)) }

  /// Draws the pictures.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    pixels.update(repeating: 0)
    for (place, index) in indices.enumerated() {
      let (number, position) = index.quotientAndRemainder(
        dividingBy: Self.positionCount * Self.positionCount)
      // The sprite's square moves over the 33 places that keep it inside, but for the last.
      let (left, top) = position.quotientAndRemainder(dividingBy: Self.positionCount)
      let start = place * imageShape.byteCount + top * Self.side + left
      sprite(number).coverage.withUnsafeBufferPointer { coverage in
        for row in 0..<Sprite.side {
          _ = UnsafeMutableBufferPointer(
            rebasing: pixels[start + row * Self.side..<start + row * Self.side + Sprite.side]
          ).update(
            fromContentsOf: coverage[row * Sprite.side..<(row + 1) * Sprite.side])
        }
      }
    }
  }

  private func sprite(_ number: Int) -> Sprite {
    if let known = sprites.withLock({ $0[number] }) { return known }
    // Two threads may draw the same sprite; both get the same result.
    let (form, turn) = number.quotientAndRemainder(dividingBy: 40)
    let (shape, size) = form.quotientAndRemainder(dividingBy: 6)
    let drawn = Sprite(
      Sprite.Shape.allCases[shape], scale: 0.5 + 0.1 * Double(size),
      angle: 2 * Double.pi * Double(turn) / 40)
    sprites.withLock { $0[number] = drawn }
    return drawn
  }
}
