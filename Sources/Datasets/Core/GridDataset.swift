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
