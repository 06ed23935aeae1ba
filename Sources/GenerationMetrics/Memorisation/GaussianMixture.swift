import BenchSupport
import Glibc
import LinearAlgebra

/// Gaussians around given centres, each with a deviation of its own that is fitted to other samples.
///
/// `MoG` of the package fld: Adam on the logarithms of the variances, from the variance that is best for
/// the nearest sample; while fitting, a Gaussian around the samples' mean gives every sample some
/// likelihood.
struct GaussianMixture: Sendable {
  private let centres: Matrix<Double>
  /// The logarithm of each Gaussian's variance.
  private var logVariances: [Double]

  private static let rate = 0.5
  private static let epochCount = 50
  private static let batchSize = 10_000
  private static let originShare = 0.1

  /// Fits the variances.
  ///
  /// - Parameters:
  ///   - centres: One Gaussian each.
  ///   - rows: The samples whose likelihood is made largest, of as many features.
  ///   - order: A random order of so many places; the references shuffle once before the first step.
  /// - Throws: `LinearAlgebraError` if OpenBLAS is missing.
  init(
    centres: Matrix<Double>, fittedTo rows: Matrix<Double>, order: (Int) -> [Int]
  ) throws {
    self.centres = centres
    let width = Double(rows.columnCount)
    let order = order(rows.rowCount)
    let shuffled = Matrix(
      rowCount: rows.rowCount, columnCount: rows.columnCount,
      elements: order.flatMap { rows.row($0) })
    let squares = try SquaredDistances(from: shuffled, to: centres)
    logVariances = squares.nearestPerColumn().map { log(($0 + 1e-3) / width) }
    let mean = columnMeans(shuffled)
    let shrink = (1 - Self.originShare) * (1 - Self.originShare)
    let origin = (0..<shuffled.rowCount).map { row in
      zip(shuffled.row(row), mean).reduce(0.0) { sum, pair in
        sum + shrink * (pair.0 - pair.1) * (pair.0 - pair.1)
      }
    }
    fit(squares, origin, width)
  }

  /// Negative log-likelihoods per feature.
  ///
  /// - Parameter rows: Samples.
  /// - Returns: Their mean.
  /// - Throws: `LinearAlgebraError` if OpenBLAS is missing.
  func meanNegativeLogLikelihood(of rows: Matrix<Double>) throws -> Double {
    let squares = try SquaredDistances(from: rows, to: centres)
    let terms = terms(width: Double(rows.columnCount))
    let sums = Parallel.map(squares.blocks.count) { block in
      squares.blocks[block].reduce(0.0) { sum, row in
        squares.withRow(row) { squares in
          sum + logSum(squares, terms.precisions, terms.offsets, origin: nil).logarithm
        }
      }
    }
    return -sums.reduce(0, +) / Double(rows.rowCount) / Double(rows.columnCount)
  }

  // MARK: - Fit

  private mutating func fit(_ squares: SquaredDistances, _ origin: [Double], _ width: Double) {
    var originLogVariance = 0.0
    var optimizer = Adam(count: logVariances.count + 1, rate: Self.rate)
    var losses: [Double] = []
    for epoch in 0..<Self.epochCount {
      var epochLosses: [Double] = []
      for start in stride(from: 0, to: squares.rowCount, by: Self.batchSize) {
        let batch = start..<min(squares.rowCount, start + Self.batchSize)
        let (loss, all) = self.gradient(squares, batch, origin, originLogVariance, width)
        optimizer.step(
          &logVariances, all.dropLast(), &originLogVariance, all[logVariances.count])
        for index in logVariances.indices {
          logVariances[index] = min(40, max(-40, logVariances[index]))
        }
        epochLosses.append(loss)
      }
      let mean = epochLosses.reduce(0, +) / Double(epochLosses.count)
      losses.append(mean)
      if epoch > 5, losses.suffix(5).allSatisfy({ abs(mean - $0) < 5e-4 }) { break }
    }
  }

  /// The loss of some samples and its derivatives by the logarithms of the variances, the origin's last.
  private func gradient(
    _ squares: SquaredDistances, _ batch: Range<Int>, _ origin: [Double],
    _ originLogVariance: Double, _ width: Double
  ) -> (loss: Double, gradient: [Double]) {
    let count = logVariances.count
    let terms = terms(width: width)
    let originPrecision = -0.5 / exp(originLogVariance)
    let originOffset = -(width / 2) * (originLogVariance + log(2 * Double.pi))
    let size = 256
    let parts = Parallel.map((batch.count + size - 1) / size) { part -> (Double, [Double]) in
      let first = batch.lowerBound + part * size
      var sum = 0.0
      var gradient = [Double](repeating: 0, count: count + 1)
      var weights = [Double](repeating: 0, count: count)
      for row in first..<min(batch.upperBound, first + size) {
        let originTerm = originPrecision * origin[row] + originOffset
        squares.withRow(row) { squares in
          let total = logSum(
            squares, terms.precisions, terms.offsets, origin: originTerm, weights: &weights)
          sum += total.logarithm
          let scale = 1 / total.sum
          for index in 0..<count {
            // d log N / d log variance = ½ d² / variance − D / 2.
            let slope = -squares[index] * terms.precisions[index] - width / 2
            gradient[index] += weights[index] * scale * slope
          }
          gradient[count] +=
            exp(originTerm - total.logarithm) * (-origin[row] * originPrecision - width / 2)
        }
      }
      return (sum, gradient)
    }
    var total = 0.0
    var gradient = [Double](repeating: 0, count: count + 1)
    for (sum, part) in parts {
      total += sum
      for index in gradient.indices { gradient[index] += part[index] }
    }
    let scale = -1 / (Double(batch.count) * width)
    return (total * scale, gradient.map { $0 * scale })
  }

  /// Per Gaussian, what multiplies a squared distance and what is added, for its logarithm's share.
  private func terms(width: Double) -> (precisions: [Double], offsets: [Double]) {
    (
      logVariances.map { -0.5 / exp($0) },
      logVariances.map {
        -(width / 2) * ($0 + log(2 * Double.pi)) - log(Double(logVariances.count))
      }
    )
  }

  /// The logarithm of a sum of exponentials, and that sum relative to the largest of them.
  private func logSum(
    _ squares: UnsafeBufferPointer<Double>, _ precisions: [Double], _ offsets: [Double],
    origin: Double?
  ) -> (logarithm: Double, sum: Double) {
    var weights = [Double](repeating: 0, count: squares.count)
    return logSum(squares, precisions, offsets, origin: origin, weights: &weights)
  }

  /// The same; `weights` becomes the exponentials relative to the largest.
  private func logSum(
    _ squares: UnsafeBufferPointer<Double>, _ precisions: [Double], _ offsets: [Double],
    origin: Double?, weights: inout [Double]
  ) -> (logarithm: Double, sum: Double) {
    var largest = origin ?? -.infinity
    for index in squares.indices {
      weights[index] = squares[index] * precisions[index] + offsets[index]
      largest = max(largest, weights[index])
    }
    let sum = weights.withUnsafeMutableBufferPointer { weights in
      var sums = SIMD8<Double>.zero
      let raw = UnsafeMutableRawBufferPointer(weights)
      var index = 0
      while index + 8 <= weights.count {
        let values = exponential(
          raw.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self) - largest)
        raw.storeBytes(of: values, toByteOffset: 8 * index, as: SIMD8<Double>.self)
        sums += values
        index += 8
      }
      var rest = origin.map { exp($0 - largest) } ?? 0
      while index < weights.count {
        weights[index] = exp(weights[index] - largest)
        rest += weights[index]
        index += 1
      }
      return sums.sum() + rest
    }
    return (largest + log(sum), sum)
  }
}

/// Adam with torch's defaults.
private struct Adam {
  private let rate: Double
  private var means: [Double]
  private var squares: [Double]
  private var step = 0.0

  init(count: Int, rate: Double) {
    self.rate = rate
    means = Array(repeating: 0, count: count)
    squares = means
  }

  /// One step of all values and of one more.
  mutating func step(
    _ values: inout [Double], _ gradient: ArraySlice<Double>, _ last: inout Double,
    _ lastGradient: Double
  ) {
    step += 1
    for index in values.indices { values[index] -= change(index, gradient[index]) }
    last -= change(values.count, lastGradient)
  }

  private mutating func change(_ index: Int, _ slope: Double) -> Double {
    means[index] = 0.9 * means[index] + 0.1 * slope
    squares[index] = 0.999 * squares[index] + 0.001 * slope * slope
    let mean = means[index] / (1 - pow(0.9, step))
    let square = squares[index] / (1 - pow(0.999, step))
    return rate * mean / (square.squareRoot() + 1e-8)
  }
}

/// Squared distances between all rows of two matrices.
private struct SquaredDistances: Sendable {
  let rowCount: Int
  private let columnCount: Int
  private let elements: [Double]
  /// The rows cut into pieces of a fixed size.
  let blocks: [Range<Int>]

  init(from rows: Matrix<Double>, to columns: Matrix<Double>) throws {
    rowCount = rows.rowCount
    columnCount = columns.rowCount
    blocks = stride(from: 0, to: rows.rowCount, by: 256).map {
      $0..<min(rows.rowCount, $0 + 256)
    }
    func norms(_ matrix: Matrix<Double>) -> [Double] {
      (0..<matrix.rowCount).map { matrix.row($0).reduce(0) { $0 + $1 * $1 } }
    }
    let rowNorms = norms(rows)
    let columnNorms = norms(columns)
    let (width, count) = (rows.columnCount, columns.rowCount)
    let blocks = blocks
    elements = try Parallel.tryMap(blocks.count) { index -> [Double] in
      let block = blocks[index]
      var products = Matrix<Double>(rowCount: block.count, columnCount: count)
      try rows.elements.withUnsafeBufferPointer { elements in
        guard let first = elements.baseAddress else { return }
        try Double.gemm(
          transposeA: false, transposeB: true, m: block.count, n: count, k: width, alpha: 1,
          a: first + block.lowerBound * width, strideA: width, b: columns.elements, strideB: width,
          beta: 0, c: &products.elements, strideC: count)
      }
      return products.elements.enumerated().map { place, product in
        max(
          0, rowNorms[block.lowerBound + place / count] + columnNorms[place % count] - 2 * product)
      }
    }.flatMap { $0 }
  }

  /// The squared distances of one row.
  func withRow<Result>(_ row: Int, _ body: (UnsafeBufferPointer<Double>) -> Result) -> Result {
    elements.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[row * columnCount..<(row + 1) * columnCount]))
    }
  }

  /// The smallest of every column.
  func nearestPerColumn() -> [Double] {
    var least = [Double](repeating: .infinity, count: columnCount)
    for row in 0..<rowCount {
      withRow(row) { squares in
        for column in squares.indices { least[column] = min(least[column], squares[column]) }
      }
    }
    return least
  }
}
