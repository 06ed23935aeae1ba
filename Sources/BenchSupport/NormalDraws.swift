import Glibc

/// Standard normal draws.
extension RandomNumberGenerator {
  /// One standard normal draw (Box–Muller, from two uniform draws).
  public mutating func normal() -> Double {
    // 1 − u lies in (0, 1], so the logarithm is finite.
    let radius = sqrt(-2 * log(1 - uniform()))
    return radius * cos(2 * .pi * uniform())
  }

  /// `count` standard normal draws, in `Float`.
  public mutating func normals(_ count: Int) -> [Float] {
    (0..<count).map { _ in Float(normal()) }
  }
}
