import BenchSupport
internal import CTorch

extension Tensor {
  /// Whether gradients are accumulated for this tensor.
  public var requiresGradient: Bool {
    handle.table.pointee.tensor_requires_gradient(handle.pointer) != 0
  }

  /// Turns the accumulation of gradients on or off for a leaf tensor.
  public func setRequiresGradient(_ value: Bool) throws(TorchError) {
    try Libtorch.check(
      "set requiresGradient",
      handle.table.pointee.tensor_set_requires_gradient(handle.pointer, value ? 1 : 0))
  }

  /// The gradient accumulated by ``backward(keepsGraph:)``, if any.
  public func gradient() throws(TorchError) -> Tensor? {
    var pointer: OpaquePointer?
    try Libtorch.check(
      "gradient", handle.table.pointee.tensor_gradient(handle.pointer, &pointer))
    return pointer.map { Tensor(owning: $0, handle.table) }
  }

  /// Replaces the accumulated gradient; nil removes it.
  public func setGradient(_ gradient: Tensor?) throws(TorchError) {
    try Libtorch.check(
      "set gradient",
      handle.table.pointee.tensor_set_gradient(handle.pointer, gradient?.handle.pointer))
  }

  /// Accumulates the gradients of this scalar into the leaves it was computed from.
  public func backward(keepsGraph: Bool = false) throws(TorchError) {
    try Libtorch.check(
      "backward pass", handle.table.pointee.backward(handle.pointer, nil, keepsGraph ? 1 : 0))
  }

  /// Accumulates the vector–Jacobian product with `gradient`, which has this tensor's shape.
  public func backward(with gradient: Tensor, keepsGraph: Bool = false) throws(TorchError) {
    try Libtorch.check(
      "backward pass",
      handle.table.pointee.backward(
        handle.pointer, gradient.handle.pointer, keepsGraph ? 1 : 0))
  }

  /// The gradients of this scalar with respect to `inputs`, without accumulating them.
  ///
  /// - Returns: One gradient per input; nil where this tensor does not depend on the input.
  public func gradients(
    of inputs: [Tensor], keepsGraph: Bool = false, createsGraph: Bool = false
  ) throws(TorchError) -> [Tensor?] {
    var results = [OpaquePointer?](repeating: nil, count: inputs.count)
    let pointers = inputs.map { Optional($0.handle.pointer) }
    let message = handle.table.pointee.gradients(
      handle.pointer, pointers, Int64(inputs.count), keepsGraph ? 1 : 0, createsGraph ? 1 : 0,
      &results)
    withExtendedLifetime(inputs) {}
    try Libtorch.check("gradients", message)
    return results.map { $0.map { Tensor(owning: $0, handle.table) } }
  }
}

/// Runs `body` without recording operations for the backward pass on this thread.
public func withoutGradients<Value, Failure: Error>(_ body: () throws(Failure) -> Value)
  throws(Failure) -> Value
{
  guard let table = try? Libtorch.table() else { return try body() }
  let before = table.pointee.gradient_mode()
  table.pointee.set_gradient_mode(0)
  defer { table.pointee.set_gradient_mode(before) }
  return try body()
}

/// Arithmetic inside convolutions and matrix products.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// Single precision throughout.
  case float32
  /// On CUDA, factors of convolutions and matrix products rounded to 10 bits and sums in single precision; on the
  /// processor the same as ``float32``.
  case tf32
  /// bfloat16 operands in convolutions and matrix products, everything else in single precision.
  case bfloat16

  /// Reads a name.
  ///
  /// - Throws: `DecodingError` that tells the known ones.
  public init(from decoder: any Decoder) throws { self = try decoder.choice() }
}

/// Runs `body`, forward and backward passes, with the factors rounded that ``Precision/tf32`` rounds.
///
/// - Parameters:
///   - precision: Whether to round.
///   - body: What is run.
/// - Returns: What `body` does.
/// - Throws: ``TorchError`` and errors of `body`.
public func withRounding<Value>(for precision: Precision, _ body: () throws -> Value) throws
  -> Value
{
  guard precision == .tf32 else { return try body() }
  let table = try Libtorch.table()
  try Libtorch.check("TF32", table.pointee.set_tf32(1))
  let result = Result { try body() }
  try Libtorch.check("TF32", table.pointee.set_tf32(0))
  return try result.get()
}

/// Runs `body` with libtorch's automatic casting set for `precision` on `device`.
public func withPrecision<Value>(
  _ precision: Precision, on device: Device, _ body: () throws -> Value
) throws -> Value {
  guard precision == .bfloat16 else { return try body() }
  let table = try Libtorch.table()
  try Libtorch.check("autocast", table.pointee.set_autocast(device.kind, 1))
  let result = Result { try body() }
  try Libtorch.check("autocast", table.pointee.set_autocast(device.kind, 0))
  return try result.get()
}

/// Runs `body` in single precision, also inside ``withPrecision(_:on:_:)``.
public func withFullPrecision<Value>(on device: Device, _ body: () throws -> Value) throws -> Value
{
  let table = try Libtorch.table()
  guard table.pointee.autocast(device.kind) != 0 else { return try body() }
  try Libtorch.check("autocast", table.pointee.set_autocast(device.kind, 0))
  let result = Result { try body() }
  try Libtorch.check("autocast", table.pointee.set_autocast(device.kind, 1))
  return try result.get()
}

/// libtorch's random generator of a device.
public enum TorchRandom {
  /// Seeds the generators of all devices.
  public static func seed(_ seed: UInt64) throws(TorchError) {
    try Libtorch.check("seed", Libtorch.table().pointee.seed(seed))
  }

  /// The generator's whole state, as bytes.
  public static func state(of device: Device) throws(TorchError) -> [UInt8] {
    let table = try Libtorch.table()
    var pointer: OpaquePointer?
    try Libtorch.check(
      "generator state", table.pointee.generator_state(device.kind, device.index, &pointer))
    guard let pointer else { throw .failed(action: "generator state", message: "no result") }
    return try Tensor(owning: pointer, table).elements(as: UInt8.self)
  }

  /// Restores a state read by ``state(of:)``.
  public static func setState(_ state: [UInt8], of device: Device) throws(TorchError) {
    let tensor = try Tensor(state, shape: [state.count])
    try Libtorch.check(
      "generator state",
      Libtorch.table().pointee.set_generator_state(
        device.kind, device.index, tensor.handle.pointer))
    withExtendedLifetime(tensor) {}
  }
}
