import Glibc

typealias Vector = SIMD3<Double>

/// The object in the middle of the room, which rests on the floor at the origin; y points up.
enum SceneObject {
  case cube(halfSide: Double)
  case cylinder(radius: Double, height: Double)
  case sphere(radius: Double)
  case capsule(radius: Double, height: Double)

  /// The object of a shape number, as large as its scale says.
  init(shape: Int, scale: Double) {
    switch shape {
    case 0: self = .cube(halfSide: 0.78 * scale)
    case 1: self = .cylinder(radius: 0.80 * scale, height: 1.60 * scale)
    case 2: self = .sphere(radius: 0.95 * scale)
    default: self = .capsule(radius: 0.60 * scale, height: 2.10 * scale)
    }
  }

  /// A point on the object: how far along the ray, the normal there, and which smooth piece it is.
  struct Hit {
    var distance: Double
    var normal: Vector
    var piece: Int
  }

  /// The first point of the object that a ray from outside meets.
  func hit(from origin: Vector, along direction: Vector) -> Hit? {
    switch self {
    case .cube(let half):
      Self.boxHit(origin - [0, half, 0], direction, half)
    case .sphere(let radius):
      Self.sphereHit(origin, direction, centre: [0, radius, 0], radius)
    case .cylinder(let radius, let height):
      Self.nearer(
        Self.sideHit(origin, direction, radius, 0...height),
        Self.topHit(origin, direction, radius, height))
    case .capsule(let radius, let height):
      Self.nearer(
        Self.sideHit(origin, direction, radius, radius...height - radius),
        Self.nearer(
          Self.sphereHit(origin, direction, centre: [0, radius, 0], radius),
          Self.sphereHit(origin, direction, centre: [0, height - radius, 0], radius)))
    }
  }

  /// Signed distance from a point to the object's surface, negative inside.
  func distance(to point: Vector) -> Double {
    switch self {
    case .cube(let half):
      let excess = abs(point - [0, half, 0]) - Vector(repeating: half)
      let outside = length(pointwiseMax(excess, Vector(repeating: 0)))
      return outside + min(0, max(excess.x, max(excess.y, excess.z)))
    case .sphere(let radius):
      return length(point - [0, radius, 0]) - radius
    case .cylinder(let radius, let height):
      let radial = (point.x * point.x + point.z * point.z).squareRoot() - radius
      let vertical = Swift.abs(point.y - height / 2) - height / 2
      let outside = (max(radial, 0) * max(radial, 0) + max(vertical, 0) * max(vertical, 0))
        .squareRoot()
      return outside + min(0, max(radial, vertical))
    case .capsule(let radius, let height):
      let nearest = min(max(point.y, radius), height - radius)
      return length(point - [0, nearest, 0]) - radius
    }
  }

  // MARK: - Rays

  private static func nearer(_ first: Hit?, _ second: Hit?) -> Hit? {
    guard let first, let second else { return first ?? second }
    return first.distance <= second.distance ? first : second
  }

  private static func sphereHit(
    _ origin: Vector, _ direction: Vector, centre: Vector, _ radius: Double
  ) -> Hit? {
    let offset = origin - centre
    let half = dot(offset, direction)
    let discriminant = half * half - dot(offset, offset) + radius * radius
    guard discriminant >= 0 else { return nil }
    let distance = -half - discriminant.squareRoot()
    guard distance > 0 else { return nil }
    return Hit(distance: distance, normal: (offset + distance * direction) / radius, piece: 0)
  }

  private static func boxHit(_ origin: Vector, _ direction: Vector, _ half: Double) -> Hit? {
    var near = -Double.infinity
    var far = Double.infinity
    var normal = Vector(repeating: 0)
    var piece = 0
    for axis in 0..<3 {
      let inverse = 1 / direction[axis]
      let sign: Double = direction[axis] > 0 ? -1 : 1
      let entry = (sign * half - origin[axis]) * inverse
      let exit = (-sign * half - origin[axis]) * inverse
      if entry > near {
        near = entry
        normal = Vector(repeating: 0)
        normal[axis] = sign
        piece = 2 * axis + (sign > 0 ? 1 : 0)
      }
      far = min(far, exit)
    }
    guard near <= far && near > 0 else { return nil }
    return Hit(distance: near, normal: normal, piece: piece)
  }

  private static func sideHit(
    _ origin: Vector, _ direction: Vector, _ radius: Double, _ range: ClosedRange<Double>
  ) -> Hit? {
    let a = direction.x * direction.x + direction.z * direction.z
    let half = origin.x * direction.x + origin.z * direction.z
    let c = origin.x * origin.x + origin.z * origin.z - radius * radius
    let discriminant = half * half - a * c
    guard discriminant >= 0 else { return nil }
    let distance = (-half - discriminant.squareRoot()) / a
    let point = origin + distance * direction
    guard distance > 0 && range.contains(point.y) else { return nil }
    return Hit(distance: distance, normal: [point.x / radius, 0, point.z / radius], piece: 0)
  }

  private static func topHit(
    _ origin: Vector, _ direction: Vector, _ radius: Double, _ height: Double
  ) -> Hit? {
    let distance = (height - origin.y) / direction.y
    let point = origin + distance * direction
    guard distance > 0 && point.x * point.x + point.z * point.z <= radius * radius else {
      return nil
    }
    return Hit(distance: distance, normal: [0, 1, 0], piece: 1)
  }
}

func dot(_ first: Vector, _ second: Vector) -> Double { (first * second).sum() }
func length(_ vector: Vector) -> Double { dot(vector, vector).squareRoot() }
func normalized(_ vector: Vector) -> Vector { vector / length(vector) }
func cross(_ a: Vector, _ b: Vector) -> Vector {
  [a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x]
}
private func abs(_ vector: Vector) -> Vector {
  pointwiseMax(vector, Vector(repeating: 0) - vector)
}
