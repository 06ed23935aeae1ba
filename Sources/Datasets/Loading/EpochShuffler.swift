import BenchSupport

/// The order in which training sees the images: every image once per epoch, each epoch anew.
///
/// The image at a global position is a pure function of the seed and the position, computed by a
/// keyed permutation (a Feistel network with cycle walking), so training resumes from the position
/// alone, no order is stored, and loader threads cannot change it. Constant time and memory.
public struct EpochShuffler: Sendable, Equatable {
  /// Images per epoch.
  public let count: Int
  /// The seed of all epochs.
  public let seed: UInt64

  /// An order over `count` images, at least one.
  public init(count: Int, seed: UInt64) {
    precondition(count > 0, "an epoch of \(count) images")
    self.count = count
    self.seed = seed
  }

  /// The image at a position, which counts from 0 through all epochs.
  public func index(at position: Int) -> Int {
    var permutation = EpochPermutation(count: count, seed: seed, epoch: epoch(of: position))
    return permutation.index(at: position % count)
  }

  /// The images at `length` consecutive positions.
  public func indices(from position: Int, count length: Int) -> [Int] {
    var permutation = EpochPermutation(count: count, seed: seed, epoch: epoch(of: position))
    return (position..<position + length).map { place in
      if epoch(of: place) != permutation.epoch {
        permutation = EpochPermutation(count: count, seed: seed, epoch: epoch(of: place))
      }
      return permutation.index(at: place % count)
    }
  }

  /// The epoch that a position belongs to, from 0.
  public func epoch(of position: Int) -> Int {
    precondition(position >= 0, "position \(position)")
    return position / count
  }
}

/// One epoch's permutation of `0..<count`.
private struct EpochPermutation {
  let epoch: Int
  private let count: Int
  private let keys: [UInt64]
  private let lowBits: Int
  private let highBits: Int

  init(count: Int, seed: UInt64, epoch: Int) {
    self.count = count
    self.epoch = epoch
    var generator = Philox(seed: seed, stream: UInt64(epoch))
    // Ten rounds: what is known to suffice for small domains, with a margin.
    keys = (0..<10).map { _ in generator.next() }
    let bits = Int.bitWidth - (count - 1).leadingZeroBitCount
    lowBits = (bits + 1) / 2
    highBits = bits / 2
  }

  mutating func index(at offset: Int) -> Int {
    // The network permutes a power of two, at most twice `count`; leave it only inside the range.
    var value = offset
    repeat { value = permuted(value) } while value >= count
    return value
  }

  private func permuted(_ value: Int) -> Int {
    var low = UInt64(value) & mask(lowBits)
    var high = UInt64(value) >> UInt64(lowBits)
    for round in stride(from: 0, to: keys.count, by: 2) {
      high = (high ^ mixed(low ^ keys[round])) & mask(highBits)
      low = (low ^ mixed(high ^ keys[round + 1])) & mask(lowBits)
    }
    return Int(high << UInt64(lowBits) | low)
  }

  private func mask(_ bits: Int) -> UInt64 { (1 << UInt64(bits)) - 1 }

  /// The finaliser of SplitMix64: every output bit depends on every input bit.
  private func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
