import Synchronization

/// A fully connected layer with what follows it, for inference: one kernel on the processor.
///
/// On the processor oneDNN applies the activation, or adds another tensor, while the result is in cache, and
/// keeps the weights in the order its kernel wants; elsewhere the operators run one after another. No
/// gradients. Both activations end in a product with their argument, so that NaN stays NaN.
public final class FusedLinear: Sendable {
  /// What is applied to the result.
  public enum Activation: Sendable {
    /// Nothing.
    case none
    /// x·Φ(x) with the distribution function of the normal distribution, not its approximation.
    case gelu
    /// x·σ(x).
    case silu
  }

  private enum Op {
    static let pointwise = Operator("_linear_pointwise", namespace: "mkldnn")
    static let adding = Operator("_linear_pointwise", "binary", namespace: "mkldnn")
    static let reorder = Operator("_reorder_linear_weight", namespace: "mkldnn")
  }

  private let weight: Tensor
  private let bias: Tensor?
  private let activation: Activation
  private let isFused: Bool
  /// The weights as oneDNN wants them, made for the row count of the first input.
  private let prepared = Mutex<Tensor?>(nil)

  /// Takes the parameters of a layer.
  ///
  /// - Parameters:
  ///   - weight: `[output, input]`.
  ///   - bias: `[output]`.
  ///   - activation: What is applied to the result.
  public init(weight: Tensor, bias: Tensor?, activation: Activation = .none) {
    self.weight = weight
    self.bias = bias
    self.activation = activation
    isFused =
      weight.device == .cpu && weight.dataType == .float32 && Op.pointwise.isAvailable
      && Op.adding.isAvailable && Op.reorder.isAvailable
  }

  /// The activation of x·Wᵀ + b.
  ///
  /// - Parameter input: `[..., input]`.
  /// - Returns: `[..., output]`; NaN where the input or the weights make it so.
  /// - Throws: ``TorchError`` if shapes do not fit.
  public func callAsFunction(_ input: Tensor) throws(TorchError) -> Tensor {
    guard isFused else {
      let result = try input.linear(weight, bias: bias)
      return switch activation {
      case .none: result
      case .gelu: try result.gelu()
      case .silu: try result.silu()
      }
    }
    let name =
      switch activation {
      case .none: "none"
      case .gelu: "gelu"
      case .silu: "swish"
      }
    return try Op.pointwise(
      .tensor(input), .tensor(try preparedWeight(for: input)), .optional(bias), .text(name),
      .numbers([]), .text("none"))
  }

  /// The sum of another tensor and x·Wᵀ + b, without activation.
  ///
  /// - Parameters:
  ///   - input: `[..., input]`.
  ///   - other: `[..., output]`.
  /// - Returns: `[..., output]`.
  /// - Throws: ``TorchError`` if shapes do not fit.
  public func callAsFunction(_ input: Tensor, addedTo other: Tensor) throws(TorchError) -> Tensor {
    precondition(activation == .none, "a sum with the activation \(activation)")
    guard isFused else { return try other + input.linear(weight, bias: bias) }
    return try Op.adding(
      .tensor(input), .tensor(other), .tensor(try preparedWeight(for: input)), .optional(bias),
      .text("add"))
  }

  private func preparedWeight(for input: Tensor) throws(TorchError) -> Tensor {
    try prepared.withLock { prepared throws(TorchError) in
      if let prepared { return prepared }
      let rowCount = input.shape.dropLast().reduce(1, *)
      let reordered = try Op.reorder(.tensor(weight), .integer(rowCount))
      prepared = reordered
      return reordered
    }
  }
}
