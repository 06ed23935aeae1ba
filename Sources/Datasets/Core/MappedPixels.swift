/// Images that lie one after another in a memory-mapped file.
struct MappedPixels: Sendable {
  let imageShape: ImageShape
  let count: Int
  /// Identifies the pixels.
  let checksum: String
  private let file: MappedFile
  private let offset: Int

  /// The `count` images from byte `offset` of a file, which must hold them all.
  init(
    _ file: MappedFile, offset: Int, imageShape: ImageShape, count: Int, checksum: String
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
  func read(_ indices: [Int], into pixels: UnsafeMutableBufferPointer<UInt8>) {
    let size = imageShape.byteCount
    let target = UnsafeMutableRawBufferPointer(pixels)
    for (place, index) in indices.enumerated() {
      file.copy(
        from: offset + index * size,
        into: UnsafeMutableRawBufferPointer(rebasing: target[place * size..<(place + 1) * size]))
    }
  }
}
