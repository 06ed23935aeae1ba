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
    switch self {
    case .pytorchFID:
      return interpolated(image, side, .pixelCenters) { 2 * ($0 / 255) - 1 }
    case .tf1:
      return interpolated(image, side, .origin) { ($0 - 128) / 128 }
    case .cleanFID:
      return antialiased(image, side) { ($0 - 128) / 128 }
    case .cleanFIDPyTorch:
      return antialiased(image, side) { 2 * ($0 / 255) - 1 }
    }
  }

  @inline(__always)
  private func interpolated(
    _ image: RasterImage, _ side: Int, _ alignment: FloatImage.Alignment,
    normalised: (Float) -> Float
  ) -> [Float] {
    let source = FloatImage(image)
    let resized =
      image.height == side && image.width == side
      ? source : source.interpolated(height: side, width: side, alignment: alignment)
    let area = side * side
    return [Float](unsafeUninitializedCapacity: 3 * area) { planes, count in
      resized.pixels.withUnsafeBufferPointer { pixels in
        for place in 0..<area {
          for channel in 0..<3 {
            planes[channel * area + place] = normalised(pixels[3 * place + channel])
          }
        }
      }
      count = 3 * area
    }
  }

  @inline(__always)
  private func antialiased(
    _ image: RasterImage, _ side: Int, normalised: (Float) -> Float
  ) -> [Float] {
    var planes = image.resizedPlanes(height: side, width: side, filter: .bicubic, limits: 0...255)
    planes.withUnsafeMutableBufferPointer { planes in
      for place in planes.indices { planes[place] = normalised(planes[place]) }
    }
    return planes
  }
}
