import Synchronization

/// A convolution with bias, and perhaps ReLU, for inference: one kernel on the processor.
///
/// On the processor oneDNN adds bias and ReLU while the result is in cache, and keeps the weights
/// in the order its kernel wants; elsewhere the operators run one after another. No gradients.
///
/// oneDNN's ReLU makes 0 of NaN, libtorch's keeps it. A plausible number must not come from weights or
/// inputs that give none, so the fused ReLU runs only where no sum can overflow and there is hence
/// no NaN: where Σ|w| · max|x| + max|b| stays far below the largest single-precision number. The bound
/// of a result follows from that of its input; an input is looked at only where bounds upon bounds have
/// grown too loose, which takes ten layers and more. Where sums may overflow, ReLU runs by itself.
public final class FusedConvolution: Sendable {
  private enum Op {
    static let convolve = Operator("_convolution_pointwise", namespace: "mkldnn")
    static let reorder = Operator("_reorder_convolution_weight", namespace: "mkldnn")
    static let relu = Operator("relu_")
  }

  private let weight: Tensor
  private let bias: Tensor
  private let stride: [Int]
  private let padding: [Int]
  private let hasReLU: Bool
  /// The largest Σ|w| of an output; infinite or NaN if a weight is.
  private let gain: Double
  /// The largest |b|.
  private let offset: Double
  /// Magnitudes of results below this are far from overflow (3.4e38), in whatever order terms are added.
  private static let limit = 1e30
  /// The weights as oneDNN wants them, made when the first input says how large inputs are.
  private let prepared = Mutex<Tensor?>(nil)

  /// Takes the parameters of a convolution.
  ///
  /// - Parameters:
  ///   - weight: `[output, input, height, width]`.
  ///   - bias: `[output]`.
  ///   - stride: Vertical and horizontal stride.
  ///   - padding: Vertical and horizontal zero padding.
  ///   - hasReLU: Whether negative results become 0.
  /// - Throws: ``TorchError`` if libtorch is missing.
  public init(
    weight: Tensor, bias: Tensor, stride: [Int] = [1, 1], padding: [Int] = [0, 0],
    hasReLU: Bool = true
  ) throws(TorchError) {
    self.weight = try weight.channelsLast()
    self.bias = bias
    self.stride = stride
    self.padding = padding
    self.hasReLU = hasReLU
    gain = try weight.abs().sum([1, 2, 3]).maximum().item()
    offset = try bias.abs().maximum().item()
  }

  /// The result for `input`, `[batch, channel, height, width]`, best with channels last.
  ///
  /// - Returns: The result; NaN where the input, the weights or an overflow make it so.
  /// - Throws: ``TorchError`` if shapes do not fit.
  public func callAsFunction(_ input: BoundedTensor) throws(TorchError) -> BoundedTensor {
    guard weight.device == .cpu && weight.dataType == .float32 && Op.convolve.isAvailable else {
      let result = try input.tensor.convolution(
        weight, bias: bias, stride: stride, padding: padding)
      return BoundedTensor(hasReLU ? try Op.relu(.tensor(result)) : result, bound: .infinity)
    }
    var bound = gain * input.bound + offset
    if !(bound < Self.limit) {
      bound = gain * (try BoundedTensor(measuring: input.tensor)).bound + offset
    }
    // Both are false for NaN.
    let isSafe = bound < Self.limit
    let result = try Op.convolve(
      .tensor(input.tensor), .tensor(try preparedWeight(for: input.tensor)), .tensor(bias),
      .integers(padding), .integers(stride), .integers([1, 1]), .integer(1),
      .text(hasReLU && isSafe ? "relu" : "none"), .numbers([]), .text(""))
    guard !isSafe else { return BoundedTensor(result, bound: bound) }
    return BoundedTensor(hasReLU ? try Op.relu(.tensor(result)) : result, bound: .infinity)
  }

  private func preparedWeight(for input: Tensor) throws(TorchError) -> Tensor {
    try prepared.withLock { prepared throws(TorchError) in
      if let prepared { return prepared }
      let reordered = try Op.reorder(
        .tensor(weight), .integers(padding), .integers(stride), .integers([1, 1]), .integer(1),
        .integers(input.shape))
      prepared = reordered
      return reordered
    }
  }
}
