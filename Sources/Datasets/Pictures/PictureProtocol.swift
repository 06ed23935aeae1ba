/// How a picture of any size becomes a training image: which part of it, by which filter.
///
/// Published numbers differ by exactly this, so every way has a name, which is part of a dataset's
/// checksum.
public struct PictureProtocol: Sendable {
  /// The name, for instance `d2c`.
  public let name: String
  /// One line that says what is done.
  public let summary: String
  /// The side that the published work uses.
  public let defaultSide: Int
  private let crop: Crop
  private let filter: ResizeFilter

  private enum Crop {
    /// torchvision's `Resize` of the shorter side to `side · numerator / denominator`, then
    /// `CenterCrop`.
    case resizeThenCenter(numerator: Int, denominator: Int)
    /// A centred square of that side, nil for the largest, then resizing.
    case centerThenResize(side: Int?)
    /// A fixed rectangle, then resizing.
    case rectangle(top: Int, left: Int, side: Int)
  }

  /// Applies the protocol.
  ///
  /// - Parameters:
  ///   - image: The whole picture.
  ///   - side: Rows and pixels per row of the result.
  ///   - file: What errors call the picture.
  /// - Returns: A square picture.
  /// - Throws: ``DatasetError/contentMismatch(file:expected:found:)`` if it is too small to be cropped.
  func apply(_ image: RasterImage, side: Int, file: String) throws(DatasetError) -> RasterImage {
    switch crop {
    case .resizeThenCenter(let numerator, let denominator):
      let shorter = side * numerator / denominator
      return image.resized(shorterSide: shorter, filter: filter, croppedTo: side)
    case .centerThenResize(let square):
      let square = square ?? min(image.height, image.width)
      try require(image, height: square, width: square, file)
      return image.centerCropped(height: square, width: square)
        .resized(height: side, width: side, filter: filter)
    case .rectangle(let top, let left, let square):
      try require(image, height: top + square, width: left + square, file)
      return image.cropped(top: top, left: left, height: square, width: square)
        .resized(height: side, width: side, filter: filter)
    }
  }

  private func require(
    _ image: RasterImage, height: Int, width: Int, _ file: String
  ) throws(DatasetError) {
    guard image.height >= height && image.width >= width else {
      throw .contentMismatch(
        file: file, expected: "at least \(width)×\(height) pixels for protocol \(name)",
        found: "\(image.width)×\(image.height)")
    }
  }
}

extension PictureProtocol {
  /// The protocols of aligned CelebA, 178×218.
  static let celebA: [PictureProtocol] = [
    PictureProtocol(
      name: "tv", summary: "shorter side resized, centre crop (InfoDiffusion)", defaultSide: 64,
      crop: .resizeThenCenter(numerator: 1, denominator: 1), filter: .bilinear),
    PictureProtocol(
      name: "d2c", summary: "crop x 25…153, y 57…185 (D2C, DiffAE, DisDiff training)",
      defaultSide: 64, crop: .rectangle(top: 57, left: 25, side: 128), filter: .bilinear),
    PictureProtocol(
      name: "nash", summary: "shorter side to 96, centre crop 64 (NashAE, DisDiff TAD)",
      defaultSide: 64, crop: .resizeThenCenter(numerator: 3, denominator: 2), filter: .bilinear),
    PictureProtocol(
      name: "c148", summary: "centre crop 148 (VAE and WAE code)", defaultSide: 64,
      crop: .centerThenResize(side: 148), filter: .bilinear),
    PictureProtocol(
      name: "c140", summary: "centre crop 140 (score-based models)", defaultSide: 64,
      crop: .centerThenResize(side: 140), filter: .bilinear),
  ]

  /// The largest centred square, resized with each of Pillow's filters.
  static func squares(side: Int, first: ResizeFilter) -> [PictureProtocol] {
    let others = ResizeFilter.allCases.filter { $0 != first && $0 != .hamming }
    return ([first] + others).map { filter in
      PictureProtocol(
        name: filter.rawValue, summary: "largest centred square, \(filter.rawValue)",
        defaultSide: side, crop: .centerThenResize(side: nil), filter: filter)
    }
  }

  /// The protocols of folders: torchvision's first, then the squares.
  static let folder: [PictureProtocol] = [celebA[0]] + squares(side: 64, first: .bicubic)
}
