import Glibc

/// Entropies of binary attributes and what they tell of each other, plug-in, in nats.
struct AttributeInformation {
  /// Entropy of each attribute.
  let entropies: [Double]
  /// For each attribute the largest share of its entropy that another one explains,
  /// `max_j I(i, j) / H(i)`; nil for an attribute with entropy 0.
  let reductions: [Double?]

  init(_ attributes: Attributes) {
    let sampleCount = attributes.sampleCount
    let bits = attributes.columns.map { packed($0) }
    let counts = bits.map { words in words.reduce(0) { $0 + $1.nonzeroBitCount } }
    var largest = [Double](repeating: 0, count: bits.count)
    for first in bits.indices {
      for second in first + 1..<max(first + 1, bits.count) {
        let both = zip(bits[first], bits[second]).reduce(0) {
          $0 + ($1.0 & $1.1).nonzeroBitCount
        }
        let information = mutualInformation(
          both: both, first: counts[first], second: counts[second], sampleCount: sampleCount)
        largest[first] = max(largest[first], information)
        largest[second] = max(largest[second], information)
      }
    }
    entropies = counts.map { entropy(counts: [$0, sampleCount - $0]) }
    reductions = zip(largest, entropies).map { $1 > 0 ? $0 / $1 : nil }
  }
}

/// One bit per sample.
private func packed(_ column: [UInt8]) -> [UInt64] {
  var words = [UInt64](repeating: 0, count: (column.count + 63) / 64)
  for (sample, value) in column.enumerated() {
    words[sample / 64] |= UInt64(value & 1) << UInt64(sample % 64)
  }
  return words
}

/// The information of two binary variables with the given numbers of ones.
private func mutualInformation(
  both: Int, first: Int, second: Int, sampleCount: Int
) -> Double {
  let total = Double(sampleCount)
  let cells = [
    (both, first, second), (first - both, first, sampleCount - second),
    (second - both, sampleCount - first, second),
    (sampleCount - first - second + both, sampleCount - first, sampleCount - second),
  ]
  return cells.reduce(0) { sum, cell in
    guard cell.0 > 0 else { return sum }
    let joint = Double(cell.0) / total
    return sum + joint * log(joint / (Double(cell.1) / total * (Double(cell.2) / total)))
  }
}
