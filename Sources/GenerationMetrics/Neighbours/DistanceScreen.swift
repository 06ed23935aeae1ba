import BenchSupport
import Glibc
import LinearAlgebra

/// How neighbours are searched for; the results are the same.
package enum NeighbourSearch {
  /// Whether distances are first bounded by those of rows rounded to bytes, where the processor is fast at
  /// that.
  @TaskLocal package static var usesBytes = true
}

/// One set prepared for blocks of approximate squared distances with a proven error bound.
///
/// A tile of two blocks holds a number for every pair, from which a factor and a term of either row make a
/// lower and an upper bound on the squared distance, in units of the screen. Comparisons that the bounds
/// leave open are settled in double precision from the original features, so results are those of double
/// precision.
///
/// In single precision the number is `u·v` of features centred on `centre` and scaled by a power of two so
/// that no norm exceeds 1: `‖u − v‖² = ‖u‖² + ‖v‖² − 2 u·v`. With `D` features and `ε = 2⁻²⁴`, rounding the
/// centred features, the dot product and the sums moves the result by at most
/// `(D + 16) ε (‖u‖² + ‖v‖²)`, plus what underflow can add.
///
/// Where the processor multiplies bytes, the number is the squared distance `q²` of the rows rounded to bytes,
/// which lie `e` off together: the distance is within `q ± e`, and `2 q e ≤ δ q² + e² / δ` for any `δ`.
struct DistanceScreen: Sendable {
  let features: Matrix<Float>
  /// What the number of a pair is multiplied by for the bounds.
  let lowerFactor: Float
  let upperFactor: Float
  /// What a row adds to the bounds.
  let lowerTerms: [Float]
  let upperTerms: [Float]
  /// The factor from squared distances of the features to those of the screen.
  let squareScale: Double
  private let bytes: QuantisedRows?
  private let centre: [Float]
  /// The power of two that features are multiplied by.
  private let scale: Float

  var count: Int { features.rowCount }
  var width: Int { features.columnCount }

  /// Prepares several sets with one centre and one scale, so that they can be compared.
  static func prepare(_ sets: [Matrix<Float>]) -> [DistanceScreen] {
    let centre = centre(of: sets)
    let norms = sets.map { squaredNorms($0, about: centre) }
    // For a few rows the preparation costs more than it saves.
    if NeighbourSearch.usesBytes, sets.allSatisfy({ $0.rowCount >= 256 }),
      let bytes = QuantisedRows.prepare(sets)
    {
      let spread = norms.joined().reduce(0, +) / Double(norms.joined().count)
      let errors = bytes.flatMap(\.errors)
      let meanError = errors.reduce(0, +) / Double(errors.count)
      // Tightest where a distance is about that of near neighbours, some 0.8 of the mean distance.
      let share = 2 * meanError / (0.8 * (2 * spread).squareRoot())
      // Features of very different sizes leave bytes too coarse to tell neighbours.
      if share < 0.1 {
        return zip(sets, bytes).map {
          DistanceScreen(features: $0, bytes: $1, share: max(1e-3, share))
        }
      }
    }
    let largest = norms.joined().reduce(0, max)
    // Half a step of head-room in the exponent; a set of equal features needs no scale.
    let exponent = largest > 0 && largest.isFinite ? -(largest.exponent / 2 + 1) : 0
    let scale = Float(sign: .plus, exponent: Int(max(-126, min(126, exponent))), significand: 1)
    return zip(sets, norms).map { features, norms in
      DistanceScreen(features: features, centre: centre, norms: norms, scale: scale)
    }
  }

  private init(features: Matrix<Float>, centre: [Float], norms: [Double], scale: Float) {
    self.features = features
    self.centre = centre
    self.scale = scale
    bytes = nil
    lowerFactor = -2
    upperFactor = -2
    let relativeError = Double(features.columnCount + 16) * 0x1p-24
    // Products below the smallest normal number are lost: at most one such amount per feature.
    let absoluteError = Double(features.columnCount + 16) * 0x1p-126
    let factor = Double(scale) * Double(scale)
    squareScale = factor
    lowerTerms = norms.map { Float($0 * factor * (1 - relativeError) - absoluteError).nextDown }
    upperTerms = norms.map { Float($0 * factor * (1 + relativeError) + absoluteError).nextUp }
  }

  /// Bounds from bytes; `share` is the `δ` of the type's description.
  private init(features: Matrix<Float>, bytes: QuantisedRows, share: Double) {
    self.features = features
    self.bytes = bytes
    centre = []
    scale = 1
    let factor = 1 / (bytes.step * bytes.step)
    squareScale = factor
    // A millionth for the rounding of the number, the terms and their sum.
    lowerFactor = Float((1 - share) * (1 - 1e-6))
    upperFactor = Float((1 + share) * (1 + 1e-6))
    // (e + f)² ≤ 2 e² + 2 f².
    let squares = bytes.errors.map { 2 * $0 * $0 * factor * (1 + 1e-6) }
    lowerTerms = squares.map { Float(-$0 * (1 / share - 1) - 1e-6).nextDown }
    upperTerms = squares.map { Float($0 * (1 + 1 / share) + 1e-6).nextUp }
  }

  /// Puts rows of this set where ``fill(_:_:to:_:)`` wants them.
  func load(_ rows: Range<Int>, into scratch: borrowing TileScratch) {
    if bytes == nil { pack(rows, into: scratch.first) }
  }

  /// Fills a tile with the numbers of all pairs of loaded rows of this set and rows of another.
  ///
  /// - Parameters:
  ///   - scratch: The tile; the rows are loaded.
  ///   - rows: The rows that are loaded.
  ///   - other: The other set, prepared together with this one.
  ///   - columns: Rows of the other set, from a block's start.
  /// - Throws: `LinearAlgebraError` if OpenBLAS is missing.
  func fill(
    _ scratch: borrowing TileScratch, _ rows: Range<Int>, to other: DistanceScreen,
    _ columns: Range<Int>
  ) throws(LinearAlgebraError) {
    if let bytes, let others = other.bytes {
      guard let target = scratch.products.baseAddress else { return }
      bytes.squares(rows, to: others, columns, into: target)
    } else {
      other.pack(columns, into: scratch.second)
      try scratch.multiply(rowCount: rows.count, columnCount: columns.count)
    }
  }

  /// The centred and scaled features of some rows.
  private func pack(_ rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
    let width = width
    features.elements.withUnsafeBufferPointer { source in
      centre.withUnsafeBufferPointer { centre in
        for row in 0..<rows.count {
          let from = (rows.lowerBound + row) * width
          let to = row * width
          for column in 0..<width {
            target[to + column] = (source[from + column] - centre[column]) * scale
          }
        }
      }
    }
  }

  /// The squared distance in double precision between a row here and a row of another set, in the
  /// features' own units; bit for bit the same in either direction.
  func exactSquare(_ row: Int, to other: DistanceScreen, _ otherRow: Int) -> Double {
    let width = width
    return features.elements.withUnsafeBufferPointer { first in
      other.features.elements.withUnsafeBufferPointer { second in
        var sums = SIMD8<Double>.zero
        let a = row * width
        let b = otherRow * width
        var column = 0
        while column + 8 <= width {
          let difference =
            SIMD8<Double>(load8(first, a + column)) - SIMD8<Double>(load8(second, b + column))
          sums += difference * difference
          column += 8
        }
        var rest = 0.0
        while column < width {
          let difference = Double(first[a + column]) - Double(second[b + column])
          rest += difference * difference
          column += 1
        }
        return sums.sum() + rest
      }
    }
  }

  private static func centre(of sets: [Matrix<Float>]) -> [Float] {
    let total = sets.reduce(0) { $0 + $1.rowCount }
    var centre = [Double](repeating: 0, count: sets.first?.columnCount ?? 0)
    for set in sets where set.rowCount > 0 {
      let mean = columnMeans(set)
      for column in mean.indices {
        centre[column] += mean[column] * Double(set.rowCount) / Double(total)
      }
    }
    return centre.map { Float($0) }
  }

  private static func squaredNorms(_ features: Matrix<Float>, about centre: [Float]) -> [Double] {
    let width = features.columnCount
    return features.elements.withUnsafeBufferPointer { elements in
      centre.withUnsafeBufferPointer { centre in
        (0..<features.rowCount).map { row in
          var sum = 0.0
          for column in 0..<width {
            let difference = Double(elements[row * width + column]) - Double(centre[column])
            sum += difference * difference
          }
          return sum
        }
      }
    }
  }
}

/// Eight neighbouring numbers.
@inline(__always)
func load8(_ buffer: UnsafeBufferPointer<Float>, _ index: Int) -> SIMD8<Float> {
  UnsafeRawBufferPointer(buffer).loadUnaligned(
    fromByteOffset: index * MemoryLayout<Float>.stride, as: SIMD8<Float>.self)
}

/// Scratch memory of one thread: two packed blocks and the products between them.
struct TileScratch: ~Copyable {
  let first: UnsafeMutablePointer<Float>
  let second: UnsafeMutablePointer<Float>
  /// Dot products or squared distances, `[row of the first block, row of the second block]`.
  let products: UnsafeMutableBufferPointer<Float>
  private let blockSize: Int
  private let width: Int

  init(blockSize: Int, width: Int) {
    self.blockSize = blockSize
    self.width = width
    first = .allocate(capacity: blockSize * width)
    second = .allocate(capacity: blockSize * width)
    products = .allocate(capacity: blockSize * blockSize)
  }

  deinit {
    first.deallocate()
    second.deallocate()
    products.deallocate()
  }

  /// Fills ``products`` with the dot products between two packed blocks.
  func multiply(rowCount: Int, columnCount: Int) throws(LinearAlgebraError) {
    guard let target = products.baseAddress, rowCount > 0, columnCount > 0, width > 0 else {
      return
    }
    try Float.gemm(
      transposeA: false, transposeB: true, m: rowCount, n: columnCount, k: width, alpha: 1,
      a: first, strideA: width, b: second, strideB: width, beta: 0, c: target,
      strideC: columnCount)
  }
}

/// The rows of a set cut into blocks: a few per thread, but no larger than a cache likes.
struct Blocks: Sendable {
  let count: Int
  let size: Int
  private let rowCount: Int

  init(rowCount: Int) {
    self.rowCount = rowCount
    let wanted = (rowCount + 4 * Parallel.threadCount - 1) / (4 * Parallel.threadCount)
    // Whole panels of bytes, see QuantisedRows.
    size = max(64, min(512, (wanted + 63) / 64 * 64))
    count = (rowCount + size - 1) / size
  }

  subscript(index: Int) -> Range<Int> { index * size..<min(rowCount, (index + 1) * size) }
}
