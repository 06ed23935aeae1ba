import Torch

/// The skip network of diffusion autoencoders' latent model (Preechakul et al., arXiv:2111.15640): vectors to vectors, for
/// positions that a condition vector tells.
///
/// Ten linear layers; the input is appended to the features before every layer but the first; each layer but the last is
/// scaled by 1 + W·e of the condition e, normalised, and passed through SiLU. The last layer starts at zero.
struct SkipNetwork {
  private static let layerCount = 10

  private let layers: [Linear]
  private let scales: [Linear]
  private let norms: [LayerNorm]

  /// Adds the layers to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - input: Numbers of a vector.
  ///   - output: Numbers that are wanted for it.
  ///   - width: Features between.
  ///   - condition: Width of the condition vector.
  /// - Throws: `TorchError`.
  init(_ scope: ParameterScope, input: Int, output: Int, width: Int, condition: Int) throws {
    layers = try (0..<Self.layerCount).map { index in
      let isLast = index == Self.layerCount - 1
      return try Linear(
        scope.scope("layer\(index + 1)"), input: index == 0 ? input : width + input,
        output: isLast ? output : width, isLast ? .constant(0) : .kaimingNormal)
    }
    scales = try (1..<Self.layerCount).map { index in
      try Linear(scope.scope("scale\(index)"), input: condition, output: width)
    }
    norms = try (1..<Self.layerCount).map { index in
      try LayerNorm(scope.scope("norm\(index)"), width: width)
    }
  }

  /// Vectors [batch, input] and conditions [position, condition], each of as many consecutive vectors → [batch, output].
  func callAsFunction(_ vectors: Tensor, _ condition: Tensor) throws -> Tensor {
    // What depends on the position alone is computed once for all of its vectors.
    let positionCount = condition.shape[0]
    var features = vectors
    for index in norms.indices {
      let input =
        index == 0 ? vectors : try Tensor.concatenated([features, vectors], dimension: 1)
      let linear = try layers[index](input)
      let grouped = try linear.reshaped([positionCount, -1, linear.shape[1]])
      let scaled = try grouped.addingProduct(grouped, scales[index](condition).unsqueezed(1))
      features = try norms[index](scaled).silu().reshaped(linear.shape)
    }
    return try layers[norms.count](Tensor.concatenated([features, vectors], dimension: 1))
  }
}
