/// The permutations of NumPy's legacy `RandomState`, which the references draw their subsets with.
///
/// MT19937 seeded by `init_genrand`; `shuffle` walks from the end and draws its partner by masked
/// rejection. Both are frozen by NumPy's compatibility policy (NEP 19).
struct LegacyRandomState {
  private var words: [UInt32]
  private var position = 624

  /// `numpy.random.RandomState(seed)`.
  init(seed: UInt32) {
    words = [seed]
    for index in 1..<624 {
      let last = words[index - 1]
      words.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
    }
  }

  /// `permutation(count)`; its prefix of length `m` is `choice(count, m, replace=False)`.
  mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, Int(draw(upTo: UInt32(index))))
    }
    return order
  }

  private mutating func draw(upTo largest: UInt32) -> UInt32 {
    let mask = UInt32.max >> UInt32(largest.leadingZeroBitCount)
    while true {
      let candidate = next() & mask
      if candidate <= largest { return candidate }
    }
  }

  private mutating func next() -> UInt32 {
    if position == 624 { refill() }
    var word = words[position]
    position += 1
    word ^= word >> 11
    word ^= (word << 7) & 0x9D2C_5680
    word ^= (word << 15) & 0xEFC6_0000
    return word ^ (word >> 18)
  }

  private mutating func refill() {
    for index in 0..<624 {
      let joined =
        (words[index] & 0x8000_0000) | (words[(index + 1) % 624] & 0x7FFF_FFFF)
      words[index] =
        words[(index + 397) % 624] ^ (joined >> 1) ^ (joined & 1 == 0 ? 0 : 0x9908_B0DF)
    }
    position = 0
  }
}
