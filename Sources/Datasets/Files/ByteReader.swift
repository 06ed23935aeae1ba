/// Reads numbers from bytes that may end early.
struct ByteReader {
  let bytes: ArraySlice<UInt8>
  private(set) var offset: Int
  var isBigEndian: Bool
  private let file: String
  private let format: String

  /// Reads `bytes` from their start; errors name `file` and `format`.
  init(
    _ bytes: ArraySlice<UInt8>, file: String, format: String, isBigEndian: Bool = false
  ) {
    self.bytes = bytes
    offset = bytes.startIndex
    self.isBigEndian = isBigEndian
    self.file = file
    self.format = format
  }

  /// How many bytes are left.
  var remaining: Int { bytes.endIndex - offset }

  /// The error for something wrong at this place.
  func malformed(_ reason: String) -> DatasetError {
    .malformed(file: file, format: format, reason: reason)
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(DatasetError) -> ArraySlice<UInt8> {
    guard count >= 0 && count <= remaining else {
      throw malformed("\(count) bytes are needed where \(remaining) are left")
    }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  /// Leaves out the next `count` bytes.
  mutating func skip(_ count: Int) throws(DatasetError) { _ = try take(count) }

  /// The next integer of a fixed width.
  mutating func integer<T: FixedWidthInteger>(_ type: T.Type = T.self) throws(DatasetError) -> T {
    let slice = try take(MemoryLayout<T>.size)
    let value = slice.withUnsafeBytes { $0.loadUnaligned(as: T.self) }
    return isBigEndian ? T(bigEndian: value) : T(littleEndian: value)
  }

  /// The next unsigned integer of a fixed width, if it fits an `Int`.
  mutating func count<T: FixedWidthInteger & UnsignedInteger>(
    _ type: T.Type
  ) throws(DatasetError) -> Int {
    let value: T = try integer()
    guard let count = Int(exactly: value) else { throw malformed("a size of \(value)") }
    return count
  }
}

/// The product of sizes from a file; nil if one is negative or the product overflows.
func checkedProduct(_ factors: some Sequence<Int>) -> Int? {
  var product = 1
  var isZero = false
  for factor in factors {
    guard factor >= 0 else { return nil }
    if factor == 0 {
      isZero = true
      continue
    }
    let (value, overflow) = product.multipliedReportingOverflow(by: factor)
    guard !overflow else { return nil }
    product = value
  }
  return isZero ? 0 : product
}
