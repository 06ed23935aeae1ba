import Glibc

/// torch's generator on the CPU, `torch.Generator().manual_seed(seed)`, so that what the reference
/// programs draw can be replayed.
///
/// MT19937 with the seeding of NumPy's `RandomState`; the draws follow `randperm_cpu` and `normal_fill`
/// of ATen. Normal draws agree to the rounding of logarithm and cosine.
public struct TorchRandom: Sendable {
  private var words: NumPyRandom

  /// `torch.Generator().manual_seed(seed)`.
  ///
  /// - Parameter seed: The seed; torch uses its lower 32 bits.
  public init(seed: UInt32) { words = NumPyRandom(seed: seed) }

  /// `torch.randperm(count, generator=…)`, of fewer than 2³² / 20 numbers.
  ///
  /// - Parameter count: How many.
  /// - Returns: The numbers `0..<count` in random order.
  public mutating func permutation(_ count: Int) -> [Int] {
    precondition(count < Int(UInt32.max) / 20, "a permutation of \(count)")
    var order = Array(0..<count)
    for index in 0..<max(0, count - 1) {
      order.swapAt(index, index + Int(words.nextWord()) % (count - index))
    }
    return order
  }

  /// `torch.randn(count, generator=…)` in single precision, of at least 16 numbers: fewer are drawn in
  /// another way there.
  ///
  /// - Parameter count: How many, of all axes together.
  /// - Returns: Standard normal draws.
  public mutating func normals(_ count: Int) -> [Float] {
    precondition(count >= 16, "\(count) normal draws")
    var values = (0..<count).map { _ in uniform() }
    for start in stride(from: 0, through: count - 16, by: 16) { Self.transform(&values, start) }
    if count % 16 != 0 {
      // The last sixteen are drawn again.
      for index in count - 16..<count { values[index] = uniform() }
      Self.transform(&values, count - 16)
    }
    return values
  }

  /// A number in [0, 1) with 24 random bits.
  private mutating func uniform() -> Float {
    Float(words.nextWord() & 0xFF_FFFF) * 0x1p-24
  }

  /// The Box–Muller transform of sixteen uniform draws, the first eight of which give the radii.
  private static func transform(_ values: inout [Float], _ start: Int) {
    for index in start..<start + 8 {
      let radius = sqrt(-2 * log(1 - values[index]))
      let angle = 2 * Float.pi * values[index + 8]
      values[index] = radius * cos(angle)
      values[index + 8] = radius * sin(angle)
    }
  }
}
