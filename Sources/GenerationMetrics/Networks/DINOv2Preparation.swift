public import Datasets

/// How an image of any size becomes DINOv2's input of 224×224 pixels; the published ways disagree.
///
/// All of them squash the image and use ImageNet's mean and deviation.
public enum DINOv2Preparation: String, Sendable, CaseIterable {
  /// Pillow's antialiased bicubic in 8 bits: dgm-eval, and EDM2 with `pil`.
  case dgm
  /// The same in floating point, clipped to 0…255: dgm-eval with `--clean_resize`.
  case dgmClean = "dgm-clean"
  /// torch's antialiased bicubic in floating point, neither clipped nor rounded: EDM2.
  case edm2
  /// TensorFlow 1's bilinear interpolation from the first pixel's corner: torch-fidelity.
  case torchFidelity = "torch-fidelity"

  /// The planes of the network's input, `[3, 224, 224]`.
  ///
  /// - Parameter image: An RGB image of any size.
  /// - Returns: Red, green and blue planes, normalised.
  public func planes(_ image: RasterImage) -> [Float] {
    precondition(image.channelCount == 3, "a picture of \(image.channelCount) channels")
    let side = DINOv2Network.inputSide
    let normalization = PixelNormalization.imageNet
    switch self {
    case .dgm:
      let resized = image.resized(height: side, width: side, filter: .bicubic)
      return normalization.planes(resized.pixels.map { Float($0) })
    case .dgmClean:
      return normalization.normalized(
        image.resizedPlanes(height: side, width: side, filter: .bicubic, limits: 0...255))
    case .edm2:
      return normalization.normalized(
        image.resizedPlanes(height: side, width: side, filter: .bicubic))
    case .torchFidelity:
      let resized = FloatImage(image).interpolated(height: side, width: side, alignment: .origin)
      return normalization.planesOfBytes(resized.pixels)
    }
  }
}
