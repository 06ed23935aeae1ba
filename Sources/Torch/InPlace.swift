/// Functions that change a tensor where it lies; all but ``Tensor/reluInPlace()`` are for optimisers
/// and initialisers, where gradients are off.
extension Tensor {
  private enum Op {
    static let copy = Operator("copy_")
    static let zero = Operator("zero_")
    static let uniform = Operator("uniform_")
    static let normal = Operator("normal_")
    static let multiply = Operator("mul_", "Scalar")
    static let add = Operator("add_", "Tensor")
    static let relu = Operator("relu_")
  }

  /// Takes over the elements of `source`, broadcast to this shape.
  public func copyInPlace(_ source: Tensor) throws(TorchError) {
    _ = try Op.copy(.tensor(self), .tensor(source))
  }

  /// Sets every element to zero.
  public func zeroInPlace() throws(TorchError) { _ = try Op.zero(.tensor(self)) }

  /// Draws every element uniformly from a range.
  public func uniformInPlace(from lower: Double, to upper: Double) throws(TorchError) {
    _ = try Op.uniform(.tensor(self), .number(lower), .number(upper))
  }

  /// Draws every element from a normal distribution.
  public func normalInPlace(mean: Double, deviation: Double) throws(TorchError) {
    _ = try Op.normal(.tensor(self), .number(mean), .number(deviation))
  }

  /// Multiplies every element.
  public func multiplyInPlace(_ factor: Double) throws(TorchError) {
    _ = try Op.multiply(.tensor(self), .number(factor))
  }

  /// Adds `scale` times another tensor.
  public func addInPlace(_ other: Tensor, scale: Double = 1) throws(TorchError) {
    _ = try Op.add(.tensor(self), .tensor(other), .number(scale))
  }

  /// max(x, 0), elementwise; saves a copy where nothing else needs x, as after a convolution.
  ///
  /// Differentiable; libtorch refuses the backward pass if x was needed after all.
  public func reluInPlace() throws(TorchError) -> Tensor { try Op.relu(.tensor(self)) }
}
