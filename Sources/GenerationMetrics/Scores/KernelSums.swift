import BenchSupport
import LinearAlgebra

/// Sums of a kernel over all pairs of rows, in blocks of a fixed size: memory is a few blocks per
/// thread, and the result does not depend on the number of threads.
enum KernelSums {
  private static let blockSize = 256

  /// The sum over all ordered pairs of different rows of one set.
  ///
  /// - Parameter set: The rows.
  /// - Returns: Twice the sum over one triangle.
  /// - Throws: `LinearAlgebraError` if OpenBLAS is missing.
  static func withinSet(_ set: CentredSet) throws -> Double {
    let blocks = blocks(of: set)
    let sums = try Parallel.tryMap(blocks.count) { first in
      let scratch = TileScratch(blockSize: blockSize, width: set.width)
      set.gather(blocks[first], into: scratch.first)
      var total = 0.0
      for second in first..<blocks.count {
        set.gather(blocks[second], into: scratch.second)
        try scratch.multiply(rowCount: blocks[first].count, columnCount: blocks[second].count)
        for row in blocks[first] {
          // In a block with itself, each pair once.
          let columns = max(blocks[second].lowerBound, row + 1)..<blocks[second].upperBound
          total += sum(scratch, set, row, blocks[first], set, columns, blocks[second])
        }
      }
      return total
    }
    return 2 * sums.reduce(0, +)
  }

  /// The sum over all pairs of a row of one set and a row of another.
  ///
  /// - Parameters:
  ///   - first: Rows.
  ///   - second: Rows of as many features, about the same mean.
  /// - Returns: The sum.
  /// - Throws: `LinearAlgebraError` if OpenBLAS is missing.
  static func between(_ first: CentredSet, _ second: CentredSet) throws -> Double {
    let blocks = blocks(of: first)
    let others = self.blocks(of: second)
    let sums = try Parallel.tryMap(blocks.count) { index in
      let scratch = TileScratch(blockSize: blockSize, width: first.width)
      first.gather(blocks[index], into: scratch.first)
      var total = 0.0
      for other in others {
        second.gather(other, into: scratch.second)
        try scratch.multiply(rowCount: blocks[index].count, columnCount: other.count)
        for row in blocks[index] {
          total += sum(scratch, first, row, blocks[index], second, other, other)
        }
      }
      return total
    }
    return sums.reduce(0, +)
  }

  private static func blocks(of set: CentredSet) -> [Range<Int>] {
    stride(from: 0, to: set.count, by: blockSize).map { $0..<min(set.count, $0 + blockSize) }
  }

  /// The sum over some columns of one row of a tile.
  private static func sum(
    _ scratch: borrowing TileScratch, _ rows: CentredSet, _ row: Int, _ block: Range<Int>,
    _ others: CentredSet, _ columns: Range<Int>, _ tile: Range<Int>
  ) -> Double {
    guard !columns.isEmpty, let products = scratch.products.baseAddress else { return 0 }
    let start = (row - block.lowerBound) * tile.count + columns.lowerBound - tile.lowerBound
    return others.terms.withUnsafeBufferPointer { terms in
      guard let terms = terms.baseAddress else { return 0 }
      return rows.kernel.sum(
        products + start, count: columns.count, rowTerm: rows.terms[row],
        columnTerms: terms + columns.lowerBound, width: rows.width)
    }
  }
}

/// Memory for the unbiased squared discrepancies of subsets of one size.
struct SubsetScratch: ~Copyable {
  private let size: Int
  private let width: Int
  /// The rows of both subsets, one after the other.
  private let rows: UnsafeMutablePointer<Float>
  /// Their products with one another, the upper triangle.
  private let products: UnsafeMutablePointer<Float>

  /// Allocates it.
  ///
  /// - Parameters:
  ///   - size: Number of rows of either subset.
  ///   - width: Number of features.
  init(size: Int, width: Int) {
    self.size = size
    self.width = width
    rows = .allocate(capacity: 2 * size * width)
    products = .allocate(capacity: 4 * size * size)
    products.initialize(repeating: 0, count: 4 * size * size)
  }

  deinit {
    rows.deallocate()
    products.deallocate()
  }

  /// The unbiased squared discrepancy of two subsets.
  ///
  /// One symmetric product of all rows holds those within either subset and between them, each once.
  ///
  /// - Parameters:
  ///   - first: The set of the first subset.
  ///   - firstRows: Its rows.
  ///   - second: The set of the second subset.
  ///   - secondRows: Its rows.
  /// - Returns: The estimate; it may be negative.
  /// - Throws: `LinearAlgebraError` if OpenBLAS is missing.
  func discrepancy(
    _ first: CentredSet, _ firstRows: [Int], _ second: CentredSet, _ secondRows: [Int]
  ) throws(LinearAlgebraError) -> Double {
    first.gather(firstRows, into: rows)
    second.gather(secondRows, into: rows + size * width)
    try Float.syrk(
      transpose: false, n: 2 * size, k: width, alpha: 1, a: rows, strideA: width, beta: 0,
      c: products, strideC: 2 * size)
    let terms = firstRows.map { first.terms[$0] } + secondRows.map { second.terms[$0] }
    var inner = 0.0
    var cross = 0.0
    for row in 0..<2 * size {
      let own = row + 1..<(row < size ? size : 2 * size)
      inner += sum(first.kernel, row, own, terms)
      if row < size { cross += sum(first.kernel, row, size..<2 * size, terms) }
    }
    let count = Double(size)
    return 2 * inner / (count * (count - 1)) - 2 * cross / (count * count)
  }

  private func sum(
    _ kernel: FeatureKernel, _ row: Int, _ columns: Range<Int>, _ terms: [Double]
  ) -> Double {
    terms.withUnsafeBufferPointer { all in
      guard !columns.isEmpty, let start = all.baseAddress else { return 0 }
      return kernel.sum(
        products + (row * 2 * size + columns.lowerBound), count: columns.count,
        rowTerm: terms[row], columnTerms: start + columns.lowerBound, width: width)
    }
  }
}
