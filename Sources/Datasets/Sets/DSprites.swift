/// dSprites: white sprites on black, 737,280 images of 64×64×1.
///
/// Matthey et al., *dSprites: Disentanglement testing Sprites dataset*, 2017; the official npz, or the
/// official HDF5 file of the same arrays. The file's `color` has one value and is not a factor, as in
/// disentanglement_lib. Stored pixels are 0 and 1, those handed out 0 and 255.
public enum DSprites {
  /// What the official file holds.
  public static let layout = FactorLayout(
    imageShape: ImageShape(height: 64, width: 64, channelCount: 1),
    factorNames: ["shape", "scale", "orientation", "position_x", "position_y"],
    factorSizes: [3, 6, 40, 32, 32])
  private static let stem = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64"
  static let file = RemoteFile(
    "\(stem).npz",
    ["https://github.com/deepmind/dsprites-dataset/raw/master/\(stem).npz"],
    places: [.init("\(stem).npz", "official"), .init("\(stem).hdf5", "official, as HDF5")])

  /// Opens the dataset from the folder that holds the official npz or HDF5 file.
  ///
  /// The first time, images are decompressed into a pixel cache beside the file and the stored
  /// classes are compared with the grid of factors.
  ///
  /// - Throws: ``DatasetError`` if the file is missing, damaged, or another layout.
  public static func open(
    folder: String, layout: FactorLayout = layout, name: String = "dsprites"
  ) throws(DatasetError) -> GridDataset {
    let file = "\(folder)/\(Self.file.found(in: folder)?.path ?? Self.file.path)"
    let source = PixelSource(
      name: name, recipe: "dsprites:v1", files: [file], imageShape: layout.imageShape,
      count: layout.count
    ) { (sink) throws(DatasetError) in
      let shape = [layout.count, layout.imageShape.height, layout.imageShape.width]
      let stretch = { (bytes: UnsafeMutableRawBufferPointer) throws(DatasetError) in
        for index in bytes.indices {
          guard bytes[index] <= 1 else {
            throw .contentMismatch(
              file: file, expected: "pixels of 0 and 1", found: "a pixel of \(bytes[index])")
          }
          bytes[index] &*= 255
        }
      }
      if file.hasSuffix(".hdf5") {
        let classes = try HDF5Array(path: file, name: "latents/classes")
        try classes.require(
          typeName: "int64", shape: [layout.count, layout.factorSizes.count + 1])
        try checkClasses(
          try classes.integers(rows: 0..<layout.count), "\(file), latents/classes", layout)
        let images = try HDF5Array(path: file, name: "imgs")
        try images.require(typeName: "uint8", shape: shape)
        try images.copyRows(to: &sink, transform: stretch)
      } else {
        let archive = try NPZArchive(path: file)
        let stored = try archive.array("latents_classes")
        let expected = [layout.count, layout.factorSizes.count + 1]
        guard stored.shape == expected else {
          throw .shapeMismatch(
            file: file, array: "latents_classes", expected: expected, found: stored.shape)
        }
        try checkClasses(try stored.integers(), "\(file), latents_classes", layout)
        try archive.copyPixels(of: "imgs", shape: shape, to: &sink, transform: stretch)
      }
    }
    return GridDataset(
      name: name, layout: layout, images: try PixelCache.open(source, folder: "\(folder)/cache"))
  }

  private static func checkClasses(
    _ classes: [Int], _ place: String, _ layout: FactorLayout
  ) throws(DatasetError) {
    let columnCount = layout.factorSizes.count + 1
    let grid = FactorGrid(sizes: layout.factorSizes)
    for index in 0..<layout.count {
      let found = Array(classes[index * columnCount..<(index + 1) * columnCount])
      guard found == [0] + grid.factors(at: index) else {
        throw .contentMismatch(
          file: place,
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
