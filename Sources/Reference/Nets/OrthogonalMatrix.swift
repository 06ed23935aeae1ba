package import Torch

/// A learned orthogonal matrix, exp(W − Wᵀ).
package struct OrthogonalMatrix {
  private static let halvings = 6
  private static let termCount = 10

  private let weight: Tensor

  /// Adds W, `[size, size]` and standard normal, to a scope.
  package init(_ scope: ParameterScope, size: Int) throws {
    weight = try scope.parameter("weight", shape: [size, size], .normal(1), decays: false)
  }

  /// The matrix.
  package func callAsFunction() throws -> Tensor {
    try withFullPrecision(on: weight.device) { try Self.rotation(weight) }
  }

  /// exp(W − Wᵀ), whose rows and columns are orthonormal.
  ///
  /// The tenth Taylor polynomial of the matrix over 2⁶, squared six times: libtorch's own exponential reads the
  /// matrix's norm back from its device to choose how often. For norms up to 64 the remainder is below rounding in
  /// single precision, and the matrices here start at 2√(2·size).
  ///
  /// - Parameter weight: W, `[size, size]`.
  /// - Returns: The same shape.
  /// - Throws: `TorchError`.
  package static func rotation(_ weight: Tensor) throws -> Tensor {
    let small = try (weight - weight.transposed(0, 1)) * (1 / Double(1 << halvings))
    let identity = try Tensor.identity(
      weight.shape[0], type: weight.dataType, device: weight.device)
    var result = identity
    for term in (1...termCount).reversed() {
      result = try identity + small.matmul(result) * (1 / Double(term))
    }
    for _ in 0..<halvings { result = try result.matmul(result) }
    return result
  }
}
