/// One piece of memory in which several single-precision tensors lie side by side.
public struct TensorBucket {
  /// The elements of all tensors, in one dimension.
  public let elements: Tensor
  private let views: [Tensor]

  /// Room for tensors of the shapes of `tensors`, of which there is at least one, on their device.
  public init(like tensors: [Tensor]) throws(TorchError) {
    let counts = tensors.map(\.count)
    let elements = try Tensor.zeros([counts.reduce(0, +)], device: tensors[0].device)
    self.elements = elements
    var start = 0
    var views: [Tensor] = []
    for (tensor, count) in zip(tensors, counts) {
      views.append(try Self.view(elements.narrowed(0, start: start, count: count), tensor.shape))
      start += count
    }
    self.views = views
  }

  /// Copies the elements of tensors in, in the order of creation.
  public func load(_ tensors: [Tensor]) throws(TorchError) {
    try withoutGradients { () throws(TorchError) in
      try Foreach.copyInPlace(views, from: tensors)
    }
  }

  /// Copies the elements out again.
  public func store(in tensors: [Tensor]) throws(TorchError) {
    try withoutGradients { () throws(TorchError) in
      try Foreach.copyInPlace(tensors, from: views)
    }
  }

  /// Convolutions' weights are channels-last; in the same order they are copied as one block.
  private static func view(_ elements: Tensor, _ shape: [Int]) throws(TorchError) -> Tensor {
    guard shape.count == 4 else { return try elements.reshaped(shape) }
    return try elements.reshaped([shape[0], shape[2], shape[3], shape[1]]).permuted([0, 3, 1, 2])
  }
}
