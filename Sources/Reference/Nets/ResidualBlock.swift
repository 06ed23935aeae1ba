import Torch

/// A residual block whose second normalisation is scaled and shifted by a condition (AdaGN).
///
/// GroupNorm → SiLU → 3×3 → GroupNorm·(1 + a(e)) + b(e) → SiLU → 3×3, plus the input, as in ADM
/// (Dhariwal & Nichol, arXiv:2105.05233). The second convolution and the condition's projection start
/// at zero.
struct ResidualBlock {
  private let firstNorm: GroupNorm
  private let firstConvolution: Convolution
  private let projection: Linear
  private let secondNorm: GroupNorm
  private let secondConvolution: Convolution
  private let skip: Convolution?
  private let output: Int

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, input: Int, output: Int, condition: Int) throws {
    self.output = output
    firstNorm = try GroupNorm(
      scope.scope("norm1"), groups: groupCount(input), channels: input)
    firstConvolution = try Convolution(
      scope.scope("conv1"), input: input, output: output, kernel: 3, padding: 1)
    projection = try Linear(
      scope.scope("condition"), input: condition, output: 2 * output, .constant(0))
    secondNorm = try GroupNorm(
      scope.scope("norm2"), groups: groupCount(output), channels: output)
    secondConvolution = try Convolution(
      scope.scope("conv2"), input: output, output: output, kernel: 3, padding: 1, .constant(0))
    skip =
      input == output
      ? nil : try Convolution(scope.scope("skip"), input: input, output: output, kernel: 1)
  }

  /// [batch, input, height, width] and [batch, condition] → [batch, output, height, width].
  func callAsFunction(_ input: Tensor, _ condition: Tensor) throws -> Tensor {
    let features = try firstConvolution(firstNorm(input).silu())
    let modulation = try projection(condition).reshaped([-1, 2 * output, 1, 1])
    let normalized = try secondNorm(features)
    let scaled = try normalized.addingProduct(
      normalized, modulation.narrowed(1, start: 0, count: output))
    let shifted = try scaled + modulation.narrowed(1, start: output, count: output)
    let residual = try secondConvolution(shifted.silu())
    return try (skip.map { try $0(input) } ?? input) + residual
  }
}

/// 32 groups, or as many as divide the channels.
func groupCount(_ channels: Int) -> Int {
  (1...min(32, channels)).last { channels.isMultiple(of: $0) } ?? 1
}

/// Self-attention over the pixels of a feature map, with a residual connection that starts at zero.
struct SpatialAttention {
  private let norm: GroupNorm
  private let input: Convolution
  private let output: Convolution
  private let channels: Int
  private let headWidth: Int

  /// Adds the layers to a scope; heads are `headWidth` channels wide, or one head if that does not fit.
  init(_ scope: ParameterScope, channels: Int, headWidth: Int = 32) throws {
    self.channels = channels
    self.headWidth = channels.isMultiple(of: headWidth) ? headWidth : channels
    norm = try GroupNorm(scope.scope("norm"), groups: groupCount(channels), channels: channels)
    input = try Convolution(
      scope.scope("qkv"), input: channels, output: 3 * channels, kernel: 1)
    output = try Convolution(
      scope.scope("output"), input: channels, output: channels, kernel: 1, .constant(0))
  }

  /// [batch, channel, height, width] → the same shape.
  func callAsFunction(_ features: Tensor) throws -> Tensor {
    let shape = features.shape
    let (batch, pixels) = (shape[0], shape[2] * shape[3])
    // [batch, 3·channel, height, width] → [3, batch, head, pixel, width]
    let projected = try input(norm(features))
      .reshaped([batch, 3, channels / headWidth, headWidth, pixels]).permuted([1, 0, 2, 4, 3])
    let parts = try (0..<3).map { try projected.selected(0, $0).contiguous() }
    let attended = try parts[0].attention(key: parts[1], value: parts[2])
    let rows = try attended.permuted([0, 1, 3, 2]).reshaped([batch, channels, shape[2], shape[3]])
    return try features + output(rows.channelsLast())
  }
}

/// Doubles height and width: every pixel repeated, then a 3×3 convolution.
struct Upsampling {
  private let convolution: Convolution

  init(_ scope: ParameterScope, channels: Int) throws {
    convolution = try Convolution(
      scope, input: channels, output: channels, kernel: 3, padding: 1)
  }

  func callAsFunction(_ features: Tensor) throws -> Tensor {
    let shape = features.shape
    return try convolution(features.upsampledNearest(to: [2 * shape[2], 2 * shape[3]]))
  }
}
