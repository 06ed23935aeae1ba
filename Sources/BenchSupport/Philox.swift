/// A counter-based random generator: the same seed, stream and position always give the same bits.
///
/// Philox4x32-10 of *Parallel Random Numbers: As Easy as 1, 2, 3*, Salmon et al., SC 2011.
/// One generator per item, seeded from `(seed, stream: index)`, makes results independent of
/// batch size and thread count; saving ``position`` makes them resumable.
public struct Philox: RandomNumberGenerator, Sendable {
  /// The seed, shared by all streams of one run.
  public let seed: UInt64
  /// The stream, for instance the index of the sample the numbers are for.
  public let stream: UInt64
  /// How many 64-bit words have been drawn.
  public private(set) var position: UInt64
  private var second: UInt64 = 0

  /// Creates a generator that continues after `position` words of its stream.
  public init(seed: UInt64, stream: UInt64 = 0, position: UInt64 = 0) {
    self.seed = seed
    self.stream = stream
    self.position = position
    if position % 2 == 1 { second = block(position / 2).1 }
  }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    defer { position += 1 }
    if position % 2 == 1 { return second }
    let words = block(position / 2)
    second = words.1
    return words.0
  }

  private func block(_ index: UInt64) -> (UInt64, UInt64) {
    var counter = SIMD4<UInt32>(
      UInt32(truncatingIfNeeded: index), UInt32(truncatingIfNeeded: index >> 32),
      UInt32(truncatingIfNeeded: stream), UInt32(truncatingIfNeeded: stream >> 32))
    var key0 = UInt32(truncatingIfNeeded: seed)
    var key1 = UInt32(truncatingIfNeeded: seed >> 32)
    for _ in 0..<10 {
      let low = counter[0].multipliedFullWidth(by: 0xD251_1F53)
      let high = counter[2].multipliedFullWidth(by: 0xCD9E_8D57)
      counter = SIMD4(
        high.high ^ counter[1] ^ key0, high.low, low.high ^ counter[3] ^ key1, low.low)
      key0 &+= 0x9E37_79B9
      key1 &+= 0xBB67_AE85
    }
    return (
      UInt64(counter[0]) | UInt64(counter[1]) << 32, UInt64(counter[2]) | UInt64(counter[3]) << 32
    )
  }
}

/// Draws whose results never change with the standard library's version.
extension RandomNumberGenerator {
  /// A uniform draw from [0, 1) with 53 random bits.
  @inlinable
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A uniform integer in `0..<bound`, without modulo bias; `bound` is at least 1.
  @inlinable
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "bound \(bound) must be positive")
    let range = UInt64(bound)
    // Lemire's method: reject the few words that would make some values likelier.
    let threshold = (0 &- range) % range
    while true {
      let product = next().multipliedFullWidth(by: range)
      if product.low >= threshold { return Int(product.high) }
    }
  }

  /// A random order of `0..<count` (Fisher–Yates, from the end).
  @inlinable
  public mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, integer(below: index + 1))
    }
    return order
  }
}
