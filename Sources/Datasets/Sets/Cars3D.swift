import BenchSupport
import FoundationEssentials

/// Cars3D: 183 cars from 4 elevations and 24 azimuths, 17,568 images, resized from 128×128 to 64×64.
///
/// Reed et al., *Deep Visual Analogy-Making*, NeurIPS 2015; the official archive is read without
/// being unpacked, or its folder `cars` where somebody has unpacked it. Cars are in the order of the archive's `list.txt`: disentanglement_lib takes them
/// as the file system happens to list them, so its object numbers differ from machine to machine.
/// Resizing is Pillow's Lanczos, as disentanglement_lib's `thumbnail(…, ANTIALIAS)`.
public enum Cars3D {
  /// The order of the objects.
  public enum ObjectOrder: String, Sendable {
    /// That of `list.txt`.
    case list
    /// By file name.
    case sorted
  }

  /// What the official archive gives.
  public static let layout = FactorLayout(
    imageShape: ImageShape(height: 64, width: 64, channelCount: 3),
    factorNames: ["elevation", "azimuth", "object"], factorSizes: [4, 24, 183])
  static let fileName = "nips2015-analogy-data.tar.gz"
  static let places: [RemoteFile.Place] = [
    .init(fileName, "official"), .init("nips2015-analogy-data.tar", "official, without gzip"),
    .init("data/cars", "unpacked"), .init("cars", "unpacked, as disentanglement_lib has it"),
  ]
  private static let storedSide = 128

  /// Opens the dataset from the folder that holds the official archive, or what was unpacked from it.
  ///
  /// - Throws: ``DatasetError`` if the archive is missing, damaged, or of another layout.
  public static func open(
    folder: String, layout: FactorLayout = layout, name: String = "cars3d",
    order: ObjectOrder = .list
  ) throws(DatasetError) -> GridDataset {
    let place = RemoteFile(fileName, [], places: places).found(in: folder)?.path ?? fileName
    let file = "\(folder)/\(place)"
    let source = PixelSource(
      name: order == .list ? name : "\(name)-\(order.rawValue)",
      recipe: "cars3d:\(order.rawValue):v1\(try stamp(of: file))", files: [file],
      imageShape: layout.imageShape,
      count: layout.count
    ) { (sink) throws(DatasetError) in
      let cars = try isFolder(file) ? unpacked(file, layout) : read(file, layout)
      let names = order == .list ? cars.list : cars.images.keys.sorted()
      guard names.count == layout.factorSizes[2], names.count == cars.images.count,
        Set(names) == Set(cars.images.keys)
      else {
        throw .contentMismatch(
          file: file, expected: "\(layout.factorSizes[2]) cars, each listed once in list.txt",
          found: "\(cars.images.count) meshes and \(cars.list.count) lines")
      }
      for view in 0..<layout.factorSizes[0] * layout.factorSizes[1] {
        for car in names {
          let size = layout.imageShape.byteCount
          guard let pixels = cars.images[car]?[view * size..<(view + 1) * size] else { continue }
          try Array(pixels).withBytes { (bytes) throws(DatasetError) in try sink.append(bytes) }
        }
      }
    }
    return GridDataset(
      name: name, layout: layout, images: try PixelCache.open(source, folder: "\(folder)/cache"))
  }

  /// All cars of a folder, as ``read(_:_:)`` gives those of the archive.
  private static func unpacked(
    _ folder: String, _ layout: FactorLayout
  ) throws(DatasetError) -> (images: [String: [UInt8]], list: [String]) {
    let list = "\(folder)/list.txt"
    guard exists(list) else {
      throw .cannotRead(
        path: list,
        reason: "there is no such file, and it says in which order the cars are; unpack it from"
          + " \(fileName) too")
    }
    var images: [String: [UInt8]] = [:]
    for name in try names(in: folder) where isMesh(name) {
      let array = try MATFile.array("im", of: "\(folder)/\(name)")
      images[String(name.dropLast(4))] = try views(array, layout, "\(folder)/\(name)")
    }
    let text = try InputFile(path: list)
    return (images, lines(try text.bytes(in: 0..<min(text.byteCount, 1 << 20))))
  }

  /// What changes when a car in a folder is replaced; nothing for an archive, whose own stamp tells.
  private static func stamp(of path: String) throws(DatasetError) -> String {
    guard isFolder(path) else { return "" }
    var text = ""
    for name in try names(in: path) {
      let stamp = try PixelCache.FileStamp("\(path)/\(name)")
      text += "\(name) \(stamp.byteCount) \(stamp.modifiedNanoseconds)\n"
    }
    return ":\(Digest.of(Array(text.utf8)))"
  }

  private static func names(in folder: String) throws(DatasetError) -> [String] {
    do {
      return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    } catch {
      throw .cannotRead(path: folder, reason: "the folder cannot be listed")
    }
  }

  /// Whether a file is a car: not what macOS puts beside files either.
  private static func isMesh(_ name: String) -> Bool {
    name.hasSuffix("_mesh.mat") && !name.hasPrefix(".")
  }

  private static func lines(_ text: [UInt8]) -> [String] {
    TextLines(text).map { trimmed(String(decoding: $0, as: UTF8.self)) }
  }

  /// All cars of the archive: images `[elevation, azimuth, row, column, channel]` by mesh name, and
  /// the names in the order of `list.txt`.
  private static func read(
    _ file: String, _ layout: FactorLayout
  ) throws(DatasetError) -> (images: [String: [UInt8]], list: [String]) {
    var walker = try TARStream(path: file)
    var images: [String: [UInt8]] = [:]
    var list: [String] = []
    while let member = try walker.next() {
      guard member.isFile, member.name.contains("cars/") else { continue }
      let name = lastComponent(member.name)
      if name == "list.txt" {
        let text = try walker.contents(of: member, limit: 1 << 20)
        list = lines(text)
      } else if isMesh(name) {
        let bytes = try walker.contents(of: member, limit: 1 << 28)
        let array = try MATFile.array(
          "im", in: BytesStream(bytes, name: "\(file):\(member.name)"))
        images[String(name.dropLast(4))] = try views(array, layout, "\(file):\(member.name)")
      }
    }
    return (images, list)
  }

  /// The views of one car, resized, `[elevation, azimuth, row, column, channel]`.
  private static func views(
    _ array: MATArray, _ layout: FactorLayout, _ file: String
  ) throws(DatasetError) -> [UInt8] {
    let (elevations, azimuths) = (layout.factorSizes[0], layout.factorSizes[1])
    let side = storedSide
    // MATLAB leaves out trailing axes of size 1.
    var expected = [side, side, 3, azimuths, elevations]
    while expected.last == 1 { expected.removeLast() }
    guard array.dataType == .uint8 else {
      throw .typeMismatch(
        file: file, array: "im", expected: "uint8", found: array.dataType.name)
    }
    guard array.shape == expected else {
      throw .shapeMismatch(file: file, array: "im", expected: expected, found: array.shape)
    }
    let size = side * side * 3
    let shape = layout.imageShape
    let resized = Parallel.map(elevations * azimuths) { view -> [UInt8] in
      // Stored `[row, column, channel]` with rows fastest.
      var pixels = [UInt8](repeating: 0, count: size)
      for channel in 0..<3 {
        for column in 0..<side {
          let start = view * size + (channel * side + column) * side
          for row in 0..<side {
            pixels[(row * side + column) * 3 + channel] = array.bytes[start + row]
          }
        }
      }
      return RasterImage(height: side, width: side, channelCount: 3, pixels: pixels)
        .resized(height: shape.height, width: shape.width, filter: .lanczos).pixels
    }
    return resized.flatMap { $0 }
  }

  private static func trimmed(_ text: String) -> String {
    let start = text.drop { $0 == " " || $0 == "\t" }
    var end = start[...]
    while let last = end.last, last == " " || last == "\t" { end = end.dropLast() }
    return end.hasSuffix(".mat") ? String(end.dropLast(4)) : String(end)
  }
}
