import BenchSupport
internal import COpenBLAS
internal import CTorch
import FoundationEssentials
import Glibc
import Synchronization

/// The BLAS and LAPACK library behind this module: OpenBLAS, or where there is none, or
/// `BENCH_BLAS=libtorch` asks for it, the MKL that libtorch carries.
public enum OpenBLAS {
  /// What is loaded: OpenBLAS's description of its build (version, kernel, largest number of
  /// threads), or that it is libtorch's.
  ///
  /// - Throws: ``LinearAlgebraError/libraryMissing(reason:)``.
  public static func configuration() throws(LinearAlgebraError) -> String {
    try load()
    return openblas_configuration().map { String(cString: $0) } ?? ""
  }

  private static let operationCount = Atomic(0)

  /// The floating-point operations of matrix products in `body`, on whatever thread.
  ///
  /// A multiplication and an addition are two. Decompositions count nothing.
  ///
  /// - Parameter body: What is counted; what else is multiplied meanwhile counts as well.
  /// - Returns: The operations.
  /// - Throws: Errors of `body`.
  package static func operations<Failure: Error>(
    of body: () throws(Failure) -> Void
  ) throws(Failure) -> Int {
    let before = operationCount.load(ordering: .relaxed)
    try body()
    return operationCount.load(ordering: .relaxed) - before
  }

  /// Runs `body` with as many BLAS threads as `Parallel.threadCount` allows here.
  ///
  /// - Parameters:
  ///   - operations: The multiplications and additions of a matrix product, to be counted.
  ///   - body: The call.
  /// - Returns: What `body` does.
  /// - Throws: ``LinearAlgebraError/libraryMissing(reason:)``.
  static func run<Result>(operations: Int = 0, _ body: () -> Result) throws(LinearAlgebraError)
    -> Result
  {
    try load()
    operationCount.add(operations, ordering: .relaxed)
    openblas_begin(Int32(clamping: max(1, Parallel.threadCount)))
    defer { openblas_end() }
    return body()
  }

  private static func load() throws(LinearAlgebraError) {
    if let failure { throw .libraryMissing(reason: failure) }
  }

  /// Why neither library can be used; the first access loads one.
  private static let failure: String? = {
    var reasons: [String] = []
    if ProcessInfo.processInfo.environment["BENCH_BLAS"] != "libtorch" {
      guard let reason = openblas_load() else { return nil }
      reasons.append(String(cString: reason))
    }
    guard LibtorchLocation.isPresent else {
      reasons.append("there is no libtorch in \(LibtorchLocation.folder)")
      return reasons.joined(separator: "; ")
    }
    var message: UnsafeMutablePointer<CChar>?
    defer { free(message) }
    if let library = ct_open(LibtorchLocation.folder, &message) {
      guard let reason = openblas_load_libtorch(library) else { return nil }
      reasons.append(String(cString: reason))
    } else if let message {
      reasons.append(String(cString: message))
    }
    return reasons.joined(separator: "; ")
  }()
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
