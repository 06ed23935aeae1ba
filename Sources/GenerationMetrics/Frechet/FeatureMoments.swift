import BenchSupport
public import LinearAlgebra

/// Mean and covariance gathered batch by batch in double precision.
///
/// Rows are shifted by the first row before they are multiplied, so large means cost no digits, and
/// are multiplied in blocks of a fixed size, so the result does not depend on the batch size.
/// Memory: two `width × width` matrices and one block.
public struct FeatureMoments: Sendable {
  /// Number of features per row.
  public let width: Int
  /// Number of rows so far.
  public private(set) var count = 0

  private let name: String
  private var shift: [Double] = []
  private var sums: [Double]
  /// The upper triangle of the sum of outer products of the shifted rows.
  private var products: Matrix<Double>
  /// Shifted rows that do not fill a block yet: the first `pendingRowCount` of the block.
  private var pending: Matrix<Double>
  private var pendingRowCount = 0
  private static let blockRowCount = 1024

  /// Starts without rows.
  ///
  /// - Parameters:
  ///   - name: What errors call the set.
  ///   - width: Number of features per row.
  public init(name: String, width: Int) {
    self.name = name
    self.width = width
    sums = Array(repeating: 0, count: width)
    products = Matrix(rowCount: width, columnCount: width)
    pending = Matrix(rowCount: Self.blockRowCount, columnCount: width)
  }

  /// Adds a batch of rows.
  ///
  /// - Throws: ``GenerationError/notFinite(set:array:row:column:)``, or that OpenBLAS is missing.
  public mutating func add<Scalar: BLASScalar>(
    _ rows: Matrix<Scalar>
  ) throws(GenerationError) {
    precondition(rows.columnCount == width, "\(rows.columnCount) features, expected \(width)")
    try GenerationError.requireFinite(rows, set: name)
    guard rows.rowCount > 0 else { return }
    if count == 0 { shift = rows.row(0).map { Double($0) } }
    count += rows.rowCount
    var row = 0
    while row < rows.rowCount {
      let end = min(rows.rowCount, row + Self.blockRowCount - pendingRowCount)
      appendShifted(rows, row..<end)
      row = end
      if pendingRowCount == Self.blockRowCount {
        try Self.accumulate(pending, Self.blockRowCount, sums: &sums, products: &products)
        pendingRowCount = 0
      }
    }
  }

  /// The statistics of the rows so far.
  ///
  /// - Parameter divisor: What sums of squares are divided by.
  /// - Returns: Mean and covariance.
  /// - Throws: ``GenerationError/tooFewSamples(set:found:needed:metric:)``.
  public func statistics(
    divisor: Covariance.Divisor = .countMinusOne
  ) throws(GenerationError) -> FeatureStatistics {
    let needed = divisor == .count ? 1 : 2
    guard count >= needed else {
      throw .tooFewSamples(set: name, found: count, needed: needed, metric: "a covariance")
    }
    var sums = sums
    var covariance = products
    try Self.accumulate(pending, pendingRowCount, sums: &sums, products: &covariance)
    let offsets = sums.map { $0 / Double(count) }
    let degrees = Double(divisor == .count ? count : count - 1)
    let width = width
    covariance.elements.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let elements = buffer
      Parallel.forEach(width) { [sums] row in
        for column in row..<width {
          let centred = elements[row * width + column] - sums[row] * offsets[column]
          elements[row * width + column] = centred / degrees
        }
        // A variance cannot be negative; of a constant column it is exactly zero.
        elements[row * width + row] = max(0, elements[row * width + row])
      }
    }
    covariance.mirrorUpperTriangle()
    let mean = zip(shift, offsets).map { $0 + $1 }
    return FeatureStatistics(name: name, mean: mean, trustedCovariance: covariance, count: count)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private mutating func appendShifted<Scalar: BLASScalar>(
    _ rows: Matrix<Scalar>, _ range: Range<Int>
  ) {
    let width = width
    let start = pendingRowCount
    pending.elements.withUnsafeMutableBufferPointer { buffer in
      nonisolated(unsafe) let target = buffer
      rows.elements.withUnsafeBufferPointer { buffer in
        nonisolated(unsafe) let source = buffer
        shift.withUnsafeBufferPointer { buffer in
          nonisolated(unsafe) let shift = buffer
          Parallel.forEach(range.count) { row in
            let from = (range.lowerBound + row) * width
            let to = (start + row) * width
            for column in 0..<width {
              target[to + column] = Double(source[from + column]) - shift[column]
            }
          }
        }
      }
    }
    pendingRowCount += range.count
  }

  /// Adds the first rows of a block to the sums.
  private static func accumulate(
    _ block: Matrix<Double>, _ rowCount: Int, sums: inout [Double], products: inout Matrix<Double>
  ) throws(GenerationError) {
    guard rowCount > 0 else { return }
    let width = block.columnCount
    let stripe = 256  // columns per thread at a time; every column is summed in the order of rows
    block.elements.withUnsafeBufferPointer { buffer in
      nonisolated(unsafe) let rows = buffer
      sums.withUnsafeMutableBufferPointer { buffer in
        nonisolated(unsafe) let sums = buffer
        Parallel.forEach((width + stripe - 1) / stripe) { index in
          let columns = index * stripe..<min(width, (index + 1) * stripe)
          for row in 0..<rowCount {
            for column in columns { sums[column] += rows[row * width + column] }
          }
        }
      }
    }
    try GenerationError.wrap { () throws(LinearAlgebraError) in
      try Double.syrk(
        transpose: true, n: width, k: rowCount, alpha: 1, a: block.elements, strideA: width,
        beta: 1, c: &products.elements, strideC: width)
    }
  }
}
