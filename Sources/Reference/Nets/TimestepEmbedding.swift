import Glibc
package import Torch

/// The embedding of a diffusion step: cosines and sines at angular frequencies from 1 down to 10⁻⁴, then two layers
/// with SiLU, as ADM has it (Dhariwal & Nichol, arXiv:2105.05233).
package struct TimestepEmbedding {
  /// Number of output features.
  package let width: Int
  private let frequencies: Tensor
  private let layers: [Linear]

  /// Adds the layers to a scope; `count` is the number of cosines and sines, even.
  package init(_ scope: ParameterScope, count: Int, width: Int) throws {
    self.width = width
    let exponents = try Tensor.range(count / 2, type: .float64) * (-log(1e4) * 2 / Double(count))
    frequencies = try exponents.exp().to(.float32).to(scope.device)
    layers = [
      try Linear(scope.scope("layer1"), input: count, output: width),
      try Linear(scope.scope("layer2"), input: width, output: width),
    ]
  }

  /// Cosines and sines of steps, [batch] → [batch, count].
  package func waves(_ steps: Tensor) throws -> Tensor {
    let angles = try steps.unsqueezed(1) * frequencies
    return try Tensor.concatenated([angles.cos(), angles.sin()], dimension: 1)
  }

  /// [batch] → [batch, ``width``].
  package func callAsFunction(_ steps: Tensor) throws -> Tensor {
    try layers[1](layers[0](waves(steps)).silu())
  }
}
