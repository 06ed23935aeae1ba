package import Torch

/// The form of a ``UNet``.
package struct UNetForm {
  /// How maps become half as large and twice as large.
  package enum Resampling {
    /// A 3×3 convolution of stride 2; every pixel repeated, then a 3×3 convolution.
    case convolutions
    /// Residual blocks that average or repeat.
    case blocks
  }

  /// What follows a residual block of a level with attention.
  package enum Attention {
    /// Self-attention, with this many channels per head, or one head where that does not fit.
    case pixels(headWidth: Int)
    /// The same with a number of heads.
    case heads(Int)
    /// A transformer block with cross-attention to tokens of a width.
    case tokens(heads: Int, width: Int)
  }

  /// Channels of the first level.
  package var width: Int
  /// Channels of each level in units of ``width``.
  package var multipliers: [Int]
  /// Residual blocks per level on the way down; one more on the way up.
  package var blockCount = 2
  /// The levels with attention, from 0; the middle always has it.
  package var attentionLevels: Set<Int>
  /// What attention is.
  package var attention: Attention
  /// How the size changes.
  package var resampling: Resampling
  /// What modulates the blocks.
  package var conditions: [ResidualBlock.Condition]
  /// Groups of a normalisation of so many channels.
  var groups: (Int) -> Int = groupCount

  /// A form with the usual groups.
  package init(
    width: Int, multipliers: [Int], blockCount: Int = 2, attentionLevels: Set<Int>,
    attention: Attention, resampling: Resampling, conditions: [ResidualBlock.Condition]
  ) {
    self.width = width
    self.multipliers = multipliers
    self.blockCount = blockCount
    self.attentionLevels = attentionLevels
    self.attention = attention
    self.resampling = resampling
    self.conditions = conditions
  }

  /// Channels of every level.
  var widths: [Int] { multipliers.map { $0 * width } }
  /// By how much the last level is smaller than the input.
  var reduction: Int { 1 << (multipliers.count - 1) }
}

/// A U-Net of residual blocks with attention: ADM's (Dhariwal & Nichol, arXiv:2105.05233), from maps to
/// features of the first level's width.
package struct UNet {
  /// A residual block, perhaps with attention after it.
  private struct Block {
    let residual: ResidualBlock
    let attention: Attention?

    enum Attention {
      case pixels(SpatialAttention)
      case tokens(TokenTransformer)
    }

    init(
      _ scope: ParameterScope, _ form: UNetForm, input: Int, output: Int,
      hasAttention: Bool, resampling: ResidualBlock.Resampling = .none
    ) throws {
      residual = try ResidualBlock(
        scope, input: input, output: output, conditions: form.conditions, resampling: resampling,
        groups: form.groups)
      guard hasAttention else {
        attention = nil
        return
      }
      let inner = scope.scope("attention")
      attention =
        switch form.attention {
        case .pixels(let headWidth):
          .pixels(
            try SpatialAttention(
              inner, channels: output, headWidth: headWidth, groups: form.groups))
        case .heads(let count):
          .pixels(
            try SpatialAttention(
              inner, channels: output, headWidth: output / count, groups: form.groups))
        case .tokens(let heads, let width):
          .tokens(
            try TokenTransformer(
              inner, channels: output, headCount: heads, tokenWidth: width, groups: form.groups))
        }
    }

    func callAsFunction(_ features: Tensor, _ conditions: [Tensor], _ tokens: Tensor?) throws
      -> Tensor
    {
      let result = try residual(features, conditions)
      switch attention {
      case nil: return result
      case .pixels(let attention): return try attention(result)
      case .tokens(let transformer):
        guard let tokens else { preconditionFailure("a U-Net of tokens without tokens") }
        return try transformer(result, tokens)
      }
    }
  }

  /// What makes a map half as large, or twice.
  private enum Resampler {
    case convolution(Convolution)
    case upsampling(Upsampling)
    case block(Block)

    func callAsFunction(_ features: Tensor, _ conditions: [Tensor]) throws -> Tensor {
      switch self {
      case .convolution(let convolution): try convolution(features)
      case .upsampling(let upsampling): try upsampling(features)
      case .block(let block): try block(features, conditions, nil)
      }
    }
  }

  private let first: Convolution
  private let down: [[Block]]
  private let downsamplings: [Resampler]
  private let middle: [Block]
  private let up: [[Block]]
  private let upsamplings: [Resampler]

  /// Adds the layers to a scope; inputs have `channelCount` channels.
  package init(_ scope: ParameterScope, channelCount: Int, _ form: UNetForm) throws {
    let widths = form.widths
    first = try Convolution(
      scope.scope("first"), input: channelCount, output: widths[0], kernel: 3, padding: 1)
    // What every block on the way down leaves for the way up.
    var skips = [widths[0]]
    var width = widths[0]
    var down: [[Block]] = []
    for (level, output) in widths.enumerated() {
      down.append(
        try (0..<form.blockCount).map { block in
          defer {
            width = output
            skips.append(output)
          }
          return try Block(
            scope.scope("down\(level + 1).block\(block + 1)"), form, input: width,
            output: output, hasAttention: form.attentionLevels.contains(level))
        })
      if level < widths.count - 1 { skips.append(output) }
    }
    self.down = down
    downsamplings = try widths.dropLast().enumerated().map { level, width in
      let scope = scope.scope("down\(level + 1).down")
      return switch form.resampling {
      case .convolutions:
        .convolution(
          try Convolution(scope, input: width, output: width, kernel: 3, stride: 2, padding: 1))
      case .blocks:
        .block(
          try Block(
            scope, form, input: width, output: width, hasAttention: false, resampling: .halved))
      }
    }
    middle = try (0..<2).map { block in
      try Block(
        scope.scope("middle\(block + 1)"), form, input: width, output: width,
        hasAttention: block == 0)
    }
    var up: [[Block]] = []
    for (level, output) in widths.enumerated().reversed() {
      up.append(
        try (0...form.blockCount).map { block in
          defer { width = output }
          return try Block(
            scope.scope("up\(level + 1).block\(block + 1)"), form,
            input: width + skips.removeLast(), output: output,
            hasAttention: form.attentionLevels.contains(level))
        })
    }
    self.up = up
    upsamplings = try widths.enumerated().dropFirst().reversed().map { level, width in
      let scope = scope.scope("up\(level + 1).up")
      return switch form.resampling {
      case .convolutions: .upsampling(try Upsampling(scope, channels: width))
      case .blocks:
        .block(
          try Block(
            scope, form, input: width, output: width, hasAttention: false, resampling: .doubled))
      }
    }
  }

  /// [batch, channel, height, width], the conditions, [batch, condition] each, and tokens, [batch, token, width], where
  /// attention looks at them → [batch, ``UNetForm/width`` · first multiplier, height, width].
  func callAsFunction(_ input: Tensor, _ conditions: [Tensor], tokens: Tensor? = nil) throws
    -> Tensor
  {
    var features = try first(input.channelsLast())
    var skips = [features]
    for (level, blocks) in down.enumerated() {
      for block in blocks {
        features = try block(features, conditions, tokens)
        skips.append(features)
      }
      if level < downsamplings.count {
        features = try downsamplings[level](features, conditions)
        skips.append(features)
      }
    }
    for block in middle { features = try block(features, conditions, tokens) }
    for (level, blocks) in up.enumerated() {
      for block in blocks {
        let joined = try Tensor.concatenated([features, skips.removeLast()], dimension: 1)
        features = try block(joined, conditions, tokens)
      }
      if level < upsamplings.count { features = try upsamplings[level](features, conditions) }
    }
    return features
  }
}

/// One output of a U-Net: a normalisation and a 3×3 convolution that starts at zero.
package struct UNetHead {
  private let norm: GroupNorm
  private let convolution: Convolution

  /// Adds the layers to a scope.
  package init(
    _ scope: ParameterScope, width: Int, channelCount: Int, groups: (Int) -> Int = groupCount
  ) throws {
    norm = try GroupNorm(scope.scope("norm"), groups: groups(width), channels: width)
    convolution = try Convolution(
      scope.scope("conv"), input: width, output: channelCount, kernel: 3, padding: 1, .constant(0))
  }

  /// [batch, width, height, width] → [batch, channel, height, width].
  func callAsFunction(_ features: Tensor) throws -> Tensor {
    try convolution(norm(features).silu())
  }
}
