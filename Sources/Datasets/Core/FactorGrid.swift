/// Numbers the combinations of factors, the last factor fastest.
public struct FactorGrid: Sendable, Equatable {
  /// How many values each factor takes.
  public let sizes: [Int]

  /// A grid of factors that take `sizes` values each.
  public init(sizes: [Int]) {
    self.sizes = sizes
  }

  /// The number of combinations.
  public var count: Int { sizes.reduce(1, *) }

  /// The combination of that number.
  public func factors(at index: Int) -> [Int] {
    precondition((0..<count).contains(index), "combination \(index) of \(count)")
    var factors = [Int](repeating: 0, count: sizes.count)
    var rest = index
    for axis in sizes.indices.reversed() {
      factors[axis] = rest % sizes[axis]
      rest /= sizes[axis]
    }
    return factors
  }

  /// The number of a combination.
  public func index(ofFactors factors: [Int]) -> Int {
    precondition(factors.count == sizes.count, "\(factors.count) factors of \(sizes.count)")
    var index = 0
    for (factor, size) in zip(factors, sizes) {
      precondition((0..<size).contains(factor), "factors \(factors) outside \(sizes)")
      index = index * size + factor
    }
    return index
  }
}
