public import Plotting

extension LinePlot.Series {
  /// The mean curve of several runs with a band of one standard deviation.
  ///
  /// Runs measured at different positions, for instance at their own rates, are interpolated to
  /// common positions where all of them have values.
  ///
  /// - Parameters:
  ///   - name: Its name in the legend.
  ///   - curves: The curves.
  /// - Returns: nil without curves, or if no position is common to all.
  public static func mean(name: String, of curves: [Curve]) -> LinePlot.Series? {
    guard let x = Curve.commonPositions(curves) else { return nil }
    let values = curves.map { $0.x == x ? $0.y : $0.interpolated(at: x) }
    let summaries = x.indices.map { index in Summary(values.map { $0[index] }) }
    guard curves.count > 1 else {
      return LinePlot.Series(name: name, x: x, y: summaries.map(\.mean))
    }
    let spreads = summaries.map { $0.standardDeviation ?? 0 }
    return LinePlot.Series(
      name: "\(name) (\(curves.count) seeds)", x: x, y: summaries.map(\.mean),
      lower: zip(summaries, spreads).map { $0.mean - $1 },
      upper: zip(summaries, spreads).map { $0.mean + $1 })
  }
}
