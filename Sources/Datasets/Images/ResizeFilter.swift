import Glibc

/// The kernels of Pillow's antialiased resize.
public enum ResizeFilter: String, Sendable, CaseIterable, Codable {
  /// Mean over the area.
  case box
  /// Triangle; Pillow's `BILINEAR`.
  case bilinear
  /// Hamming-windowed sinc of one lobe; Pillow's `HAMMING`.
  case hamming
  /// Keys' cubic with a = −0.5; Pillow's `BICUBIC`.
  case bicubic
  /// Sinc of three lobes; Pillow's `LANCZOS`, formerly `ANTIALIAS`.
  case lanczos

  /// Half the kernel's width in source pixels when not shrinking.
  var support: Double {
    switch self {
    case .box: 0.5
    case .bilinear, .hamming: 1
    case .bicubic: 2
    case .lanczos: 3
    }
  }

  /// The kernel at a distance from its centre.
  func value(_ position: Double) -> Double {
    let x = position.magnitude
    switch self {
    case .box:
      return position > -0.5 && position <= 0.5 ? 1 : 0
    case .bilinear:
      return x < 1 ? 1 - x : 0
    case .hamming:
      guard x > 0 else { return 1 }
      guard x < 1 else { return 0 }
      return sin(x * .pi) / (x * .pi) * (0.54 + 0.46 * cos(x * .pi))
    case .bicubic:
      let a = -0.5
      if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
      return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0
    case .lanczos:
      return position >= -3 && position < 3 ? Self.sinc(position) * Self.sinc(position / 3) : 0
    }
  }

  private static func sinc(_ x: Double) -> Double {
    guard x != 0 else { return 1 }
    return sin(x * .pi) / (x * .pi)
  }
}

/// For every target pixel of one axis, which source pixels it averages and with what weights.
///
/// The windows and weights of Pillow's `precompute_coeffs`: the kernel is widened by the shrinking
/// factor, its centre is (x + ½)·scale, the window is [⌊c − s + ½⌋, ⌊c + s + ½⌋) cut to the image.
struct ResizeWeights {
  /// First source pixel of every target pixel.
  private(set) var starts: [Int] = []
  /// Source pixels of every target pixel.
  private(set) var counts: [Int] = []
  /// Weights, ``stride`` places per target pixel; they add up to 1.
  private(set) var weights: [Double] = []
  /// Places per target pixel in ``weights``.
  let stride: Int

  init(from sourceCount: Int, to targetCount: Int, filter: ResizeFilter) {
    let scale = Double(sourceCount) / Double(targetCount)
    let stretch = max(1, scale)
    let support = filter.support * stretch
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = [Double](repeating: 0, count: stride * targetCount)
    for target in 0..<targetCount {
      let center = (Double(target) + 0.5) * scale
      let start = max(0, Int(center - support + 0.5))
      let end = min(sourceCount, Int(center + support + 0.5))
      var sum = 0.0
      for source in start..<end {
        let weight = filter.value((Double(source) - center + 0.5) * (1 / stretch))
        weights[target * stride + source - start] = weight
        sum += weight
      }
      if sum != 0 {
        for place in target * stride..<target * stride + end - start { weights[place] /= sum }
      }
      starts.append(start)
      counts.append(end - start)
    }
  }

  /// Every pixel of an axis of `count` pixels as it is.
  init(keeping count: Int) {
    stride = 1
    starts = Array(0..<count)
    counts = [Int](repeating: 1, count: count)
    weights = [Double](repeating: 1, count: count)
  }

  /// Every source pixel that some target pixel averages.
  var sources: Range<Int> {
    let ends = zip(starts, counts).map { $0 + $1 }
    return (starts.min() ?? 0)..<(ends.max() ?? 0)
  }

  /// The windows of some target pixels, with source pixels numbered from `origin`.
  func selecting(_ targets: Range<Int>, origin: Int = 0) -> ResizeWeights {
    var result = self
    result.starts = starts[targets].map { $0 - origin }
    result.counts = Array(counts[targets])
    result.weights = Array(weights[targets.lowerBound * stride..<targets.upperBound * stride])
    return result
  }

  /// The weights as Pillow's 8-bit code uses them: times 2²², rounded half away from zero.
  func fixedPoint() -> [Int32] {
    weights.map { Int32($0 * Double(1 << 22) + ($0 < 0 ? -0.5 : 0.5)) }
  }
}
