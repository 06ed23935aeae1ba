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

/// The net that predicts the noise in images: a U-Net on blocks of 4×4 pixels.
///
/// DDPM's own option of putting a block of pixels into channels (`block_size` in its CelebA-HQ script) makes the map of 64×64
/// images 16×16, as latent diffusion's first stage would, without one. The U-Net is that of DisDiff and EncDiff: four levels of
/// 1, 2, 4, 4 times the width, two residual blocks each, attention of four heads on the first three and in the middle.
struct NoisePredictor {
  /// The side of a block of pixels.
  static let blockSize = 4
  private static let tokenWidth = 16
  private static let headCount = 4

  private let channelCount: Int
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
  ///   - width: Channels of the first level.
  /// - Throws: `TorchError`.
  init(
    _ scope: ParameterScope, channelCount: Int, codeWidth: Int, entry: CodeEntry, width: Int
  ) throws {
    self.channelCount = channelCount
    self.entry = entry
    let inner = channelCount * Self.blockSize * Self.blockSize
    embedding = try TimestepEmbedding(scope.scope("embedding"), count: width, width: 4 * width)
    var conditions = [ResidualBlock.Condition(width: embedding.width, initializer: .torchDefault)]
    var attention = UNetForm.Attention.heads(Self.headCount)
    switch entry {
    case .none:
      (codeLayer, tokenizer) = (nil, nil)
    case .scale:
      (codeLayer, tokenizer) = (nil, nil)
      conditions.append(
        .init(name: "code", width: codeWidth, shifts: false, initializer: .torchDefault))
    case .scaleAndShift:
      codeLayer = try Linear(scope.scope("code"), input: codeWidth, output: embedding.width)
      tokenizer = nil
      conditions.append(
        .init(name: "code", width: embedding.width, initializer: .torchDefault))
    case .tokens:
      codeLayer = nil
      tokenizer = try ScalarTokens(
        scope.scope("tokens"), count: codeWidth, width: Self.tokenWidth)
      attention = .tokens(heads: Self.headCount, width: Self.tokenWidth)
    }
    var form = UNetForm(
      width: width, multipliers: [1, 2, 4, 4], attentionLevels: [0, 1, 2], attention: attention,
      resampling: .blocks, conditions: conditions)
    form.groups = wideGroupCount
    net = try UNet(scope, channelCount: inner, form)
    head = try UNetHead(
      scope.scope("noise"), width: width, channelCount: inner, groups: wideGroupCount)
  }

  /// The predicted noise.
  ///
  /// - Parameters:
  ///   - images: Noisy images, [batch, channel, height, width].
  ///   - steps: Their states, [batch].
  ///   - code: Their codes, [batch, latent]; nil without.
  /// - Returns: The shape of the images.
  /// - Throws: `TorchError`.
  func callAsFunction(_ images: Tensor, _ steps: Tensor, code: Tensor?) throws -> Tensor {
    var conditions = [try embedding(steps).silu()]
    var tokens: Tensor?
    switch (entry, code) {
    case (.none, _): break
    case (.scale, let code?): conditions.append(try code.silu())
    case (.scaleAndShift, let code?):
      if let codeLayer { conditions.append(try codeLayer(code).silu()) }
    case (.tokens, let code?): tokens = try tokenizer?(code)
    default: preconditionFailure("a net of codes without a code")
    }
    let features = try net(Self.blocks(images), conditions, tokens: tokens)
    return try pixels(head(features))
  }

  /// [batch, channel, height, width] → [batch, channel · 16, height / 4, width / 4].
  private static func blocks(_ images: Tensor) throws -> Tensor {
    let (shape, side) = (images.shape, blockSize)
    return try images.reshaped(
      [shape[0], shape[1], shape[2] / side, side, shape[3] / side, side]
    ).permuted([0, 1, 3, 5, 2, 4])
      .reshaped([shape[0], shape[1] * side * side, shape[2] / side, shape[3] / side])
  }

  /// The other way.
  private func pixels(_ blocks: Tensor) throws -> Tensor {
    let (shape, side) = (blocks.shape, Self.blockSize)
    return try blocks.reshaped([shape[0], channelCount, side, side, shape[2], shape[3]])
      .permuted([0, 1, 4, 2, 5, 3])
      .reshaped([shape[0], channelCount, shape[2] * side, shape[3] * side])
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
