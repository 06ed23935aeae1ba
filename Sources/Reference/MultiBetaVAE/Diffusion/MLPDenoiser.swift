import Torch

/// A network with two heads, ε̂ and the displacement in units of its scale.
protocol DenoiserNetwork {
  /// States [batch, latent] with t and γ, [position], each of as many consecutive states.
  func callAsFunction(_ states: Tensor, t: Tensor, gamma: Tensor) throws -> DenoiserHeads
}

/// The denoiser of vector latents: the skip network of diffusion autoencoders' latent model
/// (Preechakul et al., arXiv:2111.15640).
///
/// Ten linear layers; the input is appended to the features before every layer but the first; each
/// layer but the last is scaled by 1 + W·e of the embedding e of t, normalised, and passed through SiLU.
/// The last layer starts at zero.
struct MLPDenoiser: DenoiserNetwork {
  private static let layerCount = 10

  private let embedding: BetaEmbedding
  private let layers: [Linear]
  private let scales: [Linear]
  private let norms: [LayerNorm]

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, latentCount: Int, width: Int) throws {
    embedding = try BetaEmbedding(scope.scope("embedding"))
    layers = try (0..<Self.layerCount).map { index in
      let isLast = index == Self.layerCount - 1
      return try Linear(
        scope.scope("layer\(index + 1)"), input: index == 0 ? latentCount : width + latentCount,
        output: isLast ? 2 * latentCount : width, isLast ? .constant(0) : .kaimingNormal)
    }
    scales = try (1..<Self.layerCount).map { index in
      try Linear(scope.scope("scale\(index)"), input: BetaEmbedding.width, output: width)
    }
    norms = try (1..<Self.layerCount).map { index in
      try LayerNorm(scope.scope("norm\(index)"), width: width)
    }
  }

  func callAsFunction(_ states: Tensor, t: Tensor, gamma: Tensor) throws -> DenoiserHeads {
    let condition = try embedding(t: t, gamma: gamma)
    // What depends on the position alone is computed once for all of its states.
    let positionCount = t.shape[0]
    var features = states
    for index in norms.indices {
      let input =
        index == 0 ? states : try Tensor.concatenated([features, states], dimension: 1)
      let linear = try layers[index](input)
      let grouped = try linear.reshaped([positionCount, -1, linear.shape[1]])
      let scaled = try grouped.addingProduct(grouped, scales[index](condition).unsqueezed(1))
      features = try norms[index](scaled).silu().reshaped(linear.shape)
    }
    let heads = try layers[norms.count](Tensor.concatenated([features, states], dimension: 1))
    let width = states.shape[1]
    return DenoiserHeads(
      noise: try heads.narrowed(1, start: 0, count: width),
      displacement: try heads.narrowed(1, start: width, count: width))
  }
}
