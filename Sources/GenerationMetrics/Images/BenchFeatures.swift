public import Datasets

/// `bench-features-v1`: a hand-made description of an image, for comparisons where no network's
/// weights are at hand.
///
/// This is not Inception, and a Fréchet distance of it is not FID: it ranks sets against one
/// another, and no published number is on its scale. It needs no file and no libtorch, and the same
/// image gives the same bits on every machine: only sums, products and square roots of single
/// precision in a fixed order.
///
/// The image is resized to 128×128 (Pillow's antialiased bilinear in floating point) and turned
/// into intensity `(R + G + B) / 3` and two opponent colours, `(R − G) / 2` and
/// `(R + G − 2B) / 4`, all in units of 255. Each plane becomes a pyramid of 128, 64, 32 and 16
/// pixels (binomial blur of 1 4 6 4 1, every second pixel, edges repeated). All features are
/// multiplied by 10:
///
/// | features | what |
/// | --- | --- |
/// | 96 | layout: means of the smallest level; intensity in 8×8 cells, each colour in 4×4 |
/// | 96 | detail: √mean of what the blur removes, per level; intensity in 4×4 cells, each colour in 2×2 |
/// | 256 | edges: √mean of the intensity's differences in four directions, per level, in 4×4 cells |
///
/// The square roots spread small amounts of detail apart, so that a little noise or blur counts.
public enum BenchFeatures {
  /// What results call it; any change to the values takes a new name.
  public static let name = "bench-features-v1"
  /// Features per image.
  public static let width = 448

  private static let side = 128
  private static let levelCount = 4

  /// The features of an image.
  ///
  /// - Parameter image: An RGB image of any size.
  /// - Returns: ``width`` numbers.
  public static func features(of image: RasterImage) -> [Float] {
    precondition(image.channelCount == 3, "a picture of \(image.channelCount) channels")
    let resized = image.resizedPlanes(height: side, width: side, filter: .bilinear)
    var layout: [Float] = []
    var detail: [Float] = []
    var edges: [Float] = []
    for (index, plane) in planes(resized).enumerated() {
      let isIntensity = index == 0
      var level = plane
      for number in 0..<levelCount {
        let blurred = level.blurred()
        detail += level.distance(from: blurred).cellMeans(isIntensity ? 4 : 2)
          .map { $0.squareRoot() }
        if isIntensity {
          for direction in Plane.directions {
            edges += level.differences(along: direction).cellMeans(4).map { $0.squareRoot() }
          }
        }
        if number == levelCount - 1 { layout += level.cellMeans(isIntensity ? 8 : 4) }
        level = blurred.halved()
      }
    }
    return (layout + detail + edges).map { 10 * $0 }
  }

  /// Intensity and opponent colours of `[3, side, side]` planes.
  private static func planes(_ colours: [Float]) -> [Plane] {
    let count = side * side
    var intensity = [Float](repeating: 0, count: count)
    var redGreen = intensity
    var yellowBlue = intensity
    colours.withUnsafeBufferPointer { colours in
      for place in 0..<count {
        let (red, green, blue) = (
          colours[place], colours[count + place], colours[2 * count + place]
        )
        intensity[place] = (red + green + blue) / 765
        redGreen[place] = (red - green) / 510
        yellowBlue[place] = (red + green - 2 * blue) / 1020
      }
    }
    return [intensity, redGreen, yellowBlue].map { Plane(side: side, values: $0) }
  }
}

/// A square of numbers.
private struct Plane {
  let side: Int
  let values: [Float]

  /// Steps right, down and along both diagonals, as `(x, y)`.
  static let directions = [(1, 0), (0, 1), (1, 1), (1, -1)]

  /// Smoothed by the binomial weights 1 4 6 4 1 along rows and columns.
  func blurred() -> Plane {
    // Along one axis and transposed, twice.
    smoothedAndTransposed().smoothedAndTransposed()
  }

  private func smoothedAndTransposed() -> Plane {
    var result = [Float](repeating: 0, count: side * side)
    let last = side - 1
    values.withUnsafeBufferPointer { values in
      result.withUnsafeMutableBufferPointer { result in
        for y in 0..<side {
          let row = y * side
          for x in 0..<side {
            let outer = values[row + max(0, x - 2)] + values[row + min(last, x + 2)]
            let inner = values[row + max(0, x - 1)] + values[row + min(last, x + 1)]
            result[x * side + y] = (outer + 4 * inner + 6 * values[row + x]) / 16
          }
        }
      }
    }
    return Plane(side: side, values: result)
  }

  /// Every second pixel of every second row.
  func halved() -> Plane {
    let half = side / 2
    var result: [Float] = []
    result.reserveCapacity(half * half)
    for y in 0..<half {
      for x in 0..<half { result.append(values[2 * y * side + 2 * x]) }
    }
    return Plane(side: half, values: result)
  }

  /// The absolute differences from another plane.
  func distance(from other: Plane) -> Plane {
    Plane(side: side, values: zip(values, other.values).map { ($0 - $1).magnitude })
  }

  /// The absolute differences between the neighbours on both sides of each pixel, halved; those of
  /// diagonal neighbours divided by √2 as well, as they lie further apart.
  func differences(along direction: (x: Int, y: Int)) -> Plane {
    let last = side - 1
    let scale: Float = direction.x != 0 && direction.y != 0 ? 0.353_553_4 : 0.5
    var result = [Float](repeating: 0, count: side * side)
    values.withUnsafeBufferPointer { values in
      for y in 0..<side {
        let after = min(last, max(0, y + direction.y)) * side
        let before = min(last, max(0, y - direction.y)) * side
        for x in 0..<side {
          let difference =
            values[after + min(last, x + direction.x)] - values[before + max(0, x - direction.x)]
          result[y * side + x] = difference.magnitude * scale
        }
      }
    }
    return Plane(side: side, values: result)
  }

  /// The means of `count` × `count` equal cells, row after row.
  func cellMeans(_ count: Int) -> [Float] {
    let cell = side / count
    var sums = [Float](repeating: 0, count: count * count)
    for y in 0..<side {
      for x in 0..<side { sums[y / cell * count + x / cell] += values[y * side + x] }
    }
    return sums.map { $0 / Float(cell * cell) }
  }
}
