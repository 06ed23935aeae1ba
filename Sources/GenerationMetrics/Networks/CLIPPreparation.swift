public import Datasets

/// How an image of any size becomes CLIP's input; the published ways disagree.
public enum CLIPPreparation: String, Sendable, CaseIterable {
  /// The shorter side by Pillow's antialiased bicubic in 8 bits, then the middle: clean-fid, as in OpenAI's
  /// own code.
  case cleanFID = "clean-fid-clip"
  /// The square in the middle, then Pillow's antialiased bicubic in 8 bits; features divided by their length:
  /// CMMD.
  case cmmd
  /// Squashed by TensorFlow 1's bilinear interpolation from the first pixel's corner: torch-fidelity.
  case torchFidelity = "torch-fidelity"

  /// Whether features are divided by their Euclidean length.
  public var normalizesFeatures: Bool { self == .cmmd }

  /// The planes of the network's input, `[3, side, side]`.
  ///
  /// - Parameters:
  ///   - image: An RGB image of any size.
  ///   - side: The side of the network's input in pixels.
  /// - Returns: Red, green and blue planes, normalised.
  public func planes(_ image: RasterImage, side: Int) -> [Float] {
    precondition(image.channelCount == 3, "a picture of \(image.channelCount) channels")
    let normalization = PixelNormalization.clip
    switch self {
    case .cleanFID:
      let resized = image.resized(shorterSide: side, filter: .bicubic)
        .centerCropped(height: side, width: side)
      return normalization.planes(resized.pixels.map { Float($0) })
    case .cmmd:
      let square = min(image.height, image.width)
      let resized = image.cropped(
        top: (image.height - square) / 2, left: (image.width - square) / 2, height: square,
        width: square
      ).resized(height: side, width: side, filter: .bicubic)
      return normalization.planes(resized.pixels.map { Float($0) })
    case .torchFidelity:
      let resized = FloatImage(image).interpolated(height: side, width: side, alignment: .origin)
      return normalization.planesOfBytes(resized.pixels)
    }
  }

  /// The features as this protocol has them.
  ///
  /// - Parameters:
  ///   - elements: `[image, feature]` of the network.
  ///   - width: Features per image.
  /// - Returns: The same, each row divided by its Euclidean length if the protocol says so; NaN for one of
  ///   length 0.
  func finished(_ elements: [Float], width: Int) -> [Float] {
    guard normalizesFeatures else { return elements }
    var result = elements
    for start in stride(from: 0, to: elements.count, by: width) {
      let row = start..<start + width
      let length = row.reduce(0.0) { $0 + Double(elements[$1]) * Double(elements[$1]) }.squareRoot()
      for index in row { result[index] = Float(Double(elements[index]) / length) }
    }
    return result
  }
}
