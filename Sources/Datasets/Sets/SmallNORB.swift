import BenchSupport

/// SmallNORB: 50 toys in 5 categories, 48,600 grey images, resized from 96×96 to 64×64.
///
/// LeCun et al., CVPR 2004; the left camera. Factors are category, elevation, azimuth and lighting;
/// which of a category's ten toys is shown is not a factor, as in disentanglement_lib. Resizing is
/// Pillow's Lanczos on bytes (disentanglement_lib reads the bytes as signed, so that its pixels above
/// 127 wrap to negative values; these do not).
public struct SmallNORB: FactorDataset {
  /// What the official files hold, the toy among the axes.
  static let layout = FactorLayout(
    imageShape: ImageShape(height: 64, width: 64, channelCount: 1),
    factorNames: ["category", "instance", "elevation", "azimuth", "lighting"],
    factorSizes: [5, 10, 9, 18, 6])
  static let parts = ["5x46789x9x18x6x2x96x96-training", "5x01235x9x18x6x2x96x96-testing"]
  private static let storedSide = 96

  /// The name in the catalog.
  public let name: String
  /// Category, elevation, azimuth, lighting.
  public let factorNames: [String]
  /// 5, 9, 18, 6.
  public let factorSizes: [Int]
  /// Toys per category: images with the same factors.
  public let instanceCount: Int
  private let grid: FactorGrid
  private let images: StoredPixels

  /// 64×64×1.
  public var imageShape: ImageShape { images.imageShape }
  /// One image for every combination of factors and every toy.
  public var count: Int { images.count }
  /// Identifies the pixels.
  public var checksum: String { images.checksum }

  /// The factors of an image; several images share them.
  public func factors(at index: Int) -> [Int] {
    var all = grid.factors(at: index)
    all.remove(at: 1)
    return all
  }

  /// One image with these factors, of a toy that changes from combination to combination.
  public func index(ofFactors factors: [Int]) -> Int {
    index(ofFactors: factors, instance: factors.reduce(0) { 31 * $0 + $1 } % instanceCount)
  }

  /// The image with these factors of a given toy.
  public func index(ofFactors factors: [Int], instance: Int) -> Int {
    var all = factors
    all.insert(instance, at: 1)
    return grid.index(ofFactors: all)
  }

  /// Copies images out of the file.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    try images.read(indices, into: pixels)
  }

  /// Opens the dataset from the folder that holds the six official files, compressed or not.
  ///
  /// - Throws: ``DatasetError`` if a file is missing, damaged, or of another layout.
  init(
    folder: String, layout: FactorLayout = Self.layout, name: String = "smallnorb"
  ) throws(DatasetError) {
    var files: [String] = []
    for part in Self.parts {
      for kind in ["dat", "cat", "info"] { files.append(Self.path(folder, part, kind)) }
    }
    let source = PixelSource(
      name: name, recipe: "smallnorb:v1", files: files, imageShape: layout.imageShape,
      count: layout.count
    ) { (sink) throws(DatasetError) in
      let pixels = try Self.sortedImages(folder, layout)
      try pixels.withBytes { (bytes) throws(DatasetError) in try sink.append(bytes) }
    }
    images = try PixelCache.open(source, folder: "\(folder)/cache")
    self.name = name
    grid = FactorGrid(sizes: layout.factorSizes)
    instanceCount = layout.factorSizes[1]
    factorNames = layout.factorNames.filter { $0 != "instance" }
    var sizes = layout.factorSizes
    sizes.remove(at: 1)
    factorSizes = sizes
  }

  private static func path(_ folder: String, _ part: String, _ kind: String) -> String {
    let plain = "\(folder)/smallnorb-\(part)-\(kind).mat"
    return exists(plain) && !exists("\(plain).gz") ? plain : "\(plain).gz"
  }

  /// All images in the order of the grid; every place must be filled exactly once.
  private static func sortedImages(
    _ folder: String, _ layout: FactorLayout
  ) throws(DatasetError) -> [UInt8] {
    let grid = FactorGrid(sizes: layout.factorSizes)
    let size = layout.imageShape.byteCount
    var pixels = [UInt8](repeating: 0, count: layout.count * size)
    var isFilled = [Bool](repeating: false, count: layout.count)
    for part in parts {
      let file = path(folder, part, "info")
      let places = try combinations(folder, part)
      let images = try leftImages(path(folder, part, "dat"), count: places.count, layout)
      for (number, factors) in places.enumerated() {
        guard zip(factors, layout.factorSizes).allSatisfy({ (0..<$1).contains($0) }) else {
          throw .contentMismatch(
            file: file, expected: "\(layout.factorNames) below \(layout.factorSizes)",
            found: "\(factors)")
        }
        let index = grid.index(ofFactors: factors)
        guard !isFilled[index] else {
          throw .contentMismatch(
            file: file, expected: "every combination once", found: "\(factors) twice")
        }
        isFilled[index] = true
        pixels.replaceSubrange(index * size..<(index + 1) * size, with: images[number])
      }
    }
    guard !isFilled.contains(false) else {
      throw .contentMismatch(
        file: folder, expected: "\(layout.count) images", found: "\(isFilled.filter { $0 }.count)")
    }
    return pixels
  }

  /// Category, instance, elevation, azimuth and lighting of every image of a part.
  private static func combinations(
    _ folder: String, _ part: String
  ) throws(DatasetError) -> [[Int]] {
    let categories = try NORBMatrix(path: path(folder, part, "cat"))
    guard categories.shape.count == 1, categories.shape[0] <= 1 << 20 else {
      throw .shapeMismatch(
        file: path(folder, part, "cat"), array: "matrix", expected: [24_300],
        found: categories.shape)
    }
    let count = categories.shape[0]
    try categories.require(.int32, shape: [count])
    let details = try NORBMatrix(path: path(folder, part, "info"))
    try details.require(.int32, shape: [count, 4])
    let category = try categories.integers()
    let detail = try details.integers()
    return (0..<count).map { image in
      let row = detail[4 * image..<4 * image + 4].map { $0 }
      // Azimuths are stored as 0, 2, …, 34; an odd one becomes a number no grid has.
      let azimuth = row[2] % 2 == 0 ? row[2] / 2 : -1
      return [category[image], row[0], row[1], azimuth, row[3]]
    }
  }

  /// The left camera's images of a part, resized.
  private static func leftImages(
    _ file: String, count: Int, _ layout: FactorLayout
  ) throws(DatasetError) -> [[UInt8]] {
    let matrix = try NORBMatrix(path: file)
    let side = storedSide
    try matrix.require(.uint8, shape: [count, 2, side, side])
    var stored: [[UInt8]] = []
    for _ in 0..<count {
      stored.append(try matrix.stream.readExactly(side * side))
      try matrix.stream.skip(side * side)
    }
    try matrix.stream.finish()
    let pictures = stored
    let shape = layout.imageShape
    return Parallel.map(count) { number in
      RasterImage(height: side, width: side, channelCount: 1, pixels: pictures[number])
        .resized(height: shape.height, width: shape.width, filter: .lanczos).pixels
    }
  }
}
