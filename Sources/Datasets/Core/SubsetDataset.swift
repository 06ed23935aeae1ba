import BenchSupport

/// Some images of another dataset, for instance one split.
public struct SubsetDataset: ImageDataset {
  /// The whole dataset.
  public let base: any ImageDataset
  /// Which of its images, in order.
  public let indices: [Int]
  /// The base's name and what distinguishes the part.
  public let name: String

  /// The images `indices` of `base`, called `base` and `part`.
  public init(_ base: any ImageDataset, indices: [Int], part: String) {
    precondition(indices.allSatisfy { (0..<base.count).contains($0) }, "indices outside the base")
    self.base = base
    self.indices = indices
    name = "\(base.name)-\(part)"
  }

  /// The base's.
  public var imageShape: ImageShape { base.imageShape }
  /// The base's.
  public var notes: [String] { base.notes }
  /// The number of images of the part.
  public var count: Int { indices.count }

  /// The base's checksum and that of the indices.
  public var checksum: String {
    let list = Digest.of(Array(indices.map(String.init).joined(separator: ",").utf8))
    return "\(base.checksum)/\(list.prefix(16))"
  }

  /// Reads images of the base.
  public func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    checkRequest(indices, pixels)
    try base.read(indices.map { self.indices[$0] }, into: pixels)
  }
}
