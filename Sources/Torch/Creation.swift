/// Tensors made from nothing.
extension Tensor {
  private enum Op {
    static let zeros = Operator("zeros")
    static let ones = Operator("ones")
    static let full = Operator("full")
    static let randn = Operator("randn")
    static let rand = Operator("rand")
    static let arange = Operator("arange")
    static let eye = Operator("eye")
    static let randperm = Operator("randperm")
    static let zerosLike = Operator("zeros_like")
    static let onesLike = Operator("ones_like")
    static let randnLike = Operator("randn_like")
  }

  private static func options(_ type: DataType, _ device: Device) -> [Argument] {
    [.type(type), .none, .text(device.description), .none]
  }

  private static func make(
    _ operation: Operator, _ arguments: [Argument], _ type: DataType, _ device: Device
  ) throws(TorchError) -> Tensor {
    try operation.call(arguments + options(type, device))[0]
  }

  /// Zeros.
  public static func zeros(_ shape: [Int], type: DataType = .float32, device: Device = .cpu)
    throws(TorchError) -> Tensor
  { try make(Op.zeros, [.integers(shape)], type, device) }

  /// Ones.
  public static func ones(_ shape: [Int], type: DataType = .float32, device: Device = .cpu)
    throws(TorchError) -> Tensor
  { try make(Op.ones, [.integers(shape)], type, device) }

  /// One value everywhere.
  public static func full(
    _ shape: [Int], _ value: Double, type: DataType = .float32, device: Device = .cpu
  ) throws(TorchError) -> Tensor {
    try make(Op.full, [.integers(shape), .number(value)], type, device)
  }

  /// Standard normal draws of libtorch's generator.
  public static func normal(_ shape: [Int], type: DataType = .float32, device: Device = .cpu)
    throws(TorchError) -> Tensor
  { try make(Op.randn, [.integers(shape)], type, device) }

  /// Uniform draws from [0, 1) of libtorch's generator.
  public static func uniform(_ shape: [Int], type: DataType = .float32, device: Device = .cpu)
    throws(TorchError) -> Tensor
  { try make(Op.rand, [.integers(shape)], type, device) }

  /// The numbers 0, 1, … `count` − 1.
  public static func range(_ count: Int, type: DataType = .float32, device: Device = .cpu)
    throws(TorchError) -> Tensor
  { try make(Op.arange, [.integer(count)], type, device) }

  /// The identity matrix.
  public static func identity(_ size: Int, type: DataType = .float32, device: Device = .cpu)
    throws(TorchError) -> Tensor
  { try make(Op.eye, [.integer(size)], type, device) }

  /// A random order of `0..<count`, of libtorch's generator, as 64-bit integers.
  public static func permutation(_ count: Int, device: Device = .cpu) throws(TorchError) -> Tensor {
    try make(Op.randperm, [.integer(count)], .int64, device)
  }

  /// Zeros in the shape, type and place of this tensor.
  public func zerosLike() throws(TorchError) -> Tensor { try Op.zerosLike(.tensor(self)) }

  /// Ones in the shape, type and place of this tensor.
  public func onesLike() throws(TorchError) -> Tensor { try Op.onesLike(.tensor(self)) }

  /// Standard normal draws in the shape, type and place of this tensor.
  public func normalLike() throws(TorchError) -> Tensor { try Op.randnLike(.tensor(self)) }
}
