/// Images that lie in one NumPy array, `[image, height, width, channel]` or
/// `[image, channel, height, width]`, as samplers write them.
///
/// They are read one by one and never all held in memory. Bytes are taken as they are, floating point
/// samples only with a ``SampleRange``.
struct ArrayPictures: PictureSource {
  let names: [String]
  let notes: [String]
  private let path: String
  private let label: String
  private let layout: Layout
  private let dataType: NPYDataType
  private let isBigEndian: Bool
  private let range: SampleRange?
  private let row: @Sendable (Int) throws(DatasetError) -> [UInt8]

  /// How the array's axes lie.
  private struct Layout {
    let count: Int
    let shape: ImageShape
    let isPlanar: Bool
  }

  var files: [String] { [path] }

  func place(of index: Int) -> String { "\(label)[\(index)]" }

  /// Opens a `.npy` file.
  ///
  /// - Throws: ``DatasetError`` if it is damaged or holds no images.
  init(npy path: String, range: SampleRange?) throws(DatasetError) {
    let file = try InputFile(path: path)
    let header = try NPYHeader(FileStream(file))
    try self.init(
      header, byteCount: file.byteCount, path: path, label: path, range: range
    ) { (rowByteCount) in
      { (index) throws(DatasetError) in
        let first = header.headerByteCount + index * rowByteCount
        return try file.bytes(in: first..<first + rowByteCount)
      }
    }
  }

  /// Opens the images of a `.npz` file: `arr_0`, else the only array of four axes.
  ///
  /// - Returns: nil if no array has four axes.
  /// - Throws: ``DatasetError`` if it is damaged, holds several such arrays, or holds no images.
  static func images(
    in archive: NPZArchive, range: SampleRange?
  ) throws(DatasetError) -> ArrayPictures? {
    var found: [String] = []
    for name in archive.names where try isBatch(name, in: archive) { found.append(name) }
    guard !found.isEmpty else { return nil }
    guard let name = found.contains("arr_0") ? "arr_0" : found.count == 1 ? found[0] : nil else {
      throw .contentMismatch(
        file: archive.path, expected: "one array of images, or one called 'arr_0'",
        found: "several arrays of four axes (\(found.joined(separator: ", ")))")
    }
    return try ArrayPictures(name, in: archive, range: range)
  }

  private init(
    _ name: String, in archive: NPZArchive, range: SampleRange?
  ) throws(DatasetError) {
    let member = try archive.member(name)
    let header = try NPYHeader(archive.archive.stream(member))
    try self.init(
      header, byteCount: member.byteCount, path: archive.path, label: "\(archive.path):\(name)",
      range: range
    ) { rowByteCount in
      let rows = RowStream(rowByteCount: rowByteCount, count: header.shape[0]) {
        () throws(DatasetError) in
        let stream = try archive.archive.stream(member)
        _ = try NPYHeader(stream)
        return stream
      }
      return { (index) throws(DatasetError) in try rows.row(index) }
    }
  }

  private init(
    _ header: NPYHeader, byteCount: Int, path: String, label: String, range: SampleRange?,
    rows: (_ rowByteCount: Int) -> @Sendable (Int) throws(DatasetError) -> [UInt8]
  ) throws(DatasetError) {
    let layout = try Self.layout(header.shape, label)
    guard !header.isFortranOrder else {
      throw .unsupported(
        file: label, format: "NumPy",
        reason: "it is in Fortran's memory order; save np.ascontiguousarray of it")
    }
    switch header.dataType {
    case .uint8: break
    case .float16, .float32, .float64:
      guard range == nil else { break }
      throw .unsupported(
        file: label, format: "NumPy",
        reason:
          "its samples are \(header.dataType.name) and their range is not known: save them as uint8, or, where the command has it, say --range 0,1 or --range -1,1"
      )
    default:
      throw .typeMismatch(
        file: path, array: lastComponent(label), expected: "uint8 for images",
        found: header.dataType.name)
    }
    let rowByteCount = layout.shape.byteCount * header.dataType.byteCount
    guard rowByteCount <= ImageFile.byteLimit else {
      throw .tooLarge(file: label, byteCount: rowByteCount, limit: ImageFile.byteLimit)
    }
    guard header.headerByteCount + header.byteCount == byteCount else {
      throw .malformed(
        file: label, format: "NPY",
        reason:
          "its shape \(header.shape) needs \(header.headerByteCount + header.byteCount) bytes, it has \(byteCount)"
      )
    }
    self.path = path
    self.label = label
    self.layout = layout
    dataType = header.dataType
    isBigEndian = header.isBigEndian
    self.range = range
    row = rows(rowByteCount)
    let digits = max(6, String(layout.count - 1).count)
    names = (0..<layout.count).map { index in
      let text = String(index)
      return String(repeating: "0", count: digits - text.count) + text
    }
    notes =
      layout.isPlanar
      ? ["\(label): images are taken to be [image, channel, height, width] = \(header.shape)"] : []
  }

  func picture(at index: Int, channelCount: Int?) throws(DatasetError) -> RasterImage {
    var pixels = try samples(at: index)
    if layout.isPlanar, layout.shape.channelCount > 1 { pixels = interleaved(pixels) }
    let image = RasterImage(shape: layout.shape, pixels: pixels).converted(to: channelCount)
    guard let image else {
      throw .contentMismatch(
        file: place(of: index), expected: "grey images", found: "images of three channels")
    }
    return image
  }

  private func samples(at index: Int) throws(DatasetError) -> [UInt8] {
    var bytes = try row(index)
    guard let range, dataType != .uint8 else { return bytes }
    if isBigEndian { bytes.swapBytes(inUnitsOf: dataType.unitByteCount) }
    do throws(SampleRange.OutsideValue) {
      return switch dataType {
      case .float16: try range.bytes(bytes, stored: Float16.self, work: Float.self)
      case .float64: try range.bytes(bytes, stored: Double.self, work: Double.self)
      default: try range.bytes(bytes, stored: Float.self, work: Float.self)
      }
    } catch {
      throw .contentMismatch(
        file: place(of: index), expected: "values of \(range) (--range)",
        found: "the value \(error.value)")
    }
  }

  private func interleaved(_ planes: [UInt8]) -> [UInt8] {
    let count = layout.shape.height * layout.shape.width
    return [UInt8](unsafeUninitializedCapacity: planes.count) { target, filled in
      planes.withUnsafeBufferPointer { planes in
        for place in 0..<count {
          target[3 * place] = planes[place]
          target[3 * place + 1] = planes[count + place]
          target[3 * place + 2] = planes[2 * count + place]
        }
      }
      filled = planes.count
    }
  }

  // MARK: - Shapes

  /// Whether an array's shape is that of a batch of images; arrays that cannot be read are not.
  private static func isBatch(_ name: String, in archive: NPZArchive) throws(DatasetError) -> Bool {
    let member = try archive.member(name)
    guard let stream = try? archive.archive.stream(member), let header = try? NPYHeader(stream)
    else { return false }
    return isBatch(header.shape)
  }

  /// Whether a shape is a batch of images, and not one of features with two axes of 1 at the end.
  static func isBatch(_ shape: [Int]) -> Bool {
    shape.count == 4 && !(shape[2] == 1 && shape[3] == 1)
  }

  private static func layout(_ shape: [Int], _ label: String) throws(DatasetError) -> Layout {
    let colours: Set = [1, 3]
    guard shape.count == 4, colours.contains(shape[3]) || colours.contains(shape[1]) else {
      throw .contentMismatch(
        file: label, expected: "images [N, height, width, 3 or 1] or [N, 3 or 1, height, width]",
        found: "the shape \(shape)")
    }
    guard !(colours.contains(shape[3]) && colours.contains(shape[1])) else {
      throw .contentMismatch(
        file: label, expected: "images whose channels are either the second or the last axis",
        found: "the shape \(shape), which may be both")
    }
    let isPlanar = colours.contains(shape[1])
    let (height, width) = isPlanar ? (shape[2], shape[3]) : (shape[1], shape[2])
    guard shape[0] > 0, height > 0, width > 0 else {
      throw .contentMismatch(file: label, expected: "images", found: "the empty shape \(shape)")
    }
    return Layout(
      count: shape[0],
      shape: ImageShape(
        height: height, width: width, channelCount: isPlanar ? shape[1] : shape[3]),
      isPlanar: isPlanar)
  }
}
