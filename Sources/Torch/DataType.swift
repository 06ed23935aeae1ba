/// The type of a tensor's elements; raw values are libtorch's.
public enum DataType: Int32, Sendable {
  /// 8-bit unsigned integers.
  case uint8 = 0
  /// 32-bit signed integers.
  case int32 = 3
  /// 64-bit signed integers.
  case int64 = 4
  /// IEEE half precision.
  case float16 = 5
  /// Single precision.
  case float32 = 6
  /// Double precision.
  case float64 = 7
  /// Truth values.
  case bool = 11
  /// 16 bits with the exponent range of single precision.
  case bfloat16 = 15

  /// Bytes of one element.
  public var byteCount: Int {
    switch self {
    case .uint8, .bool: 1
    case .float16, .bfloat16: 2
    case .int32, .float32: 4
    case .int64, .float64: 8
    }
  }
}

/// A Swift type that tensors can be made of and read as.
public protocol TensorScalar: BitwiseCopyable, Sendable {
  /// The element type it corresponds to.
  static var dataType: DataType { get }
}

extension Float: TensorScalar {
  /// Single precision.
  public static var dataType: DataType { .float32 }
}
extension Double: TensorScalar {
  /// Double precision.
  public static var dataType: DataType { .float64 }
}
extension Int64: TensorScalar {
  /// 64-bit integers.
  public static var dataType: DataType { .int64 }
}
extension Int32: TensorScalar {
  /// 32-bit integers.
  public static var dataType: DataType { .int32 }
}
extension UInt8: TensorScalar {
  /// Bytes.
  public static var dataType: DataType { .uint8 }
}
