/// A tensor and what it is called in a file.
public struct NamedTensor: Sendable {
  /// Its name.
  public let name: String
  /// The tensor.
  public let tensor: Tensor

  /// Pairs a name and a tensor.
  public init(name: String, tensor: Tensor) {
    self.name = name
    self.tensor = tensor
  }
}

extension ParameterStore {
  /// All parameters and buffers by name.
  public var state: [NamedTensor] {
    entries.map { NamedTensor(name: $0.name, tensor: $0.tensor) }
  }
}

/// Copies tensors read from a file into those of the same names.
///
/// - Throws: ``TorchError/tensorMismatch(path:name:expected:found:)`` if one is missing, has another
///   shape or is not finite; nothing is changed then.
public func restore(_ targets: [NamedTensor], from file: SafetensorsFile) throws(TorchError) {
  let sources = try targets.map { target throws(TorchError) in
    let source = try file.tensor(target.name)
    guard source.shape == target.tensor.shape else {
      throw .tensorMismatch(
        path: file.path, name: target.name, expected: "of shape \(target.tensor.shape)",
        found: "of shape \(source.shape)")
    }
    guard try source.isFinite().all().item() == 1 else {
      throw .tensorMismatch(
        path: file.path, name: target.name, expected: "finite numbers", found: "NaN or infinite")
    }
    return source
  }
  try withoutGradients { () throws(TorchError) in
    for (target, source) in zip(targets, sources) { try target.tensor.copyInPlace(source) }
  }
}
