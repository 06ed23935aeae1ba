import BenchSupport
import LinearAlgebra

/// The kernel (inception) distance: the squared maximum mean discrepancy of two sets of features
/// under a cubic kernel, averaged over random subsets.
///
/// `k(x, y) = (x·y / D + 1)³`, the unbiased estimator (diagonals left out of the two inner terms)
/// of *Demystifying MMD GANs*, arXiv:1801.01401. Raw scale: papers print it times 100 or 1000. It
/// can be negative.
///
/// Products are formed in single precision of features centred on the reference mean, the terms
/// linear in the mean in double; kernels are summed in double.
public struct KernelDistance: Sendable, Equatable {
  /// Which published variant.
  public enum Variant: Sendable, Equatable {
    /// torch-fidelity: subsets drawn by NumPy's `RandomState`; both sets must hold a whole subset.
    case torchFidelity(seed: UInt32 = 2020)
    /// clean-fid and StyleGAN: subsets of at most the smaller set's size. The references do not
    /// seed them; here they come from Philox.
    case cleanFID(seed: UInt64 = 0)
    /// The unbiased estimate on all samples at once, without subsets.
    case allSamples
  }

  /// The mean over the subsets.
  public let value: Double
  /// The standard deviation over the subsets, divided by their number.
  public let standardDeviation: Double
  /// The value of each subset.
  public let subsetValues: [Double]
  /// How many samples of each set a subset holds.
  public let subsetSize: Int

  /// Computes the distance.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images.
  ///   - generated: Features of the generated images.
  ///   - variant: How subsets are drawn.
  ///   - subsetCount: Number of subsets.
  ///   - subsetSize: Samples of each set per subset; at least 2.
  /// - Throws: ``GenerationError`` if widths differ or a set is too small.
  public init(
    reference: FeatureSet, generated: FeatureSet, variant: Variant = .torchFidelity(),
    subsetCount: Int = 100, subsetSize: Int = 1000
  ) throws {
    try GenerationError.requireEqualWidth(reference, generated)
    guard subsetCount >= 1 else {
      throw GenerationError.invalidParameter(
        name: "the number of KID subsets", value: subsetCount, expected: "at least 1")
    }
    let first = CentredSet(reference, mean: columnMeans(reference.features))
    let second = CentredSet(generated, mean: first.mean)
    if variant == .allSamples {
      for set in [reference, generated] where set.count < 2 {
        throw GenerationError.tooFewSamples(
          set: set.name, found: set.count, needed: 2, metric: "the kernel distance")
      }
      value = try Self.discrepancy(first, second)
      standardDeviation = 0
      subsetValues = [value]
      self.subsetSize = max(reference.count, generated.count)
      return
    }
    var size = subsetSize
    if case .cleanFID = variant { size = min(size, reference.count, generated.count) }
    let needed = max(2, size)
    let possible = min(reference.count, generated.count)
    for set in [reference, generated] where set.count < needed {
      throw GenerationError.tooFewSamples(
        set: set.name, found: set.count, needed: needed,
        metric: "the kernel distance with subsets of \(needed)",
        remedy: possible < 2
          ? nil : "take smaller subsets (bench fid --kid-subset-size \(possible))")
    }
    let subsets = Self.subsets(
      variant, counts: (reference.count, generated.count), subsetCount: subsetCount, size: size)
    let values = try Parallel.tryMap(subsetCount) { index in
      try Self.discrepancy(first, subsets[index].0, second, subsets[index].1)
    }
    let mean = values.reduce(0, +) / Double(subsetCount)
    value = mean
    standardDeviation =
      (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(subsetCount)).squareRoot()
    subsetValues = values
    self.subsetSize = size
  }

  private static func subsets(
    _ variant: Variant, counts: (Int, Int), subsetCount: Int, size: Int
  ) -> [([Int], [Int])] {
    switch variant {
    case .torchFidelity(let seed):
      var random = NumPyRandom(seed: seed)
      return (0..<subsetCount).map { _ in
        let first = random.permutation(counts.0).prefix(size)
        return (Array(first), Array(random.permutation(counts.1).prefix(size)))
      }
    case .cleanFID(let seed):
      return (0..<subsetCount).map { index in
        var random = Philox(seed: seed, stream: UInt64(index))
        let first = random.permutation(of: counts.0).prefix(size)
        return (Array(first), Array(random.permutation(of: counts.1).prefix(size)))
      }
    case .allSamples: return []
    }
  }

  /// The unbiased squared discrepancy of whole sets, in blocks of rows.
  private static func discrepancy(_ first: CentredSet, _ second: CentredSet) throws -> Double {
    let inner = try [first, second].map { set in
      let blocks = Blocks(rowCount: set.count)
      let sums = try Parallel.tryMap(blocks.count) { row in
        let rows = set.subset(blocks[row])
        // Within one set every pair of blocks counts twice, a block with itself once.
        return try (row + 1..<blocks.count).reduce(try rows.kernelSum(with: nil)) { sum, column in
          sum + 2 * (try rows.kernelSum(with: set.subset(blocks[column])))
        }
      }
      return sums.reduce(0, +) / (Double(set.count) * Double(set.count - 1))
    }
    let blocks = Blocks(rowCount: first.count)
    let others = Blocks(rowCount: second.count)
    let cross = try Parallel.tryMap(blocks.count) { row in
      let rows = first.subset(blocks[row])
      return try (0..<others.count).reduce(0.0) { sum, column in
        sum + (try rows.kernelSum(with: second.subset(others[column])))
      }
    }
    return inner[0] + inner[1]
      - 2 * cross.reduce(0, +) / (Double(first.count) * Double(second.count))
  }

  /// The unbiased squared discrepancy of two equally large subsets.
  private static func discrepancy(
    _ first: CentredSet, _ firstRows: [Int], _ second: CentredSet, _ secondRows: [Int]
  ) throws(LinearAlgebraError) -> Double {
    let x = first.subset(firstRows)
    let y = second.subset(secondRows)
    let count = Double(firstRows.count)
    let inner = try x.kernelSum(with: nil) + y.kernelSum(with: nil)
    let cross = try x.kernelSum(with: y)
    return inner / (count * (count - 1)) - 2 * cross / (count * count)
  }
}

/// Features and what is needed to form their products about a mean.
private struct CentredSet: Sendable {
  let features: Matrix<Float>
  let mean: [Double]
  /// `x·mean − mean·mean / 2`, so that `x·y = (x − mean)·(y − mean) + offset(x) + offset(y)`.
  let offsets: [Double]

  var count: Int { offsets.count }

  init(_ set: FeatureSet, mean: [Double]) {
    features = set.features
    self.mean = mean
    let halfNorm = mean.reduce(0) { $0 + $1 * $1 } / 2
    offsets = (0..<set.count).map { row in
      zip(set.features.row(row), mean).reduce(-halfNorm) { $0 + Double($1.0) * $1.1 }
    }
  }

  /// The rows at `indices`, centred in single precision.
  func subset(_ indices: some Collection<Int>) -> CentredSubset {
    var rows = Matrix<Float>(rowCount: indices.count, columnCount: features.columnCount)
    for (row, index) in indices.enumerated() {
      for column in mean.indices {
        rows[row, column] = Float(Double(features[index, column]) - mean[column])
      }
    }
    return CentredSubset(rows: rows, offsets: indices.map { offsets[$0] })
  }
}

private struct CentredSubset {
  let rows: Matrix<Float>
  let offsets: [Double]

  /// The sum of the kernel over all pairs with `other`, or over all pairs of different rows of this
  /// set when `other` is nil.
  func kernelSum(with other: CentredSubset?) throws(LinearAlgebraError) -> Double {
    let products =
      if let other {
        try rows.multiplied(by: other.rows, transposingOther: true)
      } else {
        try rows.gram()
      }
    let width = Double(rows.columnCount)
    let columnOffsets = other?.offsets ?? offsets
    var total = 0.0
    for row in 0..<products.rowCount {
      var sum = 0.0
      for column in 0..<products.columnCount {
        let product = Double(products[row, column]) + offsets[row] + columnOffsets[column]
        let base = product / width + 1
        sum += base * base * base
      }
      if other == nil {
        let base = (Double(products[row, row]) + 2 * offsets[row]) / width + 1
        sum -= base * base * base
      }
      total += sum
    }
    return total
  }
}
