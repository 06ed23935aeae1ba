/// Picks one of several representations without looking at labels.
///
/// Among the points that keep at least half of the most active units any point has, the one whose
/// codes have the lowest Gaussian total correlation per active unit. With several seeds the
/// unsupervised disentanglement ranking is the better criterion; this one needs a single model.
public func labelFreePick(_ measurements: [PointMeasurement]) -> Int {
  let most = measurements.map(\.activeUnitCount).max() ?? 0
  let candidates = measurements.indices.filter { 2 * measurements[$0].activeUnitCount >= most }
  func score(_ index: Int) -> Double {
    measurements[index].totalCorrelation / Double(max(measurements[index].activeUnitCount, 1))
  }
  return candidates.min { score($0) < score($1) } ?? 0
}
