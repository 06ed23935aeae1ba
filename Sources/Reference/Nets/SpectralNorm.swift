package import Torch

/// Divides a weight by an estimate of its largest singular value.
///
/// Miyato et al., arXiv:1802.05957, with one power iteration from a stored vector u in every forward pass, which
/// ``advance()`` replaces once per training step, as InfoGAN-CR's code does (`gan/sn.py`). The iteration's vectors are
/// constants of the backward pass, as in the paper; that code lets gradients through them.
package struct SpectralNorm {
  private let weight: Tensor
  private let vector: Tensor

  /// Adds the stored vector to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where it lives.
  ///   - weight: The weight, whose first dimension counts outputs.
  /// - Throws: `TorchError`.
  package init(_ scope: ParameterScope, of weight: Tensor) throws {
    self.weight = weight
    vector = try scope.buffer(
      "u", Initializer.truncatedNormal(1).tensor(shape: [1, weight.shape[0]]))
  }

  /// The weight over its spectral norm, as estimated.
  package func normalized() throws -> Tensor {
    try weight / Self.estimate(weight, from: vector).norm
  }

  /// Stores the vector that the next step's iterations begin at.
  package func advance() throws {
    try withoutGradients { try vector.copyInPlace(Self.estimate(weight, from: vector).vector) }
  }

  /// One power iteration.
  ///
  /// - Parameters:
  ///   - weight: A weight, `[output, ...]`, taken as a matrix.
  ///   - vector: Where it begins, `[1, output]`.
  /// - Returns: σ, a scalar with the gradient that it has with both vectors fixed, and the output's vector after it.
  /// - Throws: `TorchError`.
  package static func estimate(
    _ weight: Tensor, from vector: Tensor
  ) throws -> (norm: Tensor, vector: Tensor) {
    try withFullPrecision(on: weight.device) {
      let matrix = try weight.flattened()  // [output, input]
      let (input, output) = try withoutGradients {
        let input = try unit(vector.matmul(matrix))
        return (input, try unit(input.matmul(matrix.transposed(0, 1))))
      }
      return (try (input.matmul(matrix.transposed(0, 1)) * output).sum(), output)
    }
  }

  private static func unit(_ row: Tensor) throws -> Tensor { try row / (row.norm() + 1e-12) }
}
