import BenchSupport
internal import COpenBLAS

/// The BLAS and LAPACK library behind this module.
public enum OpenBLAS {
  /// The library's description of its build: version, kernel, largest number of threads.
  ///
  /// - Throws: ``LinearAlgebraError/libraryMissing(reason:)``.
  public static func configuration() throws(LinearAlgebraError) -> String {
    try load()
    return openblas_configuration().map { String(cString: $0) } ?? ""
  }

  /// Runs `body` with as many BLAS threads as `Parallel.threadCount` allows here.
  static func run<Result>(_ body: () -> Result) throws(LinearAlgebraError) -> Result {
    try load()
    openblas_begin(Int32(clamping: max(1, Parallel.threadCount)))
    defer { openblas_end() }
    return body()
  }

  private static func load() throws(LinearAlgebraError) {
    if let reason = openblas_load() { throw .libraryMissing(reason: String(cString: reason)) }
  }
}

/// Sizes as LAPACK takes them.
struct Sizes {
  let rowCount: Int32
  let columnCount: Int32

  init(_ operation: String, _ rowCount: Int, _ columnCount: Int) throws(LinearAlgebraError) {
    guard let rows = Int32(exactly: rowCount), let columns = Int32(exactly: columnCount) else {
      throw .tooLarge(operation: operation, rowCount: rowCount, columnCount: columnCount)
    }
    self.rowCount = rows
    self.columnCount = columns
  }
}

extension Matrix where Scalar: BLASScalar {
  /// Throws if an element is NaN or infinite.
  package func requireFinite(_ operation: String) throws(LinearAlgebraError) {
    guard let place = Scalar.firstNonFinite(in: elements) else { return }
    throw .notFinite(
      operation: operation, row: place / columnCount, column: place % columnCount)
  }
}
