import Torch

/// A network with two heads, ε̂ and the displacement in units of its scale.
protocol DenoiserNetwork {
  /// States [batch, latent] with t and γ, [position], each of as many consecutive states.
  func callAsFunction(_ states: Tensor, t: Tensor, gamma: Tensor) throws -> DenoiserHeads
}

/// The denoiser of vector latents: a ``SkipNetwork``.
struct MLPDenoiser: DenoiserNetwork {
  private let embedding: BetaEmbedding
  private let net: SkipNetwork

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, latentCount: Int, width: Int) throws {
    embedding = try BetaEmbedding(scope.scope("embedding"))
    net = try SkipNetwork(
      scope, input: latentCount, output: 2 * latentCount, width: width,
      condition: BetaEmbedding.width)
  }

  func callAsFunction(_ states: Tensor, t: Tensor, gamma: Tensor) throws -> DenoiserHeads {
    let heads = try net(states, embedding(t: t, gamma: gamma))
    let width = states.shape[1]
    return DenoiserHeads(
      noise: try heads.narrowed(1, start: 0, count: width),
      displacement: try heads.narrowed(1, start: width, count: width))
  }
}
