/// Shapes3D: rooms with one object, six factors, 480,000 images of 64×64×3.
///
/// Burgess and Kim, *3D Shapes Dataset*, 2018; the official `3dshapes.h5`.
public enum Shapes3D {
  /// What the official file holds.
  public static let layout = FactorLayout(
    imageShape: ImageShape(height: 64, width: 64, channelCount: 3),
    factorNames: ["floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"],
    factorSizes: [10, 10, 10, 8, 4, 15])
  static let fileName = "3dshapes.h5"

  /// Opens the dataset from the folder that holds `3dshapes.h5`.
  ///
  /// The first time, images are decompressed into a pixel cache beside the file and the stored
  /// labels are compared with the grid of factors.
  ///
  /// - Throws: ``DatasetError`` if the file is missing, damaged, or another layout.
  public static func open(
    folder: String, layout: FactorLayout = layout, name: String = "shapes3d"
  ) throws(DatasetError) -> GridDataset {
    let file = "\(folder)/\(fileName)"
    let source = PixelSource(
      name: name, recipe: "shapes3d:v1", files: [file], imageShape: layout.imageShape,
      count: layout.count
    ) { (sink) throws(DatasetError) in
      try checkLabels(of: file, layout)
      try copyImages(of: file, layout, to: &sink)
    }
    return GridDataset(
      name: name, layout: layout, images: try PixelCache.open(source, folder: "\(folder)/cache"))
  }

  private static func copyImages(
    of file: String, _ layout: FactorLayout, to sink: inout PixelSink
  ) throws(DatasetError) {
    let shape = layout.imageShape
    let images = try HDF5Array(path: file, name: "images")
    try images.require(
      typeName: "uint8", shape: [layout.count, shape.height, shape.width, shape.channelCount])
    try images.copyRows(to: &sink)
  }

  /// The labels hold a factor's value, for instance a hue of 0.3; values are numbered by size.
  private static func checkLabels(of file: String, _ layout: FactorLayout) throws(DatasetError) {
    let labels = try HDF5Array(path: file, name: "labels")
    try labels.require(typeName: "float64", shape: [layout.count, layout.factorSizes.count])
    let values = try labels.doubles(rows: 0..<layout.count)
    let grid = FactorGrid(sizes: layout.factorSizes)
    for (factor, name) in layout.factorNames.enumerated() {
      let column = stride(from: factor, to: values.count, by: layout.factorNames.count).map {
        values[$0]
      }
      let distinct = Set(column).sorted()
      guard distinct.count == layout.factorSizes[factor] else {
        throw .contentMismatch(
          file: "\(file), labels", expected: "\(layout.factorSizes[factor]) values of \(name)",
          found: "\(distinct.count)")
      }
      let numbers = Dictionary(uniqueKeysWithValues: distinct.enumerated().map { ($1, $0) })
      for (index, value) in column.enumerated()
      where numbers[value] != grid.factors(at: index)[factor] {
        throw .contentMismatch(
          file: "\(file), labels",
          expected: "images in the order of the factors, the last one fastest",
          found: "\(name) \(value) at image \(index)")
      }
    }
  }
}

extension HDF5Array {
  /// Copies all rows, bytes, in order; a few dozen megabytes at a time.
  func copyRows(
    to sink: inout PixelSink,
    transform: ((UnsafeMutableRawBufferPointer) throws(DatasetError) -> Void)? = nil
  ) throws(DatasetError) {
    let rowCount = shape[0]
    // Whole chunks, so that none is decompressed twice, of about 64 MB and at most 1 GiB.
    let wanted = max(1, (64 << 20) / max(1, rowElementCount))
    let chunk = max(1, chunkRowCount)
    let aligned = (wanted + chunk - 1) / chunk * chunk
    let step = max(1, min(aligned, (1 << 30) / max(1, rowElementCount), rowCount))
    var buffer = [UInt8](repeating: 0, count: step * rowElementCount)
    for first in stride(from: 0, to: rowCount, by: step) {
      let rows = first..<min(rowCount, first + step)
      try buffer.withMutableBytes { (bytes) throws(DatasetError) in
        let part = UnsafeMutableRawBufferPointer(rebasing: bytes[..<(rows.count * rowElementCount)])
        try readBytes(rows: rows, into: part)
        try transform?(part)
        try sink.append(UnsafeRawBufferPointer(part))
      }
    }
  }
}
