import LinearAlgebra
import Torch

/// Who does the convolutions and matrix products whose floating-point operations are counted.
package enum OperationCounter {
  /// libtorch.
  case tensors
  /// The BLAS of the metrics.
  case matrices

  /// The operations of `body`.
  ///
  /// - Parameter body: What is counted; nothing else may compute meanwhile.
  /// - Returns: The number of multiplications and additions.
  /// - Throws: Errors of `body`, `TorchError`.
  func count(_ body: () throws -> Void) throws -> Int {
    switch self {
    case .tensors: try Libtorch.operations(of: body)
    case .matrices: try OpenBLAS.operations(of: body)
    }
  }
}
