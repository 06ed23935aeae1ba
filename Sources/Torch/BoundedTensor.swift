/// A tensor and a bound on the magnitude of its elements.
///
/// Only operators that keep the bound true are offered, so that ``FusedConvolution`` knows whether its
/// sums can overflow without looking at every input.
public struct BoundedTensor: Sendable {
  private enum Op {
    static let range = Operator("aminmax")
  }

  /// The elements.
  public let tensor: Tensor
  /// No element is larger in magnitude; infinite where nothing is known, NaN where one is NaN.
  public let bound: Double

  init(_ tensor: Tensor, bound: Double) {
    self.tensor = tensor
    self.bound = bound
  }

  /// Looks at all elements, on the processor; elsewhere no kernel needs a bound, and nobody has to wait for one.
  ///
  /// - Throws: ``TorchError``, also if there are none.
  public init(measuring tensor: Tensor) throws(TorchError) {
    guard tensor.device.isSynchronous else {
      self.init(tensor, bound: .infinity)
      return
    }
    // Both are NaN if an element is.
    let range = try Op.range.call([.tensor(tensor)])
    let (lower, upper) = (try range[0].item().magnitude, try range[1].item().magnitude)
    self.init(tensor, bound: lower > upper ? lower : upper)
  }

  /// Maximum pooling.
  public func maxPool(kernel: Int, stride: Int, padding: Int = 0) throws(TorchError)
    -> BoundedTensor
  {
    let pooled = try tensor.maxPool(kernel: kernel, stride: stride, padding: padding)
    return BoundedTensor(pooled, bound: bound)
  }

  /// Average pooling.
  public func averagePool(
    kernel: Int, stride: Int, padding: Int = 0, countsPadding: Bool = true
  ) throws(TorchError) -> BoundedTensor {
    let pooled = try tensor.averagePool(
      kernel: kernel, stride: stride, padding: padding, countsPadding: countsPadding)
    return BoundedTensor(pooled, bound: bound)
  }

  /// max(x, 0), elementwise.
  public func relu() throws(TorchError) -> BoundedTensor {
    BoundedTensor(try tensor.relu(), bound: bound)
  }

  /// Tensors one after another along a dimension.
  public static func concatenated(
    _ parts: [BoundedTensor], dimension: Int
  ) throws(TorchError) -> BoundedTensor {
    let joined = try Tensor.concatenated(parts.map(\.tensor), dimension: dimension)
    // Not the largest, which would pass over a NaN; the sum bounds all of them as well.
    return BoundedTensor(joined, bound: parts.reduce(0) { $0 + $1.bound })
  }
}
