public import Datasets

/// How an image of any size becomes VGG-16's input; the published ways disagree.
public enum VGGPreparation: String, Sendable, CaseIterable {
  /// TensorFlow 1's bilinear interpolation to 224, ImageNet's mean and deviation: torch-fidelity.
  case tf1
  /// Pillow's antialiased bilinear in 8 bits to 224, ImageNet's mean and deviation: youngjung's code.
  case pillow

  /// ImageNet's mean of red, green and blue in 0…1.
  private static let mean: [Float] = [0.485, 0.456, 0.406]
  /// ImageNet's deviation of red, green and blue in 0…1.
  private static let deviation: [Float] = [0.229, 0.224, 0.225]

  /// The planes of the network's input, `[3, 224, 224]`.
  public func planes(_ image: RasterImage) -> [Float] {
    precondition(image.channelCount == 3, "a picture of \(image.channelCount) channels")
    let side = VGG16Network.inputSide
    let pixels =
      switch self {
      case .tf1:
        FloatImage(image).interpolated(height: side, width: side, alignment: .origin).pixels
      case .pillow:
        FloatImage(image.resized(height: side, width: side, filter: .bilinear)).pixels
      }
    let area = side * side
    return [Float](unsafeUninitializedCapacity: 3 * area) { planes, count in
      for channel in 0..<3 {
        let centre = 255 * Self.mean[channel]
        let scale = 255 * Self.deviation[channel]
        for place in 0..<area {
          planes[channel * area + place] = (pixels[3 * place + channel] - centre) / scale
        }
      }
      count = 3 * area
    }
  }
}
