package import Torch

/// The vector that tells the networks which β they work at.
///
/// Sines and cosines of t and of γ/8 + ½ through a small network: t alone is flat near 0 and 1,
/// where the log-odds γ of the noise go to ∓∞.
package struct BetaEmbedding {
  /// Width of the vector.
  package static let width = 128

  private let sinusoids: SinusoidalEmbedding
  private let layers: [Linear]

  /// Adds the network to a scope.
  package init(_ scope: ParameterScope) throws {
    sinusoids = try SinusoidalEmbedding(device: scope.device)
    layers = [
      try Linear(
        scope.scope("dense1"), input: 2 * sinusoids.width, output: Self.width, .glorotUniform),
      try Linear(scope.scope("dense2"), input: Self.width, output: Self.width, .glorotUniform),
    ]
  }

  /// t and γ, each [batch] → [batch, width].
  package func callAsFunction(t: Tensor, gamma: Tensor) throws -> Tensor {
    let bounded = try gamma.detached().clamped(from: -15, to: 15)
    let inputs = try Tensor.concatenated(
      [sinusoids(t), sinusoids(bounded / 8 + 0.5)], dimension: 1)
    return try layers[1](layers[0](inputs).silu()).silu()
  }
}
