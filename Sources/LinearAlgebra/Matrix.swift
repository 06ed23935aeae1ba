/// A dense matrix in row-major order: for codes and features, one row per sample.
public struct Matrix<Scalar: BinaryFloatingPoint & Sendable>: Sendable, Equatable {
  /// Number of rows.
  public let rowCount: Int
  /// Number of columns.
  public let columnCount: Int
  /// The elements, row after row; `rowCount * columnCount` of them.
  public var elements: [Scalar]

  /// Wraps row-major elements.
  @inlinable
  public init(rowCount: Int, columnCount: Int, elements: [Scalar]) {
    precondition(
      elements.count == rowCount * columnCount,
      "\(elements.count) elements for a \(rowCount)×\(columnCount) matrix")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.elements = elements
  }

  /// A matrix with one value everywhere.
  @inlinable
  public init(rowCount: Int, columnCount: Int, repeating value: Scalar = 0) {
    self.init(
      rowCount: rowCount, columnCount: columnCount,
      elements: Array(repeating: value, count: rowCount * columnCount))
  }

  /// The element in a row and a column.
  @inlinable
  public subscript(_ row: Int, _ column: Int) -> Scalar {
    get { elements[row * columnCount + column] }
    set { elements[row * columnCount + column] = newValue }
  }

  /// One column, copied.
  @inlinable
  public func column(_ index: Int) -> [Scalar] {
    (0..<rowCount).map { elements[$0 * columnCount + index] }
  }

  /// One row, without copying.
  @inlinable
  public func row(_ index: Int) -> ArraySlice<Scalar> {
    elements[index * columnCount..<(index + 1) * columnCount]
  }
}
