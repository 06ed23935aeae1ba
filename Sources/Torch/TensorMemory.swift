/// Tensors' elements as they once were, to be had back where a scalar of their device says so.
///
/// Nobody waits for that scalar.
public struct TensorMemory {
  private let tensors: [Tensor]
  private let copies: [Tensor]

  /// Remembers the elements of tensors as they are.
  ///
  /// - Parameter tensors: Tensors of one device.
  /// - Throws: ``TorchError``.
  public init(_ tensors: [Tensor]) throws(TorchError) {
    self.tensors = tensors
    copies = try withoutGradients { () throws(TorchError) in
      var copies: [Tensor] = []
      for tensor in tensors { copies.append(try tensor.detached().cloned()) }
      return copies
    }
  }

  /// Forgets what it remembered for what the elements are now.
  ///
  /// - Throws: ``TorchError``.
  public func update() throws(TorchError) {
    guard !tensors.isEmpty else { return }
    try withoutGradients { () throws(TorchError) in
      try Foreach.copyInPlace(copies, from: tensors)
    }
  }

  /// Gives the tensors the remembered elements.
  ///
  /// - Parameter condition: A scalar of their device: 1 if it is to be done, else 0.
  /// - Throws: ``TorchError``.
  public func restore(if condition: Tensor) throws(TorchError) {
    guard !tensors.isEmpty else { return }
    try withoutGradients { () throws(TorchError) in
      let stays = try condition.isLess(than: 0.5)
      for (tensor, copy) in zip(tensors, copies) {
        try tensor.copyInPlace(stays.select(tensor, otherwise: copy))
      }
    }
  }
}
