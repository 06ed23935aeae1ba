public import Datasets

/// How an image of any size becomes the network's input; the published ways disagree.
public enum ImagePreparation: String, Sendable, CaseIterable {
  /// torch's bilinear interpolation between pixel centres, without antialiasing; −1…1.
  case pytorchFID = "pytorch-fid"
  /// Pillow's antialiased bicubic in floating point, clipped to 0…255; (x − 128) / 128.
  case cleanFID = "clean-fid"
  /// The same pixels scaled to −1…1: clean-fid with pytorch-fid's network.
  case cleanFIDPyTorch = "clean-fid-pytorch"
  /// TensorFlow 1's bilinear interpolation from the first pixel's corner; (x − 128) / 128. Also
  /// torch-fidelity, StyleGAN and ADM.
  case tf1

  /// The planes of the network's input, `[3, side, side]`.
  ///
  /// - Parameters:
  ///   - image: An RGB image of any size.
  ///   - side: The side of the network's input in pixels.
  /// - Returns: Red, green and blue planes, normalised.
  public func planes(_ image: RasterImage, side: Int = InceptionNetwork.inputSide) -> [Float] {
    precondition(image.channelCount == 3, "a picture of \(image.channelCount) channels")
    let source = FloatImage(image)
    let needsResize = image.height != side || image.width != side
    let resized =
      if !needsResize {
        source
      } else {
        switch self {
        case .pytorchFID: source.interpolated(height: side, width: side, alignment: .pixelCenters)
        case .cleanFID, .cleanFIDPyTorch:
          source.resized(height: side, width: side, filter: .bicubic)
        case .tf1: source.interpolated(height: side, width: side, alignment: .origin)
        }
      }
    let clips = self == .cleanFID || self == .cleanFIDPyTorch
    let isSymmetric = self == .pytorchFID || self == .cleanFIDPyTorch
    let area = side * side
    return [Float](unsafeUninitializedCapacity: 3 * area) { planes, count in
      resized.pixels.withUnsafeBufferPointer { pixels in
        for place in 0..<area {
          for channel in 0..<3 {
            let value = pixels[3 * place + channel]
            let bounded = clips ? min(255, max(0, value)) : value
            planes[channel * area + place] =
              isSymmetric ? 2 * (bounded / 255) - 1 : (bounded - 128) / 128
          }
        }
      }
      count = 3 * area
    }
  }
}
