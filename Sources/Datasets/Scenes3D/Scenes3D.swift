import Synchronization

/// The built-in dataset: a room with one object, drawn when asked for.
///
/// Factors, their sizes and their order are those of Shapes3D (floor hue, wall hue, object hue,
/// scale, shape, orientation; 480,000 images of 64×64×3), the pictures are this package's own: rays
/// through a perspective camera, area light with soft shadows, 64 rays per edge pixel. Results on it
/// are never results on Shapes3D.
public final class Scenes3D: FactorDataset {
  /// `scenes3d`.
  public let name = "scenes3d"
  /// 64×64×3.
  public let imageShape = ImageShape(
    height: SceneGeometry.side, width: SceneGeometry.side, channelCount: 3)
  /// The version of the renderer: it changes when a pixel does.
  public let checksum = "builtin:scenes3d:v1"
  /// The factors of Shapes3D.
  public let factorNames = [
    "floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation",
  ]
  /// 10, 10, 10, 8, 4, 15.
  public let factorSizes = [10, 10, 10, 8, 4, 15]
  /// 480,000.
  public let count = 480_000

  private static let geometryCount = 8 * 4 * 15
  private let geometries: Mutex<[SceneGeometry?]>
  private let palette: [SIMD3<UInt8>]

  /// Prepares to draw; geometries are traced when first needed, about 4 ms each.
  public init() {
    geometries = Mutex(Array(repeating: nil, count: Self.geometryCount))
    palette = (0..<10).map { Self.color(hue: Double($0) / 10) }
  }

  /// Draws the pictures.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    let size = imageShape.byteCount
    for (place, index) in indices.enumerated() {
      let (hues, geometry) = index.quotientAndRemainder(dividingBy: Self.geometryCount)
      let target = UnsafeMutableBufferPointer(rebasing: pixels[place * size..<(place + 1) * size])
      self.geometry(geometry).paint(
        floor: palette[hues / 100], wall: palette[hues / 10 % 10], object: palette[hues % 10],
        into: target)
    }
  }

  private func geometry(_ number: Int) -> SceneGeometry {
    if let known = geometries.withLock({ $0[number] }) { return known }
    // Two threads may trace the same geometry; both get the same result.
    let scale = 0.75 + 0.5 * Double(number / 60) / 7
    let orientation = (Double(number % 15) - 7) / 7 * Double.pi / 6
    let traced = SceneGeometry(
      object: SceneObject(shape: number / 15 % 4, scale: scale), orientation: orientation)
    geometries.withLock { $0[number] = traced }
    return traced
  }

  /// A colour of the hue circle, 0…1, slightly less than fully saturated.
  private static func color(hue: Double) -> SIMD3<UInt8> {
    var color = SIMD3<UInt8>()
    for channel in 0..<3 {
      // Piecewise linear: 1 within a sixth of the circle from the channel's own hue, 0 beyond a third.
      let place = (hue - Double(channel) / 3).magnitude
      let away = min(place, 1 - place) * 6
      let value = min(max(2 - away, 0), 1)
      color[channel] = UInt8((255 * (0.10 + 0.88 * value)).rounded())
    }
    return color
  }
}

extension SceneGeometry {
  /// Colours the geometry.
  func paint(
    floor: SIMD3<UInt8>, wall: SIMD3<UInt8>, object: SIMD3<UInt8>,
    into pixels: UnsafeMutableBufferPointer<UInt8>
  ) {
    typealias Lanes = SIMD16<UInt16>
    // 48 samples are 16 pixels: three vectors, in each of which the channels stand elsewhere.
    var colors: [(Lanes, Lanes, Lanes)] = []
    for part in 0..<3 {
      var lanes = (Lanes(), Lanes(), Lanes())
      for lane in 0..<16 {
        let channel = (part * 16 + lane) % 3
        lanes.0[lane] = UInt16(floor[channel])
        lanes.1[lane] = UInt16(wall[channel])
        lanes.2[lane] = UInt16(object[channel])
      }
      colors.append(lanes)
    }
    let planeSize = pixels.count
    let target = UnsafeMutableRawBufferPointer(pixels)
    weights.withUnsafeBytes { weights in
      func plane(_ number: Int, _ offset: Int) -> Lanes {
        Lanes(
          truncatingIfNeeded: weights.loadUnaligned(
            fromByteOffset: number * planeSize + offset, as: SIMD16<UInt8>.self))
      }
      for part in 0..<3 {
        let (floor, wall, object) = colors[part]
        for offset in stride(from: part * 16, to: planeSize, by: 48) {
          // Weights of one pixel add up to at most 255, so the sum fits 16 bits.
          let sum =
            plane(0, offset) &* floor &+ plane(1, offset) &* wall &+ plane(2, offset) &* object
          let rounded = sum &+ 128
          // (s + 128 + ((s + 128) >> 8)) >> 8 is s / 255, rounded.
          let color = (rounded &+ (rounded &>> 8)) &>> 8
          let sample = pointwiseMin(color &+ plane(3, offset), Lanes(repeating: 255))
          target.storeBytes(
            of: SIMD16<UInt8>(truncatingIfNeeded: sample), toByteOffset: offset,
            as: SIMD16<UInt8>.self)
        }
      }
    }
  }
}
