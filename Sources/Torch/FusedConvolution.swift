import Synchronization

/// A convolution with bias, and perhaps ReLU, for inference: one kernel on the processor.
///
/// On the processor oneDNN adds bias and ReLU while the result is in cache, and keeps the weights
/// in the order its kernel wants; elsewhere the operators run one after another. No gradients.
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
  }

  /// The result for `input`, `[batch, channel, height, width]`, best with channels last.
  ///
  /// - Throws: ``TorchError`` if shapes do not fit.
  public func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
    guard weight.device == .cpu && weight.dataType == .float32 && Op.convolve.isAvailable else {
      let result = try input.convolution(weight, bias: bias, stride: stride, padding: padding)
      return hasReLU ? try Op.relu(.tensor(result)) : result
    }
    return try Op.convolve(
      .tensor(input), .tensor(try preparedWeight(for: input)), .tensor(bias), .integers(padding),
      .integers(stride), .integers([1, 1]), .integer(1), .text(hasReLU ? "relu" : "none"),
      .numbers([]), .text(""))
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
