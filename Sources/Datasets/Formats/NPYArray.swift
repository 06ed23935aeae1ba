/// A NumPy array: its shape, its element type and its elements in C order.
public struct NPYArray: Sendable, Equatable {
  /// Sizes of the axes, slowest first; empty for a single number.
  public let shape: [Int]
  /// The type of the elements.
  public let dataType: NPYDataType
  /// The elements in C order, little-endian, whatever the file's order was.
  public let bytes: [UInt8]
  /// What errors call the array.
  let name: String

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }

  /// Reads a `.npy` file.
  ///
  /// - Throws: ``DatasetError`` if the file is missing, damaged, holds Python objects, or is larger
  ///   than `memoryLimit` bytes.
  public init(path: String, memoryLimit: Int = NPZArchive.defaultMemoryLimit) throws(DatasetError) {
    let file = try InputFile(path: path)
    self = try NPYArray(
      FileStream(file), byteCount: file.byteCount, memoryLimit: memoryLimit)
  }

  /// Reads an array that `stream` holds from its start to its end.
  init(_ stream: some ByteStream, byteCount: Int, memoryLimit: Int) throws(DatasetError) {
    let header = try NPYHeader(stream)
    guard header.byteCount <= byteCount else {
      throw .malformed(
        file: stream.name, format: "NPY",
        reason:
          "its shape \(header.shape) needs \(header.byteCount) bytes, the whole file has \(byteCount)"
      )
    }
    guard header.byteCount <= memoryLimit else {
      throw .tooLarge(file: stream.name, byteCount: header.byteCount, limit: memoryLimit)
    }
    var bytes = try stream.readExactly(header.byteCount)
    try stream.finish()
    if header.isBigEndian { bytes.swapBytes(inUnitsOf: header.dataType.unitByteCount) }
    if header.isFortranOrder {
      bytes = bytes.transposedToC(shape: header.shape, itemByteCount: header.dataType.byteCount)
    }
    shape = header.shape
    dataType = header.dataType
    self.bytes = bytes
    name = stream.name
  }

  /// An array of numbers in C order.
  ///
  /// - Parameters:
  ///   - values: As many numbers as the shape has places.
  ///   - shape: Sizes of the axes, slowest first.
  public init<Element: NPYElement>(_ values: [Element], shape: [Int]) {
    precondition(values.count == shape.reduce(1, *), "\(values.count) values for shape \(shape)")
    self.shape = shape
    dataType = Element.npyDataType
    bytes = values.withUnsafeBytes { Array($0) }
    name = "array"
  }

  /// Little-endian elements in C order, of which there must be as many as the shape has places.
  init(bytes: [UInt8], shape: [Int], dataType: NPYDataType, name: String) {
    precondition(
      bytes.count == shape.reduce(dataType.byteCount, *), "\(bytes.count) bytes for \(shape)")
    self.shape = shape
    self.dataType = dataType
    self.bytes = bytes
    self.name = name
  }

  /// The same elements without axes of size 1 at the end, as of features of one place, `[n, d, 1, 1]`.
  ///
  /// - Parameter axisCount: How many axes are kept at least.
  /// - Returns: The array.
  package func droppingTrailingAxes(downTo axisCount: Int) -> NPYArray {
    var shape = shape
    while shape.count > axisCount, shape.last == 1 { shape.removeLast() }
    return NPYArray(bytes: bytes, shape: shape, dataType: dataType, name: name)
  }

  /// The same elements without axes of size 1 at the beginning, as of one set's mean, `[1, d]`.
  ///
  /// - Parameter axisCount: How many axes are kept at least.
  /// - Returns: The array.
  package func droppingLeadingAxes(downTo axisCount: Int) -> NPYArray {
    var shape = shape
    while shape.count > axisCount, shape.first == 1 { shape.removeFirst() }
    return NPYArray(bytes: bytes, shape: shape, dataType: dataType, name: name)
  }

  /// An array of texts.
  public init(texts: [String]) {
    let width = max(1, texts.map(\.unicodeScalars.count).max() ?? 1)
    var bytes: [UInt8] = []
    for text in texts {
      var scalars = text.unicodeScalars.map(\.value)
      scalars += repeatElement(0, count: width - scalars.count)
      scalars.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    shape = [texts.count]
    dataType = .text(width)
    self.bytes = bytes
    name = "array"
  }

  /// The elements as `Float`; exact unless the elements are wider.
  ///
  /// - Throws: ``DatasetError/typeMismatch(file:array:expected:found:)`` if they are texts.
  public func floats() throws(DatasetError) -> [Float] { try numbers("numbers") }

  /// The elements as `Double`; exact but for 64-bit integers above 2⁵³.
  ///
  /// - Throws: ``DatasetError/typeMismatch(file:array:expected:found:)`` if they are texts.
  public func doubles() throws(DatasetError) -> [Double] { try numbers("numbers") }

  /// The elements as `Int`; floating point elements must be whole.
  ///
  /// - Throws: ``DatasetError`` if they are texts, not whole, or do not fit.
  public func integers() throws(DatasetError) -> [Int] { try exactIntegers() }

  /// The elements as `UInt8`; floating point elements must be whole.
  ///
  /// - Throws: ``DatasetError`` if they are texts, not whole, or do not fit.
  public func uint8s() throws(DatasetError) -> [UInt8] {
    if dataType == .uint8 { return bytes }
    return try exactIntegers()
  }

  /// The elements as texts.
  ///
  /// - Throws: ``DatasetError/typeMismatch(file:array:expected:found:)`` if they are numbers.
  public func texts() throws(DatasetError) -> [String] {
    switch dataType {
    case .bytes(let width):
      return (0..<count).map { index in
        let item = bytes[index * width..<(index + 1) * width]
        return String(decoding: item.prefix { $0 != 0 }, as: UTF8.self)
      }
    case .text(let width):
      let scalars = elements(as: UInt32.self, count: count * width)
      return (0..<count).map { index in
        let item = scalars[index * width..<(index + 1) * width].prefix { $0 != 0 }
        return String(String.UnicodeScalarView(item.map { Unicode.Scalar($0) ?? "\u{FFFD}" }))
      }
    default:
      throw typeMismatch("text")
    }
  }

  // MARK: - Conversion

  private func numbers<T: BinaryFloatingPoint>(_ expected: String) throws(DatasetError) -> [T] {
    switch dataType {
    case .bool, .uint8: bytes.map { T($0) }
    case .int8: elements(as: Int8.self).map { T($0) }
    case .int16: elements(as: Int16.self).map { T($0) }
    case .int32: elements(as: Int32.self).map { T($0) }
    case .int64: elements(as: Int64.self).map { T($0) }
    case .uint16: elements(as: UInt16.self).map { T($0) }
    case .uint32: elements(as: UInt32.self).map { T($0) }
    case .uint64: elements(as: UInt64.self).map { T($0) }
    case .float16: elements(as: Float16.self).map { T($0) }
    case .float32: elements(as: Float.self).map { T($0) }
    case .float64: elements(as: Double.self).map { T($0) }
    case .bytes, .text: throw typeMismatch(expected)
    }
  }

  private func exactIntegers<T: FixedWidthInteger>() throws(DatasetError) -> [T] {
    switch dataType {
    case .bool, .uint8: try exact(bytes) { T(exactly: $0) }
    case .int8: try exact(elements(as: Int8.self)) { T(exactly: $0) }
    case .int16: try exact(elements(as: Int16.self)) { T(exactly: $0) }
    case .int32: try exact(elements(as: Int32.self)) { T(exactly: $0) }
    case .int64: try exact(elements(as: Int64.self)) { T(exactly: $0) }
    case .uint16: try exact(elements(as: UInt16.self)) { T(exactly: $0) }
    case .uint32: try exact(elements(as: UInt32.self)) { T(exactly: $0) }
    case .uint64: try exact(elements(as: UInt64.self)) { T(exactly: $0) }
    case .float16: try exact(elements(as: Float16.self)) { T(exactly: $0) }
    case .float32: try exact(elements(as: Float.self)) { T(exactly: $0) }
    case .float64: try exact(elements(as: Double.self)) { T(exactly: $0) }
    case .bytes, .text: throw typeMismatch("whole numbers")
    }
  }

  private func exact<Source, T>(
    _ values: [Source], _ convert: (Source) -> T?
  ) throws(DatasetError) -> [T] {
    var result: [T] = []
    result.reserveCapacity(values.count)
    for value in values {
      guard let converted = convert(value) else {
        throw .contentMismatch(
          file: name, expected: "whole numbers that fit \(T.self)", found: "\(value)")
      }
      result.append(converted)
    }
    return result
  }

  private func elements<T>(as type: T.Type, count: Int? = nil) -> [T] {
    bytes.withUnsafeBytes { buffer in
      (0..<(count ?? self.count)).map {
        buffer.loadUnaligned(fromByteOffset: $0 * MemoryLayout<T>.stride, as: T.self)
      }
    }
  }

  private func typeMismatch(_ expected: String) -> DatasetError {
    .typeMismatch(file: name, array: name, expected: expected, found: dataType.name)
  }
}

extension [UInt8] {
  /// Reverses the bytes of every unit of `size` bytes.
  mutating func swapBytes(inUnitsOf size: Int) {
    guard size > 1 else { return }
    for start in stride(from: 0, to: count, by: size) {
      self[start..<start + size].reverse()
    }
  }

  /// The items in C order, given in Fortran order.
  fileprivate func transposedToC(shape: [Int], itemByteCount: Int) -> [UInt8] {
    guard shape.count > 1 && !isEmpty else { return self }
    var strides: [Int] = []
    var stride = itemByteCount
    for size in shape {
      strides.append(stride)
      stride *= size
    }
    var result = [UInt8](repeating: 0, count: count)
    var position = [Int](repeating: 0, count: shape.count)
    var source = 0
    var target = 0
    while true {
      for byte in 0..<itemByteCount { result[target + byte] = self[source + byte] }
      target += itemByteCount
      var axis = shape.count - 1
      while position[axis] == shape[axis] - 1 {
        source -= position[axis] * strides[axis]
        position[axis] = 0
        guard axis > 0 else { return result }
        axis -= 1
      }
      position[axis] += 1
      source += strides[axis]
    }
  }
}
