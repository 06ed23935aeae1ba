package import Torch

/// The form of a ``UNet``.
package struct UNetForm {
  /// How maps become half as large and twice as large.
  package enum Resampling: Sendable {
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
  /// What residual blocks consist of.
  package var body = ResidualBlock.Body()
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
  /// Channels of every map on the way down, in order.
  var skipWidths: [Int] {
    let levels = widths.enumerated().flatMap { level, width in
      Array(repeating: width, count: level < widths.count - 1 ? blockCount + 1 : blockCount)
    }
    return [widths[0]] + levels
  }
  /// By how much the last level is smaller than the input.
  var reduction: Int { 1 << (multipliers.count - 1) }
}

/// What the blocks of a ``UNet`` look at besides maps.
struct UNetContext {
  /// The conditions of the form, in order, [batch, condition] each.
  var conditions: [Tensor] = []
  /// [batch, token, width], where attention looks at them.
  var tokens: Tensor?
  /// Whether features are dropped where the form drops some.
  var isTraining = false
}

/// A U-Net of residual blocks with attention: ADM's (Dhariwal & Nichol, arXiv:2105.05233), from maps to
/// features of the first level's width.
package struct UNet {
  /// The way down.
  let descent: UNetDescent
  /// The way up.
  let ascent: UNetAscent

  /// Adds the layers to a scope; inputs have `channelCount` channels.
  package init(_ scope: ParameterScope, channelCount: Int, _ form: UNetForm) throws {
    descent = try UNetDescent(scope, channelCount: channelCount, form)
    ascent = try UNetAscent(scope, form)
  }

  /// [batch, channel, height, width] → [batch, ``UNetForm/width`` · first multiplier, height, width].
  func callAsFunction(_ input: Tensor, _ context: UNetContext) throws -> Tensor {
    try ascent(descent(input, context), context)
  }
}

/// One output of a U-Net: a normalisation and a 3×3 convolution that starts at zero where nothing else is said.
package struct UNetHead {
  private let norm: GroupNorm
  private let convolution: Convolution

  /// Adds the layers to a scope.
  package init(
    _ scope: ParameterScope, width: Int, channelCount: Int, groups: (Int) -> Int = groupCount,
    _ initializer: Initializer = .constant(0)
  ) throws {
    norm = try GroupNorm(scope.scope("norm"), groups: groups(width), channels: width)
    convolution = try Convolution(
      scope.scope("conv"), input: width, output: channelCount, kernel: 3, padding: 1, initializer)
  }

  /// [batch, width, height, width] → [batch, channel, height, width].
  func callAsFunction(_ features: Tensor) throws -> Tensor {
    try convolution(norm(features).silu())
  }
}
