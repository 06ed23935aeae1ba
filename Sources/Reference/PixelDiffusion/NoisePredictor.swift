package import Torch

/// How a code enters the net that predicts noise.
package enum CodeEntry: Sendable {
  /// There is no code.
  case none
  /// It scales every block: DiffAE, arXiv:2111.15640, Eq. 7.
  case scale
  /// It scales and shifts every block, after a layer of the embedding's width: InfoDiffusion's code.
  case scaleAndShift
  /// Every number becomes a token that the pixels look at: EncDiff, arXiv:2402.09712.
  case tokens
}

/// The net that predicts the noise in images: a U-Net of a ``NoiseNetLayout`` on ``PixelBlocks``.
struct NoisePredictor {
  private static let tokenWidth = 16

  private let blocks: PixelBlocks
  private let embedding: TimestepEmbedding
  private let codeLayer: Linear?
  private let tokenizer: ScalarTokens?
  private let net: UNet
  private let head: UNetHead
  private let entry: CodeEntry

  /// Adds the layers to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - channelCount: Channels of the images.
  ///   - codeWidth: Numbers of a code.
  ///   - entry: How codes enter.
  ///   - layout: Its sizes.
  /// - Throws: `TorchError`.
  init(
    _ scope: ParameterScope, channelCount: Int, codeWidth: Int, entry: CodeEntry,
    _ layout: NoiseNetLayout
  ) throws {
    blocks = PixelBlocks(channelCount: channelCount, side: layout.blockSide)
    self.entry = entry
    embedding = try TimestepEmbedding(
      scope.scope("embedding"), count: layout.width, width: layout.embeddingWidth)
    var form = layout.form([
      .init(
        width: embedding.width, entry: layout.stateEntry, initializer: .torchDefault)
    ])
    switch entry {
    case .none:
      (codeLayer, tokenizer) = (nil, nil)
    case .scale:
      (codeLayer, tokenizer) = (nil, nil)
      form.conditions.append(
        .init(name: "code", width: codeWidth, entry: .scale, initializer: .torchDefault))
    case .scaleAndShift:
      codeLayer = try Linear(scope.scope("code"), input: codeWidth, output: embedding.width)
      tokenizer = nil
      form.conditions.append(
        .init(name: "code", width: embedding.width, initializer: .torchDefault))
    case .tokens:
      codeLayer = nil
      tokenizer = try ScalarTokens(
        scope.scope("tokens"), count: codeWidth, width: Self.tokenWidth)
      form.attention = .tokens(heads: layout.headCount, width: Self.tokenWidth)
    }
    net = try UNet(scope, channelCount: blocks.width, form)
    head = try UNetHead(
      scope.scope("noise"), width: layout.width, channelCount: blocks.width, groups: form.groups)
  }

  /// The predicted noise.
  ///
  /// - Parameters:
  ///   - images: Noisy images, [batch, channel, height, width].
  ///   - steps: Their states, [batch].
  ///   - code: Their codes, [batch, latent]; nil without.
  ///   - isTraining: Whether features are dropped, by layouts that do.
  /// - Returns: The shape of the images.
  /// - Throws: `TorchError`.
  func callAsFunction(
    _ images: Tensor, _ steps: Tensor, code: Tensor?, isTraining: Bool = false
  ) throws -> Tensor {
    var context = UNetContext(conditions: [try embedding(steps).silu()], isTraining: isTraining)
    switch (entry, code) {
    case (.none, _): break
    case (.scale, let code?): context.conditions.append(try code.silu())
    case (.scaleAndShift, let code?):
      if let codeLayer { context.conditions.append(try codeLayer(code).silu()) }
    case (.tokens, let code?): context.tokens = try tokenizer?(code)
    default: preconditionFailure("a net of codes without a code")
    }
    return try blocks.joined(head(net(blocks.split(images), context)))
  }

  /// What a net without codes says of noisy images.
  struct Prediction {
    /// The predicted noise, in the shape of the images.
    let noise: Tensor
    /// The maps of its way down.
    let maps: [Tensor]
    /// The embedding of the images' states, [batch, 4 · width].
    let embedding: Tensor
  }

  /// The predicted noise of a net without codes, and what another way up can start from.
  func prediction(_ images: Tensor, _ steps: Tensor) throws -> Prediction {
    let embedded = try embedding(steps)
    let context = UNetContext(conditions: [try embedded.silu()])
    let maps = try net.descent(blocks.split(images), context)
    return Prediction(
      noise: try blocks.joined(head(net.ascent(maps, context))), maps: maps,
      embedding: embedded)
  }
}

/// Numbers as tokens, each by a net of its own: 1 → 64 → 128 → width with ELU between (EncDiff's encoder).
package struct ScalarTokens {
  private let layers: [[Linear]]

  /// Adds the layers to a scope.
  package init(_ scope: ParameterScope, count: Int, width: Int) throws {
    layers = try (0..<count).map { token in
      let widths = [1, 64, 128, width]
      return try zip(widths, widths.dropFirst()).enumerated().map { layer, widths in
        try Linear(
          scope.scope("token\(token + 1).layer\(layer + 1)"), input: widths.0, output: widths.1)
      }
    }
  }

  /// [batch, token] → [batch, token, width]; a token depends on its number only.
  package func callAsFunction(_ code: Tensor) throws -> Tensor {
    let tokens = try layers.enumerated().map { token, layers in
      let number = try code.narrowed(1, start: token, count: 1)
      return try layers[2](layers[1](layers[0](number).elu()).elu())
    }
    return try Tensor.stacked(tokens, dimension: 1)
  }
}
