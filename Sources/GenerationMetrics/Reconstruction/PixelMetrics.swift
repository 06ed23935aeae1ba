public import Datasets
import Glibc

/// How close a reconstruction is to its original, pixel by pixel.
public enum PixelMetrics {
  /// The mean squared error over all samples, in units of 8-bit levels squared.
  public static func meanSquaredError(_ first: RasterImage, _ second: RasterImage) -> Double {
    requireEqualShape(first, second)
    let total = zip(first.pixels, second.pixels).reduce(0) { sum, pair in
      let difference = Int(pair.0) - Int(pair.1)
      return sum + difference * difference
    }
    return Double(total) / Double(first.pixels.count)
  }

  /// The peak signal-to-noise ratio in decibel, of a peak of 255; infinite for equal images.
  public static func peakSignalToNoiseRatio(_ first: RasterImage, _ second: RasterImage) -> Double {
    peakSignalToNoiseRatio(ofSquaredError: meanSquaredError(first, second), peak: 255)
  }

  /// The same from a mean squared error of intensities up to a peak.
  public static func peakSignalToNoiseRatio(
    ofSquaredError squaredError: Double, peak: Double = 1
  ) -> Double {
    10 * log10(peak * peak / squaredError)
  }

  /// The structural similarity, averaged over pixels and channels; 1 for equal images.
  ///
  /// *Image Quality Assessment: From Error Visibility to Structural Similarity*, IEEE TIP 13(4),
  /// 2004, eq. 13: Gaussian window of 11×11 pixels with deviation 1.5, K₁ = 0.01, K₂ = 0.03, range
  /// 255, biased moments, averaged over the places where the window fits.
  ///
  /// - Parameters:
  ///   - first: An image at least 11 pixels wide and high.
  ///   - second: An image of the same shape.
  /// - Returns: A value in −1…1.
  public static func structuralSimilarity(_ first: RasterImage, _ second: RasterImage) -> Double {
    requireEqualShape(first, second)
    precondition(first.height >= 11 && first.width >= 11, "a picture of \(first.shape)")
    var total = 0.0
    for channel in 0..<first.channelCount {
      total += similarity(plane(first, channel), plane(second, channel), first.height, first.width)
    }
    return total / Double(first.channelCount)
  }

  private static func requireEqualShape(_ first: RasterImage, _ second: RasterImage) {
    precondition(first.shape == second.shape, "pictures of \(first.shape) and \(second.shape)")
  }

  private static func plane(_ image: RasterImage, _ channel: Int) -> [Double] {
    stride(from: channel, to: image.pixels.count, by: image.channelCount).map {
      Double(image.pixels[$0])
    }
  }

  private static func similarity(
    _ x: [Double], _ y: [Double], _ height: Int, _ width: Int
  ) -> Double {
    func smooth(_ values: [Double]) -> [Double] { filtered(values, height, width) }
    let meanX = smooth(x)
    let meanY = smooth(y)
    let squareX = smooth(x.map { $0 * $0 })
    let squareY = smooth(y.map { $0 * $0 })
    let product = smooth(zip(x, y).map { $0 * $1 })
    let c1 = 0.01 * 255 * 0.01 * 255
    let c2 = 0.03 * 255 * 0.03 * 255
    let sum = meanX.indices.reduce(0.0) { sum, place in
      let (a, b) = (meanX[place], meanY[place])
      let covariance = product[place] - a * b
      let variances = squareX[place] - a * a + squareY[place] - b * b
      return sum
        + (2 * a * b + c1) * (2 * covariance + c2) / ((a * a + b * b + c1) * (variances + c2))
    }
    return sum / Double(meanX.count)
  }

  /// Averages under the window, along rows and then columns, where it fits.
  private static func filtered(_ values: [Double], _ height: Int, _ width: Int) -> [Double] {
    let weights = (-5...5).map { exp(-Double($0 * $0) / 4.5) }
    let total = weights.reduce(0, +)
    let window = weights.map { $0 / total }
    let innerWidth = width - 10
    var rows = [Double](repeating: 0, count: height * innerWidth)
    for y in 0..<height {
      for x in 0..<innerWidth {
        rows[y * innerWidth + x] = (0...10).reduce(0) {
          $0 + window[$1] * values[y * width + x + $1]
        }
      }
    }
    var result = [Double](repeating: 0, count: (height - 10) * innerWidth)
    for y in 0..<height - 10 {
      for x in 0..<innerWidth {
        result[y * innerWidth + x] = (0...10).reduce(0) {
          $0 + window[$1] * rows[(y + $1) * innerWidth + x]
        }
      }
    }
    return result
  }
}
