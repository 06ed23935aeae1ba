import Glibc

/// What a picture of the room shows at every pixel, without its colours.
///
/// Colours enter a picture linearly, so 480 geometries (scale, shape, orientation) serve all
/// 480,000 pictures: a sample is `floor · c_floor + wall · c_wall + object · c_object + highlight`.
struct SceneGeometry: Sendable {
  /// Rows and pixels per row.
  static let side = 64

  /// Four weights of 0…255 for every sample `[row, column, channel]`, plane after plane.
  ///
  /// The planes are floor, wall, object and highlight. Repeating them per channel keeps the colouring loop straight.
  let weights: [UInt8]

  /// Traces the rays of one geometry.
  ///
  /// - Parameters:
  ///   - object: The object, with its size.
  ///   - orientation: Where the camera stands on its circle around the object, in radians.
  init(object: SceneObject, orientation: Double) {
    let tracer = SceneTracer(object: object, orientation: orientation)
    let planeSize = Self.side * Self.side * 3
    var weights = [UInt8](repeating: 0, count: 4 * planeSize)
    let corners = (0...Self.side).map { y in
      (0...Self.side).map { x in tracer.piece(Double(x), Double(y)) }
    }
    for y in 0..<Self.side {
      for x in 0..<Self.side {
        let piece = corners[y][x]
        let isSmooth =
          corners[y][x + 1] == piece && corners[y + 1][x] == piece && corners[y + 1][x + 1] == piece
        // An edge of a face or a silhouette crosses the pixel: average 8 × 8 rays.
        let pixel = tracer.average(x, y, raysPerSide: isSmooth ? 2 : 8)
        for plane in 0..<4 {
          let value = UInt8((min(max(pixel[plane], 0), 1) * 255).rounded())
          let start = plane * planeSize + (y * Self.side + x) * 3
          for channel in 0..<3 { weights[start + channel] = value }
        }
      }
    }
    self.weights = weights
  }
}

/// Follows rays from the camera into the room and finds how bright the surfaces are.
private struct SceneTracer {
  /// The room is a square of this half diagonal, one corner of which is opposite to the camera.
  private let halfDiagonal = 8.5
  private let cameraDistance = 5.4
  /// Sine of 45 degrees: the walls stand diagonally.
  private static let diagonal = (0.5 as Double).squareRoot()
  private let object: SceneObject
  private let camera: Vector
  private let forward: Vector
  private let right: Vector
  private let up: Vector
  private let light = normalized([0.55, 1.25, 0.60])
  /// Tangent of half the field of view.
  private let halfWidth = 0.46

  init(object: SceneObject, orientation: Double) {
    self.object = object
    camera = [cameraDistance * sin(orientation), 2.9, cameraDistance * cos(orientation)]
    forward = normalized(Vector(0, 1.12, 0) - camera)
    right = normalized(cross(forward, [0, 1, 0]))
    up = cross(right, forward)
  }

  private func direction(_ x: Double, _ y: Double) -> Vector {
    let scale = 2 / Double(SceneGeometry.side)
    return normalized(
      forward + halfWidth * ((x * scale - 1) * right + (1 - y * scale) * up))
  }

  /// Which smooth piece of which surface is seen at a point of the picture plane.
  func piece(_ x: Double, _ y: Double) -> Int {
    let ray = direction(x, y)
    if let hit = object.hit(from: camera, along: ray) { return 10 + hit.piece }
    let wall = wallHit(ray)
    return wall.point.y < 0 ? 0 : wall.isLeft ? 1 : 2
  }

  /// The weights of floor, wall, object and highlight, averaged over rays through one pixel.
  func average(_ x: Int, _ y: Int, raysPerSide: Int) -> SIMD4<Double> {
    var sum = SIMD4<Double>(repeating: 0)
    let step = 1 / Double(raysPerSide)
    var floorPoint = Vector(repeating: 0)
    var floorCount = 0.0
    for i in 0..<raysPerSide {
      for j in 0..<raysPerSide {
        let ray = direction(
          Double(x) + (Double(j) + 0.5) * step, Double(y) + (Double(i) + 0.5) * step)
        if let hit = object.hit(from: camera, along: ray) {
          sum += objectShade(hit, ray)
          continue
        }
        let wall = wallHit(ray)
        if wall.point.y >= 0 {
          sum[1] += wallShade(wall.point, isLeft: wall.isLeft)
        } else {
          floorPoint += camera - ray * (camera.y / ray.y)
          floorCount += 1
        }
      }
    }
    // Shadows are soft: one evaluation per pixel, in the middle of its floor, is enough.
    if floorCount > 0 { sum[0] += floorCount * floorShade(floorPoint / floorCount) }
    return sum * (step * step)
  }

  /// Where a ray meets the two walls behind the object.
  private func wallHit(_ ray: Vector) -> (point: Vector, isLeft: Bool) {
    // Inside: |x| + |z| < halfDiagonal; the walls seen are −x − z = d (left) and x − z = d (right).
    let left = distance((-camera.x - camera.z), (-ray.x - ray.z))
    let right = distance((camera.x - camera.z), (ray.x - ray.z))
    let isLeft = left < right
    return (camera + min(left, right) * ray, isLeft)
  }

  private func distance(_ start: Double, _ speed: Double) -> Double {
    speed > 0 ? (halfDiagonal - start) / speed : .infinity
  }

  // MARK: - Light

  private func objectShade(_ hit: SceneObject.Hit, _ ray: Vector) -> SIMD4<Double> {
    let point = camera + hit.distance * ray
    let facing = max(0, dot(hit.normal, light))
    // Light from the sky above and a little from the floor below.
    let ambient = 0.42 + 0.14 * hit.normal.y
    // The floor takes light away from what is close to it.
    let contact = 1 - 0.30 * exp(-point.y / 0.35) * (1 - max(0, hit.normal.y))
    let halfway = normalized(light - ray)
    let highlight = pow(max(0, dot(hit.normal, halfway)), 40) * 0.28
    return [0, 0, min(1, (ambient + 0.55 * facing) * contact), highlight]
  }

  private func wallShade(_ point: Vector, isLeft: Bool) -> Double {
    let normal: Vector = [isLeft ? Self.diagonal : -Self.diagonal, 0, Self.diagonal]
    let facing = max(0, dot(normal, light))
    let cornerDistance = length([point.x, 0, point.z + halfDiagonal])
    let corner = 1 - 0.22 * exp(-cornerDistance / 1.2)
    let foot = 1 - 0.25 * exp(-point.y / 0.7)
    return min(1, (0.62 + 0.42 * facing) * corner * foot)
  }

  private func floorShade(_ point: Vector) -> Double {
    // Distances to both walls, along their normals.
    let left = (halfDiagonal + point.x + point.z) * Self.diagonal
    let right = (halfDiagonal - point.x + point.z) * Self.diagonal
    let edges = (1 - 0.22 * exp(-left / 0.8)) * (1 - 0.22 * exp(-right / 0.8))
    // Contact shadow: how much of the sky the object hides from the floor.
    let gap = max(0, object.distance(to: point))
    let contact = 1 - 0.45 * exp(-gap / 0.28)
    let reach = 1 - 0.012 * dot(point, point).squareRoot()
    return min(1, (0.36 + 0.60 * lightShare(point)) * edges * contact * reach)
  }

  /// The share of a broad light that reaches a point of the floor past the object, by marching
  /// towards the light and remembering how narrowly the object was passed.
  private func lightShare(_ point: Vector) -> Double {
    var share = 1.0
    var travelled = 0.02
    // Six units along the light is above every object.
    while travelled < 6 {
      let gap = object.distance(to: point + travelled * light)
      share = min(share, 0.5 + 0.5 * gap / (0.16 * travelled))
      if share <= 0 { return 0 }
      travelled += max(0.03, Swift.abs(gap) * 0.8)
    }
    return share * share * (3 - 2 * share)
  }
}
