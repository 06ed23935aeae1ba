import Glibc

/// How much of every pixel of a small square a shape covers.
struct Sprite: Sendable {
  /// The outlines, in the order of the factor's values.
  enum Shape: CaseIterable, Sendable {
    case square, ellipse, heart

    /// Whether a point is inside at scale 1; the shape's middle is the origin, y points up.
    func contains(_ x: Double, _ y: Double) -> Bool {
      switch self {
      case .square: return max(abs(x), abs(y)) < 9
      case .ellipse: return x * x / 144 + y * y / 42.25 < 1
      case .heart:
        // (x² + y² − 1)³ < x²y³, whose middle lies a tenth above the origin.
        let (u, v) = (x / 10.5, y / 10.5 + 0.1)
        let ring = u * u + v * v - 1
        return ring * ring * ring < u * u * v * v * v
      }
    }
  }

  /// Pixels per row and rows; a shape of scale 1 fits at every angle.
  static let side = 32
  private static let raysPerSide = 8

  /// 0…255 for every pixel, row after row.
  let coverage: [UInt8]

  /// Draws a shape in the middle of the square.
  ///
  /// - Parameters:
  ///   - shape: The outline.
  ///   - scale: Its size.
  ///   - angle: By how much it is turned, in radians, against the clock.
  init(_ shape: Shape, scale: Double, angle: Double) {
    let (cosine, sine) = (cos(angle), sin(angle))
    let (rays, middle) = (Self.raysPerSide, Double(Self.side) / 2)
    coverage = (0..<Self.side * Self.side).map { pixel in
      let (row, column) = pixel.quotientAndRemainder(dividingBy: Self.side)
      var hits = 0
      for ray in 0..<rays * rays {
        let x = Double(column) + (Double(ray % rays) + 0.5) / Double(rays) - middle
        let y = middle - Double(row) - (Double(ray / rays) + 0.5) / Double(rays)
        let (u, v) = (cosine * x + sine * y, cosine * y - sine * x)
        if shape.contains(u / scale, v / scale) { hits += 1 }
      }
      return UInt8((255 * Double(hits) / Double(rays * rays)).rounded())
    }
  }
}
