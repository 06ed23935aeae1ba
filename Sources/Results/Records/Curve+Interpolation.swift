import Glibc

extension Curve {
  /// Positions at which all curves have values: their own if they are equal, else as many as the
  /// first has, evenly over what all cover; nil if they have nothing in common.
  static func commonPositions(_ curves: [Curve]) -> [Double]? {
    guard let first = curves.first, !first.x.isEmpty else { return nil }
    if curves.allSatisfy({ $0.x == first.x }) { return first.x }
    let isLogarithmic = first.isLogarithmic
    func scaled(_ value: Double) -> Double { isLogarithmic ? log(value) : value }
    let low = scaled(curves.map { $0.x.min() ?? .infinity }.max() ?? 0)
    let high = scaled(curves.map { $0.x.max() ?? -.infinity }.min() ?? 0)
    guard low.isFinite && high.isFinite && low < high else { return nil }
    let count = max(2, first.x.count)
    return (0..<count).map { index in
      let value = low + (high - low) * Double(index) / Double(count - 1)
      return isLogarithmic ? exp(value) : value
    }
  }

  /// Values at positions within the curve's range, on straight lines between its points.
  func interpolated(at positions: [Double]) -> [Double] {
    let points = zip(x, y).sorted { $0.0 < $1.0 }
    return positions.map { position in
      guard let after = points.firstIndex(where: { $0.0 >= position }) else {
        return points.last?.1 ?? .nan
      }
      guard after > 0 else { return points[0].1 }
      let (left, right) = (points[after - 1], points[after])
      guard right.0 > left.0 else { return right.1 }
      return left.1 + (right.1 - left.1) * (position - left.0) / (right.0 - left.0)
    }
  }
}

extension Curve {
  /// The value at a position, on a straight line between the curve's points; nil outside its range.
  public func value(at position: Double) -> Double? {
    guard let low = x.min(), let high = x.max(), (low...high).contains(position) else { return nil }
    return interpolated(at: [position])[0]
  }
}
