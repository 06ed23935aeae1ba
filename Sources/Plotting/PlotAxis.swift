import BenchSupport
import Glibc

/// One axis of a plot: its range, its ticks, and where a value lies on it.
struct PlotAxis {
  /// The values at both ends.
  let range: ClosedRange<Double>
  /// Whether equal lengths are equal ratios.
  let isLogarithmic: Bool
  /// Values with a tick.
  let ticks: [Double]
  /// Texts of the ticks.
  let labels: [String]

  /// An axis that holds all values.
  ///
  /// - Parameters:
  ///   - values: The values; those not finite, or not positive on a logarithmic axis, are left out.
  ///   - isLogarithmic: Whether the axis is logarithmic.
  ///   - padding: Share of the range left free at both ends.
  init(_ values: some Sequence<Double>, isLogarithmic: Bool, padding: Double) {
    let shown = values.filter { $0.isFinite && (!isLogarithmic || $0 > 0) }
    let scaled = isLogarithmic ? shown.map { log10($0) } : shown
    var (low, high) = (scaled.min() ?? 0, scaled.max() ?? 1)
    if high - low <= 1e-12 * max(abs(low), abs(high)) {
      let half = isLogarithmic || low == 0 ? 0.5 : abs(low) * 0.1
      (low, high) = (low - half, high + half)
    }
    let pad = (high - low) * padding
    (low, high) = (low - pad, high + pad)
    self.isLogarithmic = isLogarithmic
    range = isLogarithmic ? pow(10, low)...pow(10, high) : low...high
    if isLogarithmic {
      ticks = Self.logarithmicTicks(low, high)
      labels = ticks.map(Self.label)
    } else {
      let step = Self.step(high - low)
      ticks = (Int((low / step).rounded(.up))...Int((high / step).rounded(.down)))
        .map { Double($0) * step }
      let decimals = max(0, -Int(log10(step).rounded(.down)))
      labels = ticks.map { Self.label($0, decimals: decimals) }
    }
  }

  /// Where a value lies, 0 at the low end and 1 at the high end; nil if it cannot be shown.
  func position(_ value: Double) -> Double? {
    guard value.isFinite && (!isLogarithmic || value > 0) else { return nil }
    let (low, high) = (range.lowerBound, range.upperBound)
    guard isLogarithmic else { return (value - low) / (high - low) }
    return (log(value) - log(low)) / (log(high) - log(low))
  }

  /// A step of 1, 2 or 5 times a power of ten that gives four to eight ticks.
  private static func step(_ length: Double) -> Double {
    let rough = length / 5
    let power = pow(10, log10(rough).rounded(.down))
    let factor = rough / power
    return (factor < 1.5 ? 1 : (factor < 3.5 ? 2 : (factor < 7.5 ? 5 : 10))) * power
  }

  private static func logarithmicTicks(_ low: Double, _ high: Double) -> [Double] {
    let decades = Int(low.rounded(.down))...Int(high.rounded(.up))
    let every = max(1, decades.count / 6)
    let factors: [Double] = high - low < 1.5 ? [1, 2, 5] : (high - low < 3 ? [1, 3] : [1])
    return decades.filter { $0 % every == 0 }
      .flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }
      .filter { log10($0) >= low - 1e-9 && log10($0) <= high + 1e-9 }
  }

  private static func label(_ value: Double, decimals: Int) -> String {
    let size = abs(value)
    if size >= 1e6 { return trimmed((value / 1e6).fixed(2)) + "M" }
    if size >= 1e4 { return trimmed((value / 1e3).fixed(1)) + "k" }
    if decimals > 6 { return scientific(value) }
    return value.fixed(decimals)
  }

  private static func label(_ value: Double) -> String {
    if value >= 1e4 { return label(value, decimals: 0) }
    if value < 1e-4 { return scientific(value) }
    return trimmed(value.fixed(max(0, -Int(log10(value).rounded(.down)))))
  }

  private static func scientific(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    let exponent = Int(log10(abs(value)).rounded(.down))
    return "\(trimmed((value / pow(10, Double(exponent))).fixed(1)))e\(exponent)"
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    return text.trimmingSuffix { $0 == "0" }.trimmingSuffix { $0 == "." }
  }
}
