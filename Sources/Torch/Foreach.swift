/// Operators over lists of tensors: one call instead of one per tensor.
enum Foreach {
  private static let norm = Operator("_foreach_norm", "Scalar")
  private static let multiply = Operator("_foreach_mul_", "Tensor")
  private static let lerp = Operator("_foreach_lerp_", "Scalar")
  private static let copy = Operator("_foreach_copy_")
  private static let add = Operator("_foreach_add_", "List")

  /// The Euclidean norm of each tensor.
  static func norms(_ tensors: [Tensor]) throws(TorchError) -> [Tensor] {
    // libtorch returns at most as many results as there are tensors; lists stay below the limit.
    try chunks(tensors).flatMapThrowing { part throws(TorchError) in
      try norm.call([.tensors(part), .integer(2)])
    }
  }

  /// Multiplies every tensor by a scalar tensor.
  static func scaleInPlace(_ tensors: [Tensor], by factor: Tensor) throws(TorchError) {
    _ = try multiply.call([.tensors(tensors), .tensor(factor)])
  }

  /// Moves every tensor towards its target by a fraction.
  static func interpolateInPlace(_ tensors: [Tensor], to targets: [Tensor], fraction: Double)
    throws(TorchError)
  {
    _ = try lerp.call([.tensors(tensors), .tensors(targets), .number(fraction)])
  }

  /// Copies every source into its tensor.
  static func copyInPlace(_ tensors: [Tensor], from sources: [Tensor]) throws(TorchError) {
    _ = try copy.call([.tensors(tensors), .tensors(sources)])
  }

  /// Adds every other tensor to its tensor.
  static func addInPlace(_ tensors: [Tensor], _ others: [Tensor]) throws(TorchError) {
    _ = try add.call([.tensors(tensors), .tensors(others)])
  }

  private static func chunks(_ tensors: [Tensor]) -> [[Tensor]] {
    stride(from: 0, to: tensors.count, by: 256).map {
      Array(tensors[$0..<min($0 + 256, tensors.count)])
    }
  }
}

extension Array {
  fileprivate func flatMapThrowing<Value, Failure: Error>(
    _ transform: (Element) throws(Failure) -> [Value]
  ) throws(Failure) -> [Value] {
    var results: [Value] = []
    for element in self { results += try transform(element) }
    return results
  }
}
