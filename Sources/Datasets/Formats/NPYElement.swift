/// A number type that NumPy arrays can hold.
public protocol NPYElement: Sendable {
  /// NumPy's element type.
  static var npyDataType: NPYDataType { get }
}

extension Bool: NPYElement {
  /// NumPy's `bool`.
  public static var npyDataType: NPYDataType { .bool }
}

extension Int8: NPYElement {
  /// NumPy's `int8`.
  public static var npyDataType: NPYDataType { .int8 }
}

extension Int16: NPYElement {
  /// NumPy's `int16`.
  public static var npyDataType: NPYDataType { .int16 }
}

extension Int32: NPYElement {
  /// NumPy's `int32`.
  public static var npyDataType: NPYDataType { .int32 }
}

extension Int64: NPYElement {
  /// NumPy's `int64`.
  public static var npyDataType: NPYDataType { .int64 }
}

extension Int: NPYElement {
  /// NumPy's `int64`.
  public static var npyDataType: NPYDataType { .int64 }
}

extension UInt8: NPYElement {
  /// NumPy's `uint8`.
  public static var npyDataType: NPYDataType { .uint8 }
}

extension UInt16: NPYElement {
  /// NumPy's `uint16`.
  public static var npyDataType: NPYDataType { .uint16 }
}

extension UInt32: NPYElement {
  /// NumPy's `uint32`.
  public static var npyDataType: NPYDataType { .uint32 }
}

extension UInt64: NPYElement {
  /// NumPy's `uint64`.
  public static var npyDataType: NPYDataType { .uint64 }
}

extension Float: NPYElement {
  /// NumPy's `float32`.
  public static var npyDataType: NPYDataType { .float32 }
}

extension Double: NPYElement {
  /// NumPy's `float64`.
  public static var npyDataType: NPYDataType { .float64 }
}
