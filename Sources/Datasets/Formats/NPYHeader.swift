/// The element type of a NumPy array.
public enum NPYDataType: Sendable, Equatable {
  /// One byte, 0 or 1.
  case bool
  /// Signed integers of 1, 2, 4 or 8 bytes.
  case int8, int16, int32, int64
  /// Unsigned integers of 1, 2, 4 or 8 bytes.
  case uint8, uint16, uint32, uint64
  /// IEEE floating point numbers of 2, 4 or 8 bytes.
  case float16, float32, float64
  /// Byte strings of a fixed length (NumPy's `S`).
  case bytes(Int)
  /// Texts of a fixed number of 4-byte characters (NumPy's `U`).
  case text(Int)

  /// Bytes per element.
  public var byteCount: Int {
    switch self {
    case .bool, .int8, .uint8: 1
    case .int16, .uint16, .float16: 2
    case .int32, .uint32, .float32: 4
    case .int64, .uint64, .float64: 8
    case .bytes(let count): count
    case .text(let count): 4 * count
    }
  }

  /// The bytes that are swapped together in the other byte order.
  var unitByteCount: Int {
    switch self {
    case .bytes: 1
    case .text: 4
    default: byteCount
    }
  }

  /// NumPy's name for the type, for instance `float32`.
  public var name: String {
    switch self {
    case .bytes(let count): "S\(count)"
    case .text(let count): "U\(count)"
    default: "\(self)"
    }
  }

  /// NumPy's code without the byte order, for instance `f4`.
  var code: String {
    switch self {
    case .bool: "b1"
    case .int8: "i1"
    case .int16: "i2"
    case .int32: "i4"
    case .int64: "i8"
    case .uint8: "u1"
    case .uint16: "u2"
    case .uint32: "u4"
    case .uint64: "u8"
    case .float16: "f2"
    case .float32: "f4"
    case .float64: "f8"
    case .bytes(let count): "S\(count)"
    case .text(let count): "U\(count)"
    }
  }

  private static let numeric: [NPYDataType] = [
    .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float16, .float32,
    .float64,
  ]

  init?(code: Substring) {
    if let type = Self.numeric.first(where: { $0.code == code }) {
      self = type
      return
    }
    // A length is bounded so that the size in bytes cannot overflow.
    guard let count = Int(code.dropFirst()), (1...1 << 24).contains(count) else { return nil }
    switch code.first {
    case "S", "a": self = .bytes(count)
    case "U": self = .text(count)
    default: return nil
    }
  }
}

/// What stands before the elements of a NumPy `.npy` file (NEP 1, versions 1 to 3).
struct NPYHeader: Equatable {
  let dataType: NPYDataType
  let shape: [Int]
  let isFortranOrder: Bool
  let isBigEndian: Bool
  /// Bytes before the elements.
  let headerByteCount: Int
  /// Bytes of all elements.
  let byteCount: Int

  /// Reads the header from the start of `stream`.
  init(_ stream: some ByteStream) throws(DatasetError) {
    func malformed(_ reason: String) -> DatasetError {
      .malformed(file: stream.name, format: "NPY", reason: reason)
    }
    let start = try stream.readExactly(8)
    guard start[0] == 0x93 && start[1...5].elementsEqual("NUMPY".utf8) else {
      throw malformed("it does not begin with NumPy's signature")
    }
    guard (1...3).contains(start[6]) else {
      throw .unsupported(
        file: stream.name, format: "NPY", reason: "version \(start[6]) is unknown")
    }
    let lengthBytes = try stream.readExactly(start[6] == 1 ? 2 : 4)
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    headerByteCount = 8 + lengthBytes.count + length
    guard length <= 1 << 20 else { throw malformed("its header claims to be \(length) bytes long") }
    let text = String(decoding: try stream.readExactly(length), as: UTF8.self)
    var parser = PythonLiteralParser(text)
    guard case .dictionary(let fields)? = parser.value(),
      let description = fields["descr"], case .bool(let isFortran)? = fields["fortran_order"],
      case .list(let sizes)? = fields["shape"]
    else { throw malformed("its header is not a dictionary of descr, fortran_order and shape") }
    guard case .text(let code) = description else {
      throw .unsupported(
        file: stream.name, format: "NPY", reason: "arrays of records are not supported")
    }
    shape = sizes.compactMap { if case .integer(let size) = $0 { size } else { nil } }
    guard shape.count == sizes.count else { throw malformed("its shape is not made of integers") }
    isFortranOrder = isFortran
    (dataType, isBigEndian) = try Self.dataType(code, file: stream.name)
    guard let count = checkedProduct(shape + [dataType.byteCount]) else {
      throw malformed("its shape \(shape) is impossible")
    }
    byteCount = count
  }

  private static func dataType(
    _ code: String, file: String
  ) throws(DatasetError) -> (NPYDataType, Bool) {
    let body = code.drop { "<>=|".contains($0) }
    guard let type = NPYDataType(code: body) else {
      let reason =
        body.hasPrefix("O")
        ? "it holds Python objects (a pickle), which could run code when loaded"
        : "element type '\(code)' is not supported"
      throw .unsupported(file: file, format: "NPY", reason: reason)
    }
    return (type, code.hasPrefix(">"))
  }

  /// The header of an array in C order and little-endian, padded as NumPy does to 64 bytes.
  static func encoded(_ type: NPYDataType, shape: [Int]) -> [UInt8] {
    let order = type.unitByteCount == 1 ? "|" : "<"
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var text = "{'descr': '\(order)\(type.code)', 'fortran_order': False, 'shape': (\(sizes)), }"
    text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
    let length = text.utf8.count
    return [0x93] + "NUMPY".utf8 + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)] + text.utf8
  }
}
