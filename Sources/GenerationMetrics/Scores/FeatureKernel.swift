import BenchSupport
import LinearAlgebra

/// A kernel on features, computed from the product of two rows about a mean.
enum FeatureKernel: Sendable, Equatable {
  /// `(x·y / D + 1)³`.
  case cubic
  /// `exp(−‖x − y‖² / 2σ²)`.
  case gaussian(bandwidth: Double)

  /// The sum of the kernel of one row with several.
  ///
  /// - Parameters:
  ///   - products: The products of the centred row with the centred others.
  ///   - count: How many others there are.
  ///   - rowTerm: The row's term, see ``CentredSet/terms``.
  ///   - columnTerms: The others' terms.
  ///   - width: Number of features.
  /// - Returns: The sum, accumulated in double precision.
  func sum(
    _ products: UnsafePointer<Float>, count: Int, rowTerm: Double,
    columnTerms: UnsafePointer<Double>, width: Int
  ) -> Double {
    switch self {
    case .cubic:
      let scale = 1 / Double(width)
      return Self.sum(products, count, rowTerm, columnTerms) { product in
        let base = product * scale + 1
        return base * base * base
      }
    case .gaussian(let bandwidth):
      // The terms make the product −‖x − y‖² / 2.
      let scale = 1 / (bandwidth * bandwidth)
      return Self.sum(products, count, rowTerm, columnTerms) { exponential($0 * scale) }
    }
  }

  @inline(__always)
  private static func sum(
    _ products: UnsafePointer<Float>, _ count: Int, _ rowTerm: Double,
    _ columnTerms: UnsafePointer<Double>, _ kernel: (SIMD8<Double>) -> SIMD8<Double>
  ) -> Double {
    let singles = UnsafeRawPointer(products)
    let doubles = UnsafeRawPointer(columnTerms)
    var total = SIMD8<Double>.zero
    var index = 0
    while index + 8 <= count {
      let product = singles.loadUnaligned(fromByteOffset: 4 * index, as: SIMD8<Float>.self)
      let terms = doubles.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self)
      total += kernel(SIMD8<Double>(product) + terms + rowTerm)
      index += 8
    }
    var rest = 0.0
    while index < count {
      let product = Double(products[index]) + columnTerms[index] + rowTerm
      rest += kernel(SIMD8(repeating: product))[0]
      index += 1
    }
    return total.sum() + rest
  }
}

/// Features and what is needed to form their kernels from products about a mean.
struct CentredSet: Sendable {
  /// What kernels are computed by.
  let kernel: FeatureKernel
  /// What a row adds to its products about the mean: `x·mean − mean·mean / 2` for the cubic kernel,
  /// which makes them `x·y`, and `−‖x − mean‖² / 2` for the Gaussian one, which makes them
  /// `−‖x − y‖² / 2`.
  let terms: [Double]

  private let features: Matrix<Float>
  private let mean: [Double]

  /// Number of rows.
  var count: Int { features.rowCount }
  /// Number of features.
  var width: Int { features.columnCount }

  /// Prepares a set.
  ///
  /// - Parameters:
  ///   - set: The features.
  ///   - mean: What products are formed about; one for all sets that are compared.
  ///   - kernel: What kernels are computed by.
  init(_ set: FeatureSet, mean: [Double], kernel: FeatureKernel) {
    self.kernel = kernel
    features = set.features
    self.mean = mean
    let halfNorm = mean.reduce(0) { $0 + $1 * $1 } / 2
    terms = (0..<set.count).map { index in
      let row = zip(set.features.row(index), mean)
      return switch kernel {
      case .cubic: row.reduce(-halfNorm) { $0 + Double($1.0) * $1.1 }
      case .gaussian:
        row.reduce(0) { sum, pair in
          // Of the rounded difference, as products are.
          let difference = Double(Float(Double(pair.0) - pair.1))
          return sum - difference * difference / 2
        }
      }
    }
  }

  /// Writes rows about the mean, in single precision, one after the other.
  func gather(_ rows: some Collection<Int>, into target: UnsafeMutablePointer<Float>) {
    features.elements.withUnsafeBufferPointer { source in
      mean.withUnsafeBufferPointer { mean in
        var to = 0
        for row in rows {
          let from = row * mean.count
          for column in 0..<mean.count {
            target[to + column] = Float(Double(source[from + column]) - mean[column])
          }
          to += mean.count
        }
      }
    }
  }
}
