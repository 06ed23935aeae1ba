/// A matrix of the small NORB dataset's own binary format, read from its start.
///
/// Little-endian: a magic number that names the type, the number of axes, at least three sizes, and
/// the elements with the last axis fastest. The files are called `.mat` but are not MATLAB's.
struct NORBMatrix {
  /// Sizes of the axes, slowest first.
  let shape: [Int]
  /// `uint8` or `int32`.
  let dataType: NPYDataType
  /// The elements follow.
  let stream: any ByteStream

  /// Opens a file, compressed with gzip or not, whichever its bytes say.
  init(path: String) throws(DatasetError) {
    let file = try InputFile(path: path)
    let start = try file.bytes(in: 0..<min(2, file.byteCount))
    let plain = FileStream(file)
    stream = start == [0x1F, 0x8B] ? try InflatingStream(plain, .gzip) : plain
    func malformed(_ reason: String) -> DatasetError {
      .malformed(file: path, format: "NORB", reason: reason)
    }
    let head = try stream.readExactly(8)
    var reader = ByteReader(head[...], file: path, format: "NORB")
    switch try reader.integer(UInt32.self) {
    case 0x1E3D_4C55: dataType = .uint8
    case 0x1E3D_4C54: dataType = .int32
    default: throw malformed("it does not begin with a known magic number")
    }
    let rank = Int(try reader.integer(Int32.self))
    guard (1...8).contains(rank) else { throw malformed("it claims \(rank) axes") }
    let sizes = try stream.readExactly(4 * max(3, rank))
    var sizeReader = ByteReader(sizes[...], file: path, format: "NORB")
    var shape: [Int] = []
    for _ in 0..<rank { shape.append(Int(try sizeReader.integer(Int32.self))) }
    guard checkedProduct(shape + [4]) != nil else {
      throw malformed("its shape \(shape) is impossible")
    }
    self.shape = shape
  }

  /// Throws unless the matrix has that type and shape.
  func require(_ dataType: NPYDataType, shape: [Int]) throws(DatasetError) {
    guard self.dataType == dataType else {
      throw .typeMismatch(
        file: stream.name, array: "matrix", expected: dataType.name, found: self.dataType.name)
    }
    guard self.shape == shape else {
      throw .shapeMismatch(file: stream.name, array: "matrix", expected: shape, found: self.shape)
    }
  }

  /// All elements of an `int32` matrix, whose shape has been checked.
  func integers() throws(DatasetError) -> [Int] {
    let bytes = try stream.readExactly(4 * shape.reduce(1, *))
    try stream.finish()
    return stride(from: 0, to: bytes.count, by: 4).map { place in
      bytes.withUnsafeBytes {
        Int(Int32(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: Int32.self)))
      }
    }
  }
}
