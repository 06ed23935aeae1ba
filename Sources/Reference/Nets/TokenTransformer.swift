package import Torch

/// A transformer block over the pixels of a map that looks at tokens, with a residual connection.
///
/// GroupNorm → 1×1 → self-attention → cross-attention to the tokens → feed-forward with gated GELU, each after a
/// layer normalisation and added to its input → 1×1 that starts at zero: latent diffusion's `SpatialTransformer`
/// (Rombach et al., arXiv:2112.10752) of depth 1.
package struct TokenTransformer {
  private let norm: GroupNorm
  private let input: Convolution
  private let norms: [LayerNorm]
  private let attentions: [MultiHeadAttention]
  private let expansion: Linear
  private let contraction: Linear
  private let output: Convolution

  /// Adds the layers to a scope.
  package init(
    _ scope: ParameterScope, channels: Int, headCount: Int, tokenWidth: Int,
    groups: (Int) -> Int = groupCount
  ) throws {
    norm = try GroupNorm(scope.scope("norm"), groups: groups(channels), channels: channels)
    input = try Convolution(scope.scope("input"), input: channels, output: channels, kernel: 1)
    norms = try (1...3).map { try LayerNorm(scope.scope("norm\($0)"), width: channels) }
    attentions = try [("self", channels), ("cross", tokenWidth)].map { name, width in
      try MultiHeadAttention(
        scope.scope(name), width: channels, contextWidth: width, headCount: headCount)
    }
    expansion = try Linear(scope.scope("expansion"), input: channels, output: 8 * channels)
    contraction = try Linear(scope.scope("contraction"), input: 4 * channels, output: channels)
    output = try Convolution(
      scope.scope("output"), input: channels, output: channels, kernel: 1, .constant(0))
  }

  /// [batch, channel, height, width] and [batch, token, width] → the shape of the map.
  package func callAsFunction(_ map: Tensor, _ tokens: Tensor) throws -> Tensor {
    let shape = map.shape
    // [batch, channel, height, width] → [batch, pixel, channel]
    var rows = try input(norm(map)).permuted([0, 2, 3, 1])
      .reshaped([shape[0], shape[2] * shape[3], shape[1]])
    let normalized = try norms[0](rows)
    rows = try rows + attentions[0](normalized, context: normalized)
    rows = try rows + attentions[1](norms[1](rows), context: tokens)
    let expanded = try expansion(norms[2](rows))
    let half = expanded.shape[2] / 2
    let gated =
      try expanded.narrowed(2, start: 0, count: half)
      * expanded.narrowed(2, start: half, count: half).gelu()
    rows = try rows + contraction(gated)
    let back = try rows.reshaped([shape[0], shape[2], shape[3], shape[1]]).permuted([0, 3, 1, 2])
    return try map + output(back)
  }
}

/// Attention of several heads from rows to a context, or to the rows themselves.
private struct MultiHeadAttention {
  private let query: Linear
  private let key: Linear
  private let value: Linear
  private let output: Linear
  private let headCount: Int

  init(_ scope: ParameterScope, width: Int, contextWidth: Int, headCount: Int) throws {
    self.headCount = headCount
    query = try Linear(scope.scope("query"), input: width, output: width, hasBias: false)
    key = try Linear(scope.scope("key"), input: contextWidth, output: width, hasBias: false)
    value = try Linear(scope.scope("value"), input: contextWidth, output: width, hasBias: false)
    output = try Linear(scope.scope("output"), input: width, output: width)
  }

  /// [batch, row, width] and [batch, item, context] → [batch, row, width].
  func callAsFunction(_ rows: Tensor, context: Tensor) throws -> Tensor {
    func heads(_ tensor: Tensor) throws -> Tensor {
      let shape = tensor.shape
      return try tensor.reshaped([shape[0], shape[1], headCount, shape[2] / headCount])
        .permuted([0, 2, 1, 3]).contiguous()
    }
    // Not libtorch's fused attention, which takes keys that are not numbers for masked ones: a broken net must show
    // in its loss.
    let scale = 1 / Double(rows.shape[2] / headCount).squareRoot()
    let scores = try heads(query(rows)).matmul(heads(key(context)).transposed(2, 3)) * scale
    let attended = try scores.softmax(3).matmul(heads(value(context)))
    return try output(attended.permuted([0, 2, 1, 3]).reshaped(rows.shape))
  }
}
