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
  /// Shifted rows that do not fill a block yet.
  private var pending: [Double] = []
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
      let room = Self.blockRowCount - pending.count / max(1, width)
      let end = min(rows.rowCount, row + room)
      appendShifted(rows, row..<end)
      row = end
      if pending.count == Self.blockRowCount * width {
        try Self.accumulate(&pending, width: width, sums: &sums, products: &products)
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
    var rest = pending
    try Self.accumulate(&rest, width: width, sums: &sums, products: &covariance)
    let offsets = sums.map { $0 / Double(count) }
    let degrees = Double(divisor == .count ? count : count - 1)
    for row in 0..<width {
      for column in row..<width {
        let centred = covariance[row, column] - sums[row] * offsets[column]
        covariance[row, column] = centred / degrees
      }
      // A variance cannot be negative; of a constant column it is exactly zero.
      if covariance[row, row] < 0 { covariance[row, row] = 0 }
    }
    covariance.mirrorUpperTriangle()
    let mean = zip(shift, offsets).map { $0 + $1 }
    return FeatureStatistics(name: name, mean: mean, trustedCovariance: covariance, count: count)
  }

  private mutating func appendShifted<Scalar: BLASScalar>(
    _ rows: Matrix<Scalar>, _ range: Range<Int>
  ) {
    let start = pending.count
    let added = range.count * width
    let width = width
    pending.reserveCapacity(Self.blockRowCount * width)
    pending.append(contentsOf: repeatElement(0, count: added))
    pending.withUnsafeMutableBufferPointer { target in
      rows.elements.withUnsafeBufferPointer { source in
        shift.withUnsafeBufferPointer { shift in
          for row in 0..<range.count {
            let from = (range.lowerBound + row) * width
            let to = start + row * width
            for column in 0..<width {
              target[to + column] = Double(source[from + column]) - shift[column]
            }
          }
        }
      }
    }
  }

  /// Adds the pending rows to the sums and empties them.
  private static func accumulate(
    _ pending: inout [Double], width: Int, sums: inout [Double], products: inout Matrix<Double>
  ) throws(GenerationError) {
    guard !pending.isEmpty else { return }
    let rowCount = pending.count / width
    pending.withUnsafeBufferPointer { rows in
      sums.withUnsafeMutableBufferPointer { sums in
        for row in 0..<rowCount {
          for column in 0..<width { sums[column] += rows[row * width + column] }
        }
      }
    }
    try GenerationError.wrap { () throws(LinearAlgebraError) in
      try Double.syrk(
        transpose: true, n: width, k: rowCount, alpha: 1, a: pending, strideA: width, beta: 1,
        c: &products.elements, strideC: width)
    }
    pending.removeAll(keepingCapacity: true)
  }
}
