/// How pixels become the planes of a network's input: mean and deviation of each colour.
struct PixelNormalization: Sendable {
  /// Of red, green and blue in 0…1.
  let mean: [Double]
  /// Of red, green and blue in 0…1.
  let deviation: [Double]

  /// ImageNet's.
  static let imageNet = PixelNormalization(
    mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])
  /// CLIP's.
  static let clip = PixelNormalization(
    mean: [0.481_454_66, 0.457_827_5, 0.408_210_73],
    deviation: [0.268_629_54, 0.261_302_58, 0.275_777_11])

  /// (x / 255 − mean) / deviation, in single precision and in this order, as torchvision's transforms.
  ///
  /// - Parameter pixels: `[row, column, 3]` in 0…255.
  /// - Returns: `[3, row, column]`.
  func planes(_ pixels: [Float]) -> [Float] {
    planes(
      pixels, divisor: 255, centres: mean.map { Float($0) }, scales: deviation.map { Float($0) })
  }

  /// The same of planes.
  ///
  /// - Parameter planes: `[3, row, column]`, about 0…255.
  /// - Returns: `[3, row, column]`.
  func normalized(_ planes: [Float]) -> [Float] {
    var planes = planes
    let area = planes.count / 3
    planes.withUnsafeMutableBufferPointer { planes in
      for channel in 0..<3 {
        let (centre, scale) = (Float(mean[channel]), Float(deviation[channel]))
        for place in channel * area..<(channel + 1) * area {
          planes[place] = (planes[place] / 255 - centre) / scale
        }
      }
    }
    return planes
  }

  /// (x − 255 · mean) / (255 · deviation), in single precision, as torch-fidelity has it.
  ///
  /// - Parameter pixels: `[row, column, 3]` in 0…255.
  /// - Returns: `[3, row, column]`.
  func planesOfBytes(_ pixels: [Float]) -> [Float] {
    planes(
      pixels, divisor: 1, centres: mean.map { Float(255 * $0) },
      scales: deviation.map { Float(255 * $0) })
  }

  /// (x / divisor − centre) / scale.
  private func planes(
    _ pixels: [Float], divisor: Float, centres: [Float], scales: [Float]
  ) -> [Float] {
    let area = pixels.count / 3
    return [Float](unsafeUninitializedCapacity: 3 * area) { planes, count in
      for channel in 0..<3 {
        let (centre, scale) = (centres[channel], scales[channel])
        for place in 0..<area {
          planes[channel * area + place] =
            (pixels[3 * place + channel] / divisor - centre) / scale
        }
      }
      count = 3 * area
    }
  }
}
