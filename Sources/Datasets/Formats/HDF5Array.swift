internal import CHDF5Shims

/// One array of an HDF5 file, read in rows; closed when the value goes out of scope.
///
/// Contiguous, compact and chunked storage with HDF5's own filters (deflate, shuffle, Fletcher32).
/// Data that lies in other files and filters from shared libraries are refused.
struct HDF5Array: ~Copyable {
  /// Sizes of the axes, slowest first.
  let shape: [Int]
  /// NumPy's name of the element type, for instance `uint8`.
  let typeName: String
  /// Rows that are best read together.
  let chunkRowCount: Int
  private let path: String
  private let name: String
  private let array: OpaquePointer

  /// Opens an array.
  ///
  /// - Throws: ``DatasetError`` if the file is missing, not HDF5, damaged, or lacks the array.
  init(path: String, name: String) throws(DatasetError) {
    // HDF5's own message for a missing file is long and does not name it.
    _ = try InputFile(path: path)
    var opened: OpaquePointer?
    var layout = chdf5_layout()
    var message = [CChar](repeating: 0, count: 256)
    let status = chdf5_open(path, name, &opened, &layout, &message, message.count)
    guard status != 2 else {
      throw .missingArray(file: path, array: name, found: Self.names(in: path))
    }
    guard status != 3 else {
      throw .unsupported(file: path, format: "HDF5", reason: "'\(name)': \(Self.text(message))")
    }
    guard status == 0, let opened else {
      throw Self.failure(path, message)
    }
    let sizes = withUnsafeBytes(of: layout.sizes) { buffer in
      (0..<Int(layout.rank)).map { buffer.load(fromByteOffset: 8 * $0, as: UInt64.self) }
    }
    let shape = sizes.map { Int(clamping: $0) }
    guard layout.rank > 0 else {
      chdf5_close(opened)
      throw .unsupported(
        file: path, format: "HDF5", reason: "'\(name)' is a single value or empty, not an array")
    }
    guard checkedProduct(shape + [8]) != nil else {
      chdf5_close(opened)
      throw .malformed(file: path, format: "HDF5", reason: "'\(name)' has the shape \(sizes)")
    }
    self.path = path
    self.name = name
    self.shape = shape
    array = opened
    chunkRowCount = Int(clamping: layout.chunk_rows)
    let kind = Character(Unicode.Scalar(UInt8(bitPattern: layout.kind)))
    typeName =
      switch kind {
      case "i": "int\(8 * layout.element_bytes)"
      case "u": "uint\(8 * layout.element_bytes)"
      case "f": "float\(8 * layout.element_bytes)"
      default: "neither integer nor floating point"
      }
  }

  deinit { chdf5_close(array) }

  /// Elements per row.
  var rowElementCount: Int { shape.dropFirst().reduce(1, *) }

  /// Reads rows of unsigned bytes into `buffer`, which has room for exactly that.
  func readBytes(
    rows: Range<Int>, into buffer: UnsafeMutableRawBufferPointer
  ) throws(DatasetError) {
    precondition(buffer.count == rows.count * rowElementCount, "room for \(buffer.count) bytes")
    try read(rows, chdf5_uint8, buffer.baseAddress)
  }

  /// Reads rows as `Double`.
  func doubles(rows: Range<Int>) throws(DatasetError) -> [Double] {
    var values = [Double](repeating: 0, count: rows.count * rowElementCount)
    try read(rows, chdf5_double, &values)
    return values
  }

  /// Reads rows as `Int`.
  func integers(rows: Range<Int>) throws(DatasetError) -> [Int] {
    var values = [Int](repeating: 0, count: rows.count * rowElementCount)
    try read(rows, chdf5_int64, &values)
    return values
  }

  /// Throws if the array's type or shape is not the expected one.
  func require(typeName: String, shape: [Int]) throws(DatasetError) {
    guard self.typeName == typeName else {
      throw .typeMismatch(file: path, array: name, expected: typeName, found: self.typeName)
    }
    guard self.shape == shape else {
      throw .shapeMismatch(file: path, array: name, expected: shape, found: self.shape)
    }
  }

  private func read(
    _ rows: Range<Int>, _ type: chdf5_type, _ target: UnsafeMutableRawPointer?
  ) throws(DatasetError) {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= shape[0], "rows \(rows) of \(shape[0])")
    guard rows.count * rowElementCount > 0 else { return }
    var message = [CChar](repeating: 0, count: 256)
    let status = chdf5_read_rows(
      array, UInt64(rows.lowerBound), UInt64(rows.count), type, target, &message, message.count)
    guard status == 0 else {
      throw Self.failure(path, message)
    }
  }

  /// What keeps libhdf5 from reading a file; one that a later libhdf5 wrote is not damaged.
  private static func failure(_ path: String, _ message: [CChar]) -> DatasetError {
    let reason = text(message)
    return reason.contains("bad version number") || reason.contains("unknown version")
      ? .unsupported(
        file: path, format: "HDF5",
        reason: "it was written by a newer libhdf5 (\(reason)); write it again, as with h5py's "
          + "libver='earliest'")
      : .malformed(file: path, format: "HDF5", reason: reason)
  }

  private static func names(in path: String) -> [String] {
    var names = [CChar](repeating: 0, count: 4096)
    chdf5_names(path, &names, names.count)
    return text(names).split(separator: "\n").map(String.init)
  }

  private static func text(_ message: [CChar]) -> String {
    String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
