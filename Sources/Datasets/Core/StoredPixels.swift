/// Images that lie one after another in a file.
struct StoredPixels: Sendable {
  let imageShape: ImageShape
  let count: Int
  /// Identifies the pixels.
  let checksum: String
  private let file: InputFile
  private let offset: Int

  /// The `count` images from byte `offset` of a file, which must hold them all.
  init(
    _ file: InputFile, offset: Int, imageShape: ImageShape, count: Int, checksum: String
  ) {
    precondition(
      offset >= 0 && count * imageShape.byteCount <= file.byteCount - offset,
      "\(count) images of \(imageShape) in \(file.path)")
    self.file = file
    self.offset = offset
    self.imageShape = imageShape
    self.count = count
    self.checksum = checksum
  }

  /// Copies images into `pixels`, one after another.
  ///
  /// - Throws: ``DatasetError`` if the file has been shortened or its disk fails.
  func read(
    _ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>
  ) throws(DatasetError) {
    let size = imageShape.byteCount
    let target = UnsafeMutableRawBufferPointer(pixels)
    for (place, index) in indices.enumerated() {
      try file.readExactly(
        at: offset + index * size,
        into: UnsafeMutableRawBufferPointer(rebasing: target[place * size..<(place + 1) * size]))
    }
  }
}
