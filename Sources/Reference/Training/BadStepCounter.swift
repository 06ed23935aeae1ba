import Torch

/// Counts steps that changed nothing because a loss or a gradient was not finite.
///
/// On the device, so that a step need not wait for the one before; only reading waits.
struct BadStepCounter {
  private let all: Tensor
  private let inARow: Tensor

  /// Starts at zero.
  init(device: Device) throws {
    all = try Tensor.zeros([], type: .float64, device: device)
    inARow = try Tensor.zeros([], type: .float64, device: device)
  }

  /// Counts a step.
  ///
  /// - Parameter isBad: 1 or 0, a scalar of the device.
  /// - Throws: `TorchError`.
  func count(_ isBad: Tensor) throws {
    try withoutGradients {
      try all.addInPlace(isBad)
      try inARow.copyInPlace((inARow + 1) * isBad)
    }
  }

  /// Starts again where another training stopped.
  func set(all count: Int, inARow length: Int) throws {
    try withoutGradients {
      try all.copyInPlace(Tensor.full([], Double(count), type: .float64, device: all.device))
      try inARow.copyInPlace(Tensor.full([], Double(length), type: .float64, device: all.device))
    }
  }

  /// Waits for the device.
  ///
  /// - Returns: The bad steps, and those since the last good one.
  /// - Throws: `TorchError`.
  func read() throws -> (all: Int, inARow: Int) {
    (Int(try all.item()), Int(try inARow.item()))
  }
}
