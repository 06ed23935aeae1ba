import Glibc

/// NumPy's legacy `RandomState`, bit for bit, so that the reference metrics' draws can be replayed.
///
/// MT19937 seeded by `init_genrand`; the draws follow numpy 2.4's `RandomState` methods of the
/// same names, which are frozen by numpy's compatibility policy.
public struct NumPyRandom: RandomNumberGenerator, Sendable {
  private var state: [UInt32]
  /// The words of the current state as they are given out.
  private var words: [UInt32]
  private var index = 624
  private var cachedNormal: Double?

  /// `RandomState(seed)`.
  public init(seed: UInt32) {
    state = [UInt32](repeating: seed, count: 624)
    words = state
    for position in 1..<624 {
      let previous = state[position - 1]
      state[position] = 1_812_433_253 &* (previous ^ (previous >> 30)) &+ UInt32(position)
    }
  }

  /// The next 32-bit word.
  public mutating func nextWord() -> UInt32 {
    if index == 624 { refill() }
    index += 1
    return words[index - 1]
  }

  /// The next 64 bits, the first word drawn on top.
  public mutating func next() -> UInt64 {
    let high = UInt64(nextWord())
    return high << 32 | UInt64(nextWord())
  }

  /// `randint(bound)`: a uniform integer in `0..<bound`; a bound of 1 draws nothing.
  public mutating func randint(_ bound: Int) -> Int {
    precondition(bound > 0, "bound \(bound) must be positive")
    return Int(interval(UInt64(bound - 1)))
  }

  /// `randint(bound, size=count)`.
  public mutating func randint(_ bound: Int, count: Int) -> [Int] {
    (0..<count).map { _ in randint(bound) }
  }

  /// `randint(bound, size=output.count)`, for bounds that fit 32 bits.
  package mutating func randint(_ bound: Int, into output: UnsafeMutableBufferPointer<UInt32>) {
    precondition(bound > 0 && bound <= Int(Int32.max), "bound \(bound)")
    guard bound > 1 else {
      output.update(repeating: 0)
      return
    }
    let largest = UInt32(bound - 1)
    let mask = UInt32.max >> UInt32(largest.leadingZeroBitCount)
    var produced = 0
    while produced < output.count {
      if index == 624 { refill() }
      let available = 624 - index
      index += words.withUnsafeBufferPointer { words in
        var used = 0
        // A rejected word is overwritten by the next one: no branch to mispredict.
        while used < available && produced < output.count {
          let word = words[index + used] & mask
          output[produced] = word
          produced += word <= largest ? 1 : 0
          used += 1
        }
        return used
      }
    }
  }

  /// `random_sample()`: a uniform number in [0, 1) with 53 random bits.
  public mutating func randomSample() -> Double {
    let high = Double(nextWord() >> 5)
    let low = Double(nextWord() >> 6)
    return (high * 67_108_864 + low) / 9_007_199_254_740_992
  }

  /// `randn()`: a standard normal draw by the polar method, of which every second one is cached.
  public mutating func randn() -> Double {
    if let cached = cachedNormal {
      cachedNormal = nil
      return cached
    }
    while true {
      let first = 2 * randomSample() - 1
      let second = 2 * randomSample() - 1
      let square = first * first + second * second
      guard square < 1 && square != 0 else { continue }
      let scale = sqrt(-2 * log(square) / square)
      cachedNormal = scale * first
      return scale * second
    }
  }

  /// `randn(count)`.
  public mutating func randn(_ count: Int) -> [Double] { (0..<count).map { _ in randn() } }

  /// `shuffle(values)`.
  public mutating func shuffle<Element>(_ values: inout [Element]) {
    for position in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(position, Int(interval(UInt64(position))))
    }
  }

  /// `permutation(count)`.
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }

  /// `choice(population, count, replace=False)`.
  public mutating func choice(_ population: Int, _ count: Int) -> [Int] {
    precondition(count <= population, "\(count) of \(population) without replacement")
    return Array(permutation(population).prefix(count))
  }

  /// The fold of every sample in scikit-learn's `KFold(folds, shuffle=True, random_state=seed)`.
  public static func foldOfSample(_ count: Int, folds: Int, seed: UInt32) -> [Int] {
    var random = NumPyRandom(seed: seed)
    let order = random.permutation(count)
    var result = [Int](repeating: 0, count: count)
    var position = 0
    for fold in 0..<folds {
      for _ in 0..<(count / folds + (fold < count % folds ? 1 : 0)) {
        result[order[position]] = fold
        position += 1
      }
    }
    return result
  }

  // MARK: - Words

  /// A uniform integer in `0...largest`: words under the smallest covering mask, larger ones
  /// rejected.
  private mutating func interval(_ largest: UInt64) -> UInt64 {
    guard largest > 0 else { return 0 }
    let mask = UInt64.max >> UInt64(largest.leadingZeroBitCount)
    while true {
      let word = largest <= 0xFFFF_FFFF ? UInt64(nextWord()) : next()
      if word & mask <= largest { return word & mask }
    }
  }

  private mutating func refill() {
    state.withUnsafeMutableBufferPointer { state in
      func twist(_ upper: UInt32, _ lower: UInt32) -> UInt32 {
        let mixed = (upper & 0x8000_0000) | (lower & 0x7FFF_FFFF)
        return (mixed >> 1) ^ (lower & 1 == 0 ? 0 : 0x9908_B0DF)
      }
      for position in 0..<227 {
        state[position] = state[position + 397] ^ twist(state[position], state[position + 1])
      }
      for position in 227..<623 {
        state[position] = state[position - 227] ^ twist(state[position], state[position + 1])
      }
      state[623] = state[396] ^ twist(state[623], state[0])
      words.withUnsafeMutableBufferPointer { words in
        for position in 0..<624 {
          var word = state[position]
          word ^= word >> 11
          word ^= (word << 7) & 0x9D2C_5680
          word ^= (word << 15) & 0xEFC6_0000
          words[position] = word ^ (word >> 18)
        }
      }
    }
    index = 0
  }
}
