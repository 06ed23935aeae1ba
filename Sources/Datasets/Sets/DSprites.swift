/// dSprites: white sprites on black, 737,280 images of 64×64×1.
///
/// Matthey et al., *dSprites: Disentanglement testing Sprites dataset*, 2017; the official npz. The
/// file's `color` has one value and is not a factor, as in disentanglement_lib. Stored pixels are 0
/// and 1, those handed out 0 and 255.
public enum DSprites {
  /// What the official file holds.
  public static let layout = FactorLayout(
    imageShape: ImageShape(height: 64, width: 64, channelCount: 1),
    factorNames: ["shape", "scale", "orientation", "position_x", "position_y"],
    factorSizes: [3, 6, 40, 32, 32])
  static let fileName = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"

  /// Opens the dataset from the folder that holds the official npz.
  ///
  /// The first time, images are decompressed into a pixel cache beside the file and the stored
  /// classes are compared with the grid of factors.
  ///
  /// - Throws: ``DatasetError`` if the file is missing, damaged, or another layout.
  public static func open(
    folder: String, layout: FactorLayout = layout, name: String = "dsprites"
  ) throws(DatasetError) -> GridDataset {
    let file = "\(folder)/\(fileName)"
    let source = PixelSource(
      name: name, recipe: "dsprites:v1", files: [file], imageShape: layout.imageShape,
      count: layout.count
    ) { (sink) throws(DatasetError) in
      let archive = try NPZArchive(path: file)
      try checkClasses(archive, layout)
      let shape = layout.imageShape
      try archive.copyPixels(
        of: "imgs", shape: [layout.count, shape.height, shape.width], to: &sink
      ) { (bytes) throws(DatasetError) in
        for index in bytes.indices {
          guard bytes[index] <= 1 else {
            throw .contentMismatch(
              file: file, expected: "pixels of 0 and 1", found: "a pixel of \(bytes[index])")
          }
          bytes[index] &*= 255
        }
      }
    }
    return GridDataset(
      name: name, layout: layout, images: try PixelCache.open(source, folder: "\(folder)/cache"))
  }

  private static func checkClasses(
    _ archive: NPZArchive, _ layout: FactorLayout
  ) throws(DatasetError) {
    let stored = try archive.array("latents_classes")
    let columnCount = layout.factorSizes.count + 1
    guard stored.shape == [layout.count, columnCount] else {
      throw .shapeMismatch(
        file: archive.path, array: "latents_classes", expected: [layout.count, columnCount],
        found: stored.shape)
    }
    let classes = try stored.integers()
    let grid = FactorGrid(sizes: layout.factorSizes)
    for index in 0..<layout.count {
      let found = Array(classes[index * columnCount..<(index + 1) * columnCount])
      guard found == [0] + grid.factors(at: index) else {
        throw .contentMismatch(
          file: "\(archive.path), latents_classes",
          expected: "\([0] + grid.factors(at: index)) for image \(index)", found: "\(found)")
      }
    }
  }
}

extension NPZArchive {
  /// Copies an array of bytes in pieces, each changed by `transform`, to a sink.
  func copyPixels(
    of name: String, shape: [Int], to sink: inout PixelSink,
    transform: ((UnsafeMutableRawBufferPointer) throws(DatasetError) -> Void)? = nil
  ) throws(DatasetError) {
    let stream = try archive.stream(member(name))
    let header = try NPYHeader(stream)
    try header.requireBytes(file: path, array: name, shape: shape)
    var buffer = [UInt8](repeating: 0, count: 8 << 20)
    var left = header.byteCount
    while left > 0 {
      let count = min(left, buffer.count)
      try buffer.withMutableBytes { (bytes) throws(DatasetError) in
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
        try stream.readExactly(into: part)
        try transform?(part)
        try sink.append(UnsafeRawBufferPointer(part))
      }
      left -= count
    }
    try stream.finish()
  }
}

extension NPYHeader {
  /// Throws unless the array holds unsigned bytes in C order, of that shape.
  func requireBytes(file: String, array: String, shape: [Int]) throws(DatasetError) {
    guard dataType == .uint8 else {
      throw .typeMismatch(file: file, array: array, expected: "uint8", found: dataType.name)
    }
    guard self.shape == shape else {
      throw .shapeMismatch(file: file, array: array, expected: shape, found: self.shape)
    }
    guard !isFortranOrder else {
      throw .unsupported(file: file, format: "NPY", reason: "'\(array)' is in Fortran order")
    }
  }
}
