/// Compositions that libtorch has one kernel for.
extension Tensor {
  private enum Op {
    static let addProduct = Operator("addcmul")
  }

  /// self + first·second with broadcasting, in one pass over memory.
  public func addingProduct(_ first: Tensor, _ second: Tensor) throws(TorchError) -> Tensor {
    try Op.addProduct(.tensor(self), .tensor(first), .tensor(second))
  }
}
