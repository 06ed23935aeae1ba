/// A fully connected layer, y = x·Wᵀ + b.
public struct Linear: Sendable {
  /// [output, input].
  public let weight: Tensor
  /// [output].
  public let bias: Tensor?

  /// Adds `weight` and `bias` (zeros) to a scope.
  public init(
    _ scope: ParameterScope, input: Int, output: Int, _ initializer: Initializer = .torchDefault,
    hasBias: Bool = true
  ) throws(TorchError) {
    weight = try scope.parameter("weight", shape: [output, input], initializer)
    bias = hasBias ? try scope.parameter("bias", shape: [output], .constant(0)) : nil
  }

  /// [..., input] → [..., output].
  public func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
    try input.linear(weight, bias: bias)
  }
}

/// A 2-d convolution with a square kernel.
public struct Convolution: Sendable {
  /// [output, input, kernel, kernel].
  public let weight: Tensor
  /// [output].
  public let bias: Tensor?
  private let stride: Int
  private let padding: Int

  /// Adds `weight` and `bias` (zeros) to a scope; the weight is stored channels-last.
  public init(
    _ scope: ParameterScope, input: Int, output: Int, kernel: Int, stride: Int = 1,
    padding: Int = 0, _ initializer: Initializer = .torchDefault, hasBias: Bool = true
  ) throws(TorchError) {
    weight = try scope.convolutionWeight([output, input, kernel, kernel], initializer)
    bias = hasBias ? try scope.parameter("bias", shape: [output], .constant(0)) : nil
    self.stride = stride
    self.padding = padding
  }

  /// [batch, input, height, width] → [batch, output, height', width'].
  public func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
    try input.convolution(
      weight, bias: bias, stride: [stride, stride], padding: [padding, padding])
  }
}

/// A transposed 2-d convolution with a square kernel.
public struct TransposedConvolution: Sendable {
  /// [input, output, kernel, kernel].
  public let weight: Tensor
  /// [output].
  public let bias: Tensor?
  private let stride: Int
  private let padding: Int

  /// Adds `weight` and `bias` (zeros) to a scope; the weight is stored channels-last.
  public init(
    _ scope: ParameterScope, input: Int, output: Int, kernel: Int, stride: Int = 1,
    padding: Int = 0, _ initializer: Initializer = .torchDefault
  ) throws(TorchError) {
    weight = try scope.convolutionWeight([input, output, kernel, kernel], initializer)
    bias = try scope.parameter("bias", shape: [output], .constant(0))
    self.stride = stride
    self.padding = padding
  }

  /// [batch, input, height, width] → [batch, output, height', width'].
  public func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
    try input.transposedConvolution(
      weight, bias: bias, stride: [stride, stride], padding: [padding, padding])
  }
}

/// Group normalisation with a scale and a shift per channel.
public struct GroupNorm: Sendable {
  private let weight: Tensor?
  private let bias: Tensor?
  private let groups: Int

  /// Adds `weight` (ones) and `bias` (zeros) to a scope, unless something else scales and shifts.
  public init(
    _ scope: ParameterScope, groups: Int, channels: Int, isAffine: Bool = true
  ) throws(TorchError) {
    self.groups = groups
    weight =
      isAffine
      ? try scope.parameter("weight", shape: [channels], .constant(1), decays: false) : nil
    bias =
      isAffine ? try scope.parameter("bias", shape: [channels], .constant(0), decays: false) : nil
  }

  /// [batch, channel, ...] → the same shape.
  public func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
    // Where channels come last libtorch's kernels for CPUs take up to ten times as long as a copy and the others.
    try input.contiguous().groupNorm(groups: groups, weight: weight, bias: bias)
  }
}

/// Layer normalisation over the last dimension.
public struct LayerNorm: Sendable {
  private let weight: Tensor
  private let bias: Tensor
  private let width: Int

  /// Adds `weight` (ones) and `bias` (zeros) to a scope.
  public init(_ scope: ParameterScope, width: Int) throws(TorchError) {
    self.width = width
    weight = try scope.parameter("weight", shape: [width], .constant(1), decays: false)
    bias = try scope.parameter("bias", shape: [width], .constant(0), decays: false)
  }

  /// [..., width] → the same shape.
  public func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
    try input.layerNorm(shape: [width], weight: weight, bias: bias)
  }
}
