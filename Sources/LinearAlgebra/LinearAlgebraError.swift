/// Why a linear-algebra computation has no result.
public enum LinearAlgebraError: Error, Equatable, CustomStringConvertible {
  /// OpenBLAS is not on this machine, or lacks a function.
  case libraryMissing(reason: String)
  /// A value of the input is NaN or infinite.
  case notFinite(operation: String, row: Int, column: Int)
  /// A matrix that must be positive definite is not.
  case notPositiveDefinite(operation: String, leadingMinor: Int)
  /// LAPACK's iteration did not end.
  case noConvergence(operation: String)
  /// A size does not fit the 32-bit integers of LAPACK's interface.
  case tooLarge(operation: String, rowCount: Int, columnCount: Int)

  /// One sentence that says what failed, where, and what to do.
  public var description: String {
    switch self {
    case .libraryMissing(let reason):
      "No linear algebra library can be loaded (\(reason)); install OpenBLAS (Debian: libopenblas0-pthread) and run again."
    case .notFinite(let operation, let row, let column):
      "\(operation): the element in row \(row), column \(column) is NaN or infinite; expected finite numbers."
    case .notPositiveDefinite(let operation, let leadingMinor):
      "\(operation): the matrix is not positive definite (its leading minor of order \(leadingMinor) is not positive)."
    case .noConvergence(let operation):
      "\(operation): LAPACK's iteration did not converge; the matrix is probably badly scaled."
    case .tooLarge(let operation, let rowCount, let columnCount):
      "\(operation): a \(rowCount)×\(columnCount) matrix exceeds LAPACK's 32-bit sizes; use a smaller one."
    }
  }
}
