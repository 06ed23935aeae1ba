internal import CTorch

/// A multidimensional array of libtorch, with automatic differentiation.
///
/// Every operator is a throwing function: wrong shapes or types, or a failure inside libtorch,
/// arrive as ``TorchError/operatorFailed(name:arguments:message:)`` with the operator, the shapes
/// and libtorch's message; one `try` covers a whole expression. Reading a property never fails.
/// A value shares its elements with its copies, as in libtorch: in-place operators (their names end
/// in `InPlace`) are visible through all of them.
public struct Tensor: Sendable {
  /// Owns one reference to a tensor of libtorch.
  final class Handle: @unchecked Sendable {
    // Sound: libtorch counts references atomically; in-place operators are the caller's to order.
    let pointer: OpaquePointer
    let table: UnsafePointer<ct_api>

    init(_ pointer: OpaquePointer, _ table: UnsafePointer<ct_api>) {
      self.pointer = pointer
      self.table = table
    }

    deinit { table.pointee.tensor_release(pointer) }
  }

  let handle: Handle

  /// Takes over the one reference `pointer` stands for.
  init(owning pointer: OpaquePointer, _ table: UnsafePointer<ct_api>) {
    handle = Handle(pointer, table)
  }

  private var table: ct_api { handle.table.pointee }

  /// The size of each dimension.
  public var shape: [Int] {
    let count = Int(table.tensor_dimension_count(handle.pointer))
    return [Int64](unsafeUninitializedCapacity: count) { buffer, initialized in
      table.tensor_sizes(handle.pointer, buffer.baseAddress)
      initialized = count
    }.map(Int.init)
  }

  /// Number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// The type of the elements.
  public var dataType: DataType {
    let raw = table.tensor_type(handle.pointer)
    guard let type = DataType(rawValue: raw) else {
      preconditionFailure("tensor of libtorch type \(raw), which bench never makes")
    }
    return type
  }

  /// Where the elements live.
  public var device: Device {
    var kind: Int32 = 0
    var index: Int32 = 0
    table.tensor_device(handle.pointer, &kind, &index)
    return switch Int(kind) {
    case ct_device_cpu: .cpu
    case ct_device_cuda: .cuda(Int(index))
    default: .privateUse
    }
  }

  /// A tensor of a shape from its elements in row-major order.
  public init<Scalar: TensorScalar>(_ elements: [Scalar], shape: [Int], device: Device = .cpu)
    throws(TorchError)
  {
    precondition(
      elements.count == shape.reduce(1, *), "\(elements.count) elements for shape \(shape)")
    let table = try Libtorch.table()
    var pointer: OpaquePointer?
    let sizes = shape.map(Int64.init)
    let message = elements.withUnsafeBytes { bytes in
      table.pointee.tensor_create(
        bytes.baseAddress, Scalar.dataType.rawValue, sizes, Int64(sizes.count), &pointer)
    }
    try Libtorch.check("tensor of shape \(shape)", message)
    guard let pointer else { throw .failed(action: "tensor", message: "no result") }
    let tensor = Tensor(owning: pointer, table)
    self = device == .cpu ? tensor : try tensor.to(device)
  }

  /// A tensor of a shape on a device, from its elements in row-major order, without waiting for the device.
  ///
  /// To a graphics processor the elements go through page-locked memory and beside the device's other work, which
  /// waits for them.
  ///
  /// - Parameters:
  ///   - elements: As many as the shape has; may change as soon as the call returns.
  ///   - shape: The size of each dimension.
  ///   - device: Where to.
  /// - Returns: The tensor.
  /// - Throws: ``TorchError``.
  public static func uploaded<Scalar: TensorScalar>(
    _ elements: [Scalar], shape: [Int], to device: Device
  ) throws(TorchError) -> Tensor {
    // What the copy is ordered by is not at the same place in another libtorch.
    guard device != .cpu, try Libtorch.isShimsOwn else {
      return try Tensor(elements, shape: shape, device: device)
    }
    precondition(
      elements.count == shape.reduce(1, *), "\(elements.count) elements for shape \(shape)")
    let table = try Libtorch.table()
    var pointer: OpaquePointer?
    let message = elements.withUnsafeBytes { bytes in
      table.pointee.tensor_upload(
        bytes.baseAddress, Scalar.dataType.rawValue, shape.map(Int64.init), Int64(shape.count),
        device.kind, device.index, &pointer)
    }
    try Libtorch.check("upload a tensor of shape \(shape) to \(device)", message)
    guard let pointer else { throw .failed(action: "upload", message: "no result") }
    return Tensor(owning: pointer, table)
  }

  /// A tensor from raw elements, for instance of a file.
  init(bytes: UnsafeRawBufferPointer, type: DataType, shape: [Int]) throws(TorchError) {
    let table = try Libtorch.table()
    precondition(
      bytes.count == shape.reduce(type.byteCount, *), "\(bytes.count) bytes for \(shape)")
    var pointer: OpaquePointer?
    try Libtorch.check(
      "tensor of shape \(shape)",
      table.pointee.tensor_create(
        bytes.baseAddress, type.rawValue, shape.map(Int64.init), Int64(shape.count), &pointer))
    guard let pointer else { throw .failed(action: "tensor", message: "no result") }
    self.init(owning: pointer, table)
  }

  /// The elements in row-major order; the tensor is copied from its device and must be of that type.
  public func elements<Scalar: TensorScalar>(as type: Scalar.Type = Float.self)
    throws(TorchError) -> [Scalar]
  {
    let source = dataType == Scalar.dataType ? self : try to(Scalar.dataType)
    var result: Result<[Scalar], TorchError> = .success([])
    let count = source.count
    let elements = [Scalar](unsafeUninitializedCapacity: count) { buffer, initialized in
      let message = table.tensor_read(
        source.handle.pointer, buffer.baseAddress, count * MemoryLayout<Scalar>.stride)
      do {
        try Libtorch.check("read tensor of shape \(shape)", message)
        initialized = count
      } catch {
        result = .failure(error as? TorchError ?? .failed(action: "read", message: "\(error)"))
      }
    }
    _ = try result.get()
    return elements
  }

  /// Lets `body` change the elements of a contiguous single-precision tensor on the processor.
  ///
  /// - Parameter body: Receives all elements in row-major order; they are valid during the call.
  /// - Returns: What `body` returns.
  /// - Throws: ``TorchError`` if the elements lie elsewhere or in another order, and errors of `body`.
  public func withElements<Value>(
    _ body: (UnsafeMutableBufferPointer<Float>) throws -> Value
  ) throws -> Value {
    precondition(dataType == .float32, "elements of a tensor of \(dataType)")
    var elements: UnsafeMutableRawPointer?
    try Libtorch.check(
      "elements of a tensor of shape \(shape)", table.tensor_elements(handle.pointer, &elements))
    defer { withExtendedLifetime(self) {} }
    return try body(
      UnsafeMutableBufferPointer(
        start: elements?.assumingMemoryBound(to: Float.self), count: count))
  }

  /// Lets `body` pass the elements of a contiguous single-precision tensor to another library of its device.
  ///
  /// - Parameter body: Receives the address of all elements, in row-major order, in the device's memory, and the
  ///   handle of the queue of the device's work, whose earlier parts make them: on CUDA a `cudaStream_t`.
  /// - Returns: What `body` returns.
  /// - Throws: ``TorchError`` if the elements are in another order, and errors of `body`.
  public func withAddress<Value>(
    _ body: (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) throws -> Value
  ) throws -> Value {
    precondition(dataType == .float32, "elements of a tensor of \(dataType)")
    var elements: UnsafeMutableRawPointer?
    var queue: UnsafeMutableRawPointer?
    try Libtorch.check(
      "address of a tensor of shape \(shape)",
      table.tensor_address(handle.pointer, &elements, &queue))
    defer { withExtendedLifetime(self) {} }
    return try body(elements, queue)
  }

  /// The elements' bytes in row-major order.
  func bytes() throws(TorchError) -> [UInt8] {
    let count = self.count * dataType.byteCount
    var bytes = [UInt8](repeating: 0, count: count)
    try Libtorch.check(
      "read tensor of shape \(shape)", table.tensor_read(handle.pointer, &bytes, count))
    return bytes
  }

  /// The one element of a tensor that has one.
  public func item() throws(TorchError) -> Double {
    let values = try elements(as: Double.self)
    precondition(values.count == 1, "item() of a tensor of shape \(shape)")
    return values[0]
  }
}
