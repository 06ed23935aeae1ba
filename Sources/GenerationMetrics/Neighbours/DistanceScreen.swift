import BenchSupport
import Glibc
import LinearAlgebra

/// One set prepared for blocks of approximate squared distances with a proven error bound.
///
/// `‖u − v‖² = ‖u‖² + ‖v‖² − 2 u·v` in single precision, of features centred on `centre` and scaled
/// by a power of two so that no norm exceeds 1. With `D` features and `ε = 2⁻²⁴`, rounding the
/// centred features, the dot product and the sums moves the result by at most
/// `(D + 16) ε (‖u‖² + ‖v‖²)`, plus what underflow can add. Comparisons that this leaves open are
/// settled in double precision from the original features, so results are those of double precision.
struct DistanceScreen: Sendable {
  let features: Matrix<Float>
  /// Lower and upper bounds on what a row contributes to a squared distance.
  let lowerNorms: [Float]
  let upperNorms: [Float]
  private let centre: [Float]
  /// The power of two that features are multiplied by.
  private let scale: Float

  /// The factor from squared distances of the features to those of the screen.
  var squareScale: Double { Double(scale) * Double(scale) }
  var count: Int { features.rowCount }
  var width: Int { features.columnCount }

  /// Prepares several sets with one centre and one scale, so that they can be compared.
  static func prepare(_ sets: [Matrix<Float>]) -> [DistanceScreen] {
    let centre = centre(of: sets)
    let norms = sets.map { squaredNorms($0, about: centre) }
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
    let relativeError = Double(features.columnCount + 16) * 0x1p-24
    // Products below the smallest normal number are lost: at most one such amount per feature.
    let absoluteError = Double(features.columnCount + 16) * 0x1p-126
    let factor = Double(scale) * Double(scale)
    lowerNorms = norms.map { Float($0 * factor * (1 - relativeError) - absoluteError).nextDown }
    upperNorms = norms.map { Float($0 * factor * (1 + relativeError) + absoluteError).nextUp }
  }

  /// The centred and scaled features of some rows.
  func pack(_ rows: Range<Int>, into target: UnsafeMutablePointer<Float>) {
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
  /// Dot products, `[row of the first block, row of the second block]`.
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
    size = max(16, min(512, wanted))
    count = (rowCount + size - 1) / size
  }

  subscript(index: Int) -> Range<Int> { index * size..<min(rowCount, (index + 1) * size) }
}
