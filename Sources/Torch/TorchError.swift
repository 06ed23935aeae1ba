/// What can go wrong in libtorch, as the Swift caller sees it.
public enum TorchError: Error, Equatable, CustomStringConvertible {
  /// libtorch or its shim could not be loaded.
  case unavailable(reason: String)
  /// An operator refused its arguments or failed.
  case operatorFailed(name: String, arguments: String, message: String)
  /// Something that is not an operator failed, for instance the backward pass.
  case failed(action: String, message: String)
  /// A weights or checkpoint file is not what it should be.
  case badFile(path: String, reason: String)
  /// A file has no tensor of a name, or one of another shape or type.
  case tensorMismatch(path: String, name: String, expected: String, found: String)
  /// A device that this machine does not have.
  case noDevice(name: String, reason: String)

  /// One sentence: where, what was expected, what was found.
  public var description: String {
    switch self {
    case .unavailable(let reason):
      """
      libtorch is not available: \(reason). Install it beside bench (pip install 'torch==2.11.*'), set \
      LIBTORCH to the folder of an installed torch, or, in a checkout, run `make build`.
      """
    case .operatorFailed(let name, let arguments, let message):
      "\(name)(\(arguments)): \(firstLine(message))"
    case .failed(let action, let message): "\(action): \(firstLine(message))"
    case .badFile(let path, let reason): "\(path): \(reason)."
    case .tensorMismatch(let path, let name, let expected, let found):
      "\(path): tensor '\(name)' should be \(expected) but is \(found)."
    case .noDevice(let name, let reason): "device '\(name)' cannot be used: \(reason)."
    }
  }

  private func firstLine(_ message: String) -> String {
    String(message.split(separator: "\n", maxSplits: 1).first ?? "unknown error")
  }
}
