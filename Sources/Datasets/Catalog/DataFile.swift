/// One file of any format this package reads, as named arrays.
///
/// What a dataset's own reader sees, without the dataset: for comparing it with another program's.
public enum DataFile {
  /// Most bytes that are read into memory at once: 1 GiB.
  static let byteLimit = 1 << 30

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - path: A `.npy`, `.npz`, `.h5`, `.hdf5` or `.mat` file (MATLAB's or small NORB's), a
  ///     picture, or a folder, `.zip`, `.tar` or LMDB of pictures. Bytes decide where they can.
  ///   - array: Which array of an HDF5 or MATLAB file, or the only one wanted of a `.npz`.
  /// - Returns: Names and arrays, in the order of the file. Pictures are `[height, width, channel]`
  ///   with 3 channels, HDF5's numbers 8-bit as stored, else `int64` or `float64`, MATLAB's axes
  ///   slowest first.
  /// - Throws: ``DatasetError`` if the file is missing, damaged, too large or of no known format.
  public static func arrays(
    in path: String, array: String? = nil
  ) throws(DatasetError) -> [(name: String, array: NPYArray)] {
    if isFolder(path) { return try pictures(Pictures.open(path)) }
    let file = try InputFile(path: path)
    let start = try file.bytes(in: 0..<min(8, file.byteCount))
    if start.starts(with: "PK".utf8) {
      let archive = try NPZArchive(path: path)
      return archive.names.isEmpty
        ? try pictures(ZIPPictures(path: path)) : try self.arrays(in: archive, array)
    }
    if start.starts(with: [0x93] + "NUMPY".utf8) {
      return [("array", try NPYArray(path: path, memoryLimit: byteLimit))]
    }
    if start == [0x89] + Array("HDF\r\n\u{1A}\n".utf8) || path.hasSuffix(".h5")
      || path.hasSuffix(".hdf5")
    {
      // A name nothing is called makes the error list what there is.
      return [(array ?? "", try hdf5(path, array ?? ""))]
    }
    if path.hasSuffix(".mat") || path.hasSuffix(".mat.gz") {
      return [(array ?? "matrix", try matrix(path, array, start))]
    }
    if [".tar", ".tar.gz", ".tgz", ".mdb"].contains(where: { path.hasSuffix($0) }) {
      return try pictures(Pictures.open(path))
    }
    return [("pixels", NPYArray(try ImageFile.read(path)))]
  }

  /// The bytes of a text file.
  ///
  /// - Throws: ``DatasetError`` if it is missing, larger than ``byteLimit``, or of another kind.
  package static func text(of path: String) throws(DatasetError) -> [UInt8] {
    let file = try InputFile(path: path)
    guard file.byteCount <= byteLimit else {
      throw .tooLarge(file: path, byteCount: file.byteCount, limit: byteLimit)
    }
    let bytes = try file.bytes(in: 0..<file.byteCount)
    let start = Array(bytes.prefix(512))
    if FileKind(start: start) != .other("a text file"),
      let error = DatasetError.otherKind(file: path, expected: "a text table", start: start)
    {
      throw error
    }
    return bytes
  }

  private static func arrays(
    in archive: NPZArchive, _ name: String?
  ) throws(DatasetError) -> [(name: String, array: NPYArray)] {
    var found: [(name: String, array: NPYArray)] = []
    for name in name.map({ [$0] }) ?? archive.names {
      found.append((name, try archive.array(name, memoryLimit: byteLimit)))
    }
    return found
  }

  private static func pictures(
    _ source: some PictureSource
  ) throws(DatasetError) -> [(name: String, array: NPYArray)] {
    var found: [(name: String, array: NPYArray)] = []
    var byteCount = 0
    for (index, name) in source.names.enumerated() {
      let array = NPYArray(try source.picture(at: index))
      byteCount += array.bytes.count
      guard byteCount <= byteLimit else {
        throw .tooLarge(file: source.files.first ?? name, byteCount: byteCount, limit: byteLimit)
      }
      found.append((name, array))
    }
    return found
  }

  private static func hdf5(_ path: String, _ name: String) throws(DatasetError) -> NPYArray {
    let array = try HDF5Array(path: path, name: name)
    let rows = 0..<array.shape[0]
    guard let byteCount = checkedProduct(array.shape + [8]), byteCount <= byteLimit else {
      throw .tooLarge(file: path, byteCount: .max, limit: byteLimit)
    }
    switch array.typeName {
    case "uint8":
      var bytes = [UInt8](repeating: 0, count: rows.count * array.rowElementCount)
      try bytes.withMutableBytes { (buffer) throws(DatasetError) in
        try array.readBytes(rows: rows, into: buffer)
      }
      return NPYArray(bytes, shape: array.shape)
    case let type where type.hasPrefix("int") || type.hasPrefix("uint"):
      return NPYArray(try array.integers(rows: rows), shape: array.shape)
    case let type where type.hasPrefix("float"):
      return NPYArray(try array.doubles(rows: rows), shape: array.shape)
    case let type:
      throw .typeMismatch(file: path, array: name, expected: "numbers", found: type)
    }
  }

  private static func matrix(
    _ path: String, _ name: String?, _ start: [UInt8]
  ) throws(DatasetError) -> NPYArray {
    let isNORB = start.count > 3 && start[1...3] == [0x4C, 0x3D, 0x1E]
    guard isNORB || path.hasSuffix(".gz") else {
      guard let name else {
        throw .invalidArgument("\(path): name the MATLAB array that is to be read.")
      }
      let array = try MATFile.array(name, of: path)
      return NPYArray(
        bytes: array.bytes, shape: array.shape.reversed(), dataType: array.dataType, name: name)
    }
    let matrix = try NORBMatrix(path: path)
    guard let byteCount = checkedProduct(matrix.shape + [matrix.dataType.byteCount]),
      byteCount <= byteLimit
    else { throw .tooLarge(file: path, byteCount: .max, limit: byteLimit) }
    let bytes = try matrix.stream.readExactly(byteCount)
    try matrix.stream.finish()
    return NPYArray(bytes: bytes, shape: matrix.shape, dataType: matrix.dataType, name: path)
  }
}

extension NPYArray {
  /// A picture, `[height, width, channel]`.
  fileprivate init(_ image: RasterImage) {
    self.init(image.pixels, shape: [image.height, image.width, image.channelCount])
  }
}
