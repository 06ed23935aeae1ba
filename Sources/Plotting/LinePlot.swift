/// Curves with error bands over two labelled axes, drawn as SVG.
///
/// Browsers, GitHub's pages and LaTeX (through Inkscape or rsvg) show SVG at any size; there is no second
/// way to draw a plot.
public struct LinePlot: Sendable, Equatable {
  /// One curve.
  public struct Series: Sendable, Equatable {
    /// Its name in the legend.
    public var name: String
    /// Horizontal positions, rising.
    public var x: [Double]
    /// Values; those not finite interrupt the curve.
    public var y: [Double]
    /// Lower bounds of the error band; empty for none.
    public var lower: [Double]
    /// Upper bounds of the error band; empty for none.
    public var upper: [Double]
    /// Whether the curve is dashed, for instance a bound instead of a result.
    public var isDashed: Bool
    /// Whether every value has a dot.
    public var hasDots: Bool

    /// Times the usual size of dots: a value without a line to either side must not be overlooked.
    var dotScale: Double { x.count == 1 ? 2.5 : 1 }

    /// Creates a curve.
    public init(
      name: String, x: [Double], y: [Double], lower: [Double] = [], upper: [Double] = [],
      isDashed: Bool = false, hasDots: Bool? = nil
    ) {
      precondition(x.count == y.count, "\(x.count) positions for \(y.count) values")
      precondition(
        lower.count == upper.count, "\(lower.count) lower for \(upper.count) upper bounds")
      precondition(
        lower.isEmpty || lower.count == x.count, "\(lower.count) bounds for \(x.count) positions")
      self.name = name
      self.x = x
      self.y = y
      self.lower = lower
      self.upper = upper
      self.isDashed = isDashed
      self.hasDots = hasDots ?? (x.count <= 25)
    }
  }

  /// A vertical line with a label, for instance the picked rate.
  public struct Mark: Sendable, Equatable {
    /// Its position.
    public var x: Double
    /// Its label.
    public var label: String

    /// Creates a mark.
    public init(x: Double, label: String) {
      self.x = x
      self.label = label
    }
  }

  /// Printed above.
  public var title: String
  /// Label of the horizontal axis, with its unit.
  public var xLabel: String
  /// Label of the vertical axis, with its unit.
  public var yLabel: String
  /// Whether the horizontal axis is logarithmic.
  public var isLogarithmicX: Bool
  /// Whether the vertical axis is logarithmic.
  public var isLogarithmicY: Bool
  /// The curves.
  public var series: [Series]
  /// Vertical lines.
  public var marks: [Mark]

  /// Creates a plot.
  public init(
    title: String = "", xLabel: String, yLabel: String, isLogarithmicX: Bool = false,
    isLogarithmicY: Bool = false, series: [Series], marks: [Mark] = []
  ) {
    self.title = title
    self.xLabel = xLabel
    self.yLabel = yLabel
    self.isLogarithmicX = isLogarithmicX
    self.isLogarithmicY = isLogarithmicY
    self.series = series
    self.marks = marks
  }

  /// Colours that differ for colour-blind readers and stand out on white and on black.
  static let palette: [UInt32] = [
    0x3B82D6, 0xE0731D, 0x1D9E74, 0xB05BC6, 0xD4A017, 0xD9465B, 0x1B9AAA, 0x8A6D4B,
  ]

  func color(_ index: Int) -> UInt32 { Self.palette[index % Self.palette.count] }

  var xAxis: PlotAxis {
    PlotAxis(
      series.flatMap(\.x) + marks.map(\.x), isLogarithmic: isLogarithmicX, padding: 0.02)
  }

  var yAxis: PlotAxis {
    PlotAxis(
      series.flatMap { $0.y + $0.lower + $0.upper }, isLogarithmic: isLogarithmicY,
      padding: 0.05)
  }
}

/// The places of a plot's parts, in pixels from the top left.
struct PlotFrame {
  var left: Double
  var top: Double
  var right: Double
  var bottom: Double
  let xAxis: PlotAxis
  let yAxis: PlotAxis

  /// The pixel of a value; nil if it cannot be shown.
  func point(_ x: Double, _ y: Double) -> (x: Double, y: Double)? {
    guard let px = column(x), let py = row(y) else { return nil }
    return (px, py)
  }

  func column(_ x: Double) -> Double? { xAxis.position(x).map { left + $0 * (right - left) } }
  func row(_ y: Double) -> Double? { yAxis.position(y).map { bottom - $0 * (bottom - top) } }

  /// The pixels of a curve, cut into pieces where values cannot be shown.
  func pieces(_ x: [Double], _ y: [Double]) -> [[(x: Double, y: Double)]] {
    var pieces: [[(x: Double, y: Double)]] = [[]]
    for (x, y) in zip(x, y) {
      if let point = point(x, y) {
        pieces[pieces.count - 1].append(point)
      } else if pieces.last?.isEmpty == false {
        pieces.append([])
      }
    }
    return pieces.filter { !$0.isEmpty }
  }
}
