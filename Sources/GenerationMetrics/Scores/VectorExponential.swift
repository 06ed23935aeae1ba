/// `exp(x)` of eight numbers up to 700, to a few units in the last place; 0 far below.
///
/// `2ⁿ · exp(r)` with `r` within half of `ln 2` of 0, by the Taylor polynomial of degree 13.
///
/// - Parameter x: The exponents.
/// - Returns: The powers of e.
func exponential(_ x: SIMD8<Double>) -> SIMD8<Double> {
  let bounded = x.clamped(
    lowerBound: SIMD8(repeating: -708), upperBound: SIMD8(repeating: 700))
  // Adding 1.5 · 2⁵² leaves the nearest whole number in the last bits.
  let shifted = bounded * 1.4426950408889634 + 0x1.8p52
  let exponent = shifted - 0x1.8p52
  // ln 2 in two parts, the first so short that its product is exact.
  let rest = bounded - exponent * 0x1.62e42feep-1 - exponent * 0x1.a39ef35793c76p-33
  var sum = rest * (1 / 6_227_020_800.0) + 1 / 479_001_600.0
  sum = sum * rest + 1 / 39_916_800.0
  sum = sum * rest + 1 / 3_628_800.0
  sum = sum * rest + 1 / 362_880.0
  sum = sum * rest + 1 / 40_320.0
  sum = sum * rest + 1 / 5_040.0
  sum = sum * rest + 1 / 720.0
  sum = sum * rest + 1 / 120.0
  sum = sum * rest + 1 / 24.0
  sum = sum * rest + 1 / 6.0
  sum = sum * rest + 1 / 2.0
  sum = sum * rest + 1
  sum = sum * rest + 1
  let bits = unsafeBitCast(shifted, to: SIMD8<UInt64>.self) &<< 52
  let scale = unsafeBitCast(bits &+ 0x3FF0_0000_0000_0000, to: SIMD8<Double>.self)
  return (sum * scale).replacing(with: 0, where: x .< -708)
}
