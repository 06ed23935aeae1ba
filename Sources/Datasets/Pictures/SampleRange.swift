/// The values of floating point images that stand for black and white.
public struct SampleRange: Sendable, Equatable {
  /// Black.
  public let low: Double
  /// White.
  public let high: Double

  /// How far values may lie outside, as a part of the range; they are clipped.
  static let tolerance = 0.05

  /// Takes two numbers, the smaller first; nil for anything else.
  public init?(low: Double, high: Double) {
    guard low.isFinite, high.isFinite, low < high, (high - low).isFinite else { return nil }
    self.low = low
    self.high = high
  }

  /// Takes `0,1` or `-1,1` apart; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
      Double($0.filter { $0 != " " })
    }
    guard parts.count == 2, let low = parts[0], let high = parts[1] else { return nil }
    self.init(low: low, high: high)
  }

  /// The bytes of little-endian samples, rounded to the nearest, halves up.
  ///
  /// - Parameters:
  ///   - samples: The samples' memory.
  ///   - stored: Their type.
  ///   - work: The type to compute in.
  /// - Returns: A byte for every sample.
  /// - Throws: The first sample that lies outside or is not a number.
  func bytes<Stored: BinaryFloatingPoint, Work: BinaryFloatingPoint>(
    _ samples: [UInt8], stored: Stored.Type, work: Work.Type
  ) throws(OutsideValue) -> [UInt8] {
    let stride = MemoryLayout<Stored>.stride
    let (low, width) = (Work(low), Work(high - low))
    let (least, most) = (Work(-255 * Self.tolerance), Work(255 + 255 * Self.tolerance))
    var result = [UInt8](repeating: 0, count: samples.count / stride)
    let outside: Double? = samples.withUnsafeBytes { samples in
      for index in result.indices {
        let sample = Work(samples.loadUnaligned(fromByteOffset: index * stride, as: Stored.self))
        let level = (sample - low) / width * 255
        // Also false for NaN.
        guard level >= least && level <= most else { return Double(sample) }
        result[index] = UInt8(max(0, min(255, level + 0.5)))
      }
      return nil
    }
    if let outside { throw OutsideValue(value: outside) }
    return result
  }

  /// A sample that is no brightness.
  struct OutsideValue: Error {
    let value: Double
  }
}

extension SampleRange: CustomStringConvertible {
  /// For instance `-1,1`.
  public var description: String { "\(Self.text(low)),\(Self.text(high))" }

  private static func text(_ value: Double) -> String {
    Int(exactly: value).map { "\($0)" } ?? "\(value)"
  }
}
