/// MPI3D: a robot arm that holds an object, in four versions, 64×64×3.
///
/// Gondal et al., arXiv:1906.03292. The files of the published versions hold 1,036,800 images (six
/// colours, six shapes), those of `complex` 460,800 (four and four). Under the name "toy" a file of
/// 460,800 images has also been in use (disentanglement_lib's download): it is refused by its count.
public enum MPI3D {
  /// Which recordings.
  public enum Version: String, Sendable, CaseIterable {
    /// Rendered, simple.
    case toy
    /// Rendered, realistic.
    case realistic
    /// Photographed.
    case real
    /// Photographed, everyday objects.
    case complex

    /// The dataset's name in the catalog.
    public var datasetName: String { "mpi3d-\(rawValue)" }

    /// The official file.
    var fileName: String {
      self == .complex ? "real3d_complicated_shapes_ordered.npz" : "mpi3d_\(rawValue).npz"
    }

    /// What the official file holds.
    public var layout: FactorLayout {
      FactorLayout(
        imageShape: ImageShape(height: 64, width: 64, channelCount: 3),
        factorNames: [
          "object_color", "object_shape", "object_size", "camera_height", "background_color",
          "horizontal_axis", "vertical_axis",
        ],
        factorSizes: self == .complex ? [4, 4, 2, 3, 3, 40, 40] : [6, 6, 2, 3, 3, 40, 40])
    }
  }

  /// Opens the dataset from the folder that holds the official npz.
  ///
  /// An array that is stored uncompressed is read where it lies; else it is decompressed into a
  /// pixel cache beside the file the first time. The file names no factors: their order and sizes
  /// are those of the dataset's documentation.
  ///
  /// - Throws: ``DatasetError`` if the file is missing, damaged, or another layout.
  public static func open(
    _ version: Version, folder: String, layout: FactorLayout? = nil, name: String? = nil
  ) throws(DatasetError) -> GridDataset {
    let layout = layout ?? version.layout
    let name = name ?? version.datasetName
    let shape = layout.imageShape
    let arrayShape = [layout.count, shape.height, shape.width, shape.channelCount]
    let file = "\(folder)/\(version.fileName)"
    let source = PixelSource(
      name: name, recipe: "\(version.datasetName):v1", files: [file], imageShape: shape,
      count: layout.count
    ) { (sink) throws(DatasetError) in
      try NPZArchive(path: file).copyPixels(of: "images", shape: arrayShape, to: &sink)
    }
    if let stored = try stored(file, shape: arrayShape, layout) {
      return GridDataset(name: name, layout: layout, images: stored)
    }
    return GridDataset(
      name: name, layout: layout, images: try PixelCache.open(source, folder: "\(folder)/cache"))
  }

  /// The images where they lie in the file; nil if they are compressed or only cached.
  private static func stored(
    _ file: String, shape: [Int], _ layout: FactorLayout
  ) throws(DatasetError) -> StoredPixels? {
    guard let archive = try? NPZArchive(path: file) else { return nil }
    let member = try archive.member("images")
    guard !member.isDeflated else { return nil }
    let header = try NPYHeader(archive.archive.stream(member))
    try header.requireBytes(file: file, array: "images", shape: shape)
    let range = try archive.archive.dataRange(of: member)
    let offset = range.lowerBound + header.headerByteCount
    guard offset + header.byteCount == range.upperBound else {
      throw .malformed(
        file: file, format: "NPY", reason: "'images' has another length than its shape needs")
    }
    return StoredPixels(
      try InputFile(path: file), offset: offset, imageShape: layout.imageShape,
      count: layout.count, checksum: "crc32:\(String(member.checksum, radix: 16))")
  }
}
