import FoundationEssentials

/// What a factor dataset's files must hold: the shape of the images and the grid of factors.
public struct FactorLayout: Sendable, Equatable {
  /// The shape of every image as it is handed out.
  public let imageShape: ImageShape
  /// The factors' names.
  public let factorNames: [String]
  /// How many values each factor takes.
  public let factorSizes: [Int]

  /// A layout.
  public init(imageShape: ImageShape, factorNames: [String], factorSizes: [Int]) {
    precondition(factorNames.count == factorSizes.count, "names for \(factorSizes)")
    self.imageShape = imageShape
    self.factorNames = factorNames
    self.factorSizes = factorSizes
  }

  /// The number of combinations.
  public var count: Int { factorSizes.reduce(1, *) }

  /// The same factors with other sizes, for files that hold fewer combinations.
  public func resized(to factorSizes: [Int]) -> FactorLayout {
    FactorLayout(imageShape: imageShape, factorNames: factorNames, factorSizes: factorSizes)
  }
}

/// A folder may hold a dataset in its official file layout but with less in it.
///
/// It says so in `miniature.json`: `{"factor_sizes": [2, 2, 2, 2, 2, 3]}` or, for pictures without
/// factors, `{"image_count": 44}`. Such a dataset is called `shapes3d-miniature`, so that nothing
/// measured on it can be mistaken for the real one.
struct Miniature: Decodable {
  let factorSizes: [Int]?
  let imageCount: Int?
  private var path = ""

  private enum CodingKeys: String, CodingKey {
    case factorSizes = "factor_sizes"
    case imageCount = "image_count"
  }

  /// What `folder` declares; nil if it declares nothing.
  static func declared(in folder: String) throws(DatasetError) -> Miniature? {
    let path = "\(folder)/miniature.json"
    guard exists(path) else { return nil }
    let file = try InputFile(path: path)
    guard file.byteCount < 1 << 16,
      var miniature = try? JSONDecoder().decode(
        Miniature.self, from: Data(try file.bytes(in: 0..<file.byteCount)))
    else { throw .malformed(file: path, format: "miniature", reason: "it is not JSON") }
    miniature.path = path
    return miniature
  }

  /// The declared sizes of `count` factors.
  func factorSizes(count: Int) throws(DatasetError) -> [Int] {
    guard let factorSizes, factorSizes.count == count,
      factorSizes.allSatisfy({ (1...1 << 20).contains($0) }),
      let product = checkedProduct(factorSizes), product <= 1 << 31
    else {
      throw .malformed(
        file: path, format: "miniature",
        reason: "it must be {\"factor_sizes\": [\(count) positive integers]}")
    }
    return factorSizes
  }

  /// The declared number of images.
  func requiredImageCount() throws(DatasetError) -> Int {
    guard let imageCount, (1...1 << 31).contains(imageCount) else {
      throw .malformed(
        file: path, format: "miniature", reason: "it must be {\"image_count\": a positive integer}")
    }
    return imageCount
  }
}

/// A full grid of factors whose images lie in one file.
public struct GridDataset: FactorDataset {
  /// The name in the catalog.
  public let name: String
  /// The factors' names.
  public let factorNames: [String]
  /// How many values each factor takes.
  public let factorSizes: [Int]
  private let images: StoredPixels

  init(name: String, layout: FactorLayout, images: StoredPixels) {
    precondition(images.count == layout.count, "\(images.count) images for \(layout.factorSizes)")
    self.name = name
    factorNames = layout.factorNames
    factorSizes = layout.factorSizes
    self.images = images
  }

  /// The shape of every image.
  public var imageShape: ImageShape { images.imageShape }

  /// One image for every combination of factors.
  public var count: Int { images.count }

  /// Identifies the pixels.
  public var checksum: String { images.checksum }

  /// Copies images out of the file.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    try images.read(indices, into: pixels)
  }
}
