import LinearAlgebra

/// The sliced Wasserstein distance (ASW) in its Gaussian approximation, without random directions.
///
/// `√(‖μ₁ − μ₂‖² / D + (√m₁ − √m₂)²)` with `m` the mean squared distance from the mean divided by `D`:
/// *Fast Approximation of the Sliced-Wasserstein Distance Using Concentration of Random Projections*,
/// arXiv:2106.15427, as dgm-eval's `sw_approx` has it. Double precision.
public enum ApproximateSlicedDistance {
  /// Computes the distance.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images.
  ///   - generated: Features of the generated images.
  /// - Returns: The distance; not squared.
  /// - Throws: ``GenerationError`` if widths differ or a set is empty.
  public static func value(
    reference: FeatureSet, generated: FeatureSet
  ) throws(GenerationError) -> Double {
    try GenerationError.requireEqualWidth(reference, generated)
    for set in [reference, generated] where set.count < 1 {
      throw .tooFewSamples(set: set.name, found: 0, needed: 1, metric: "'asw'")
    }
    let means = [reference, generated].map { columnMeans($0.features) }
    let deviations = zip([reference, generated], means).map { set, mean in
      let width = mean.count
      var total = 0.0
      for row in 0..<set.count {
        for column in 0..<width {
          let difference = Double(set.features.elements[row * width + column]) - mean[column]
          total += difference * difference
        }
      }
      return (total / Double(set.count) / Double(width)).squareRoot()
    }
    let meanTerm = zip(means[0], means[1]).reduce(0.0) { sum, pair in
      sum + (pair.0 - pair.1) * (pair.0 - pair.1)
    }
    let spread = deviations[0] - deviations[1]
    return (meanTerm / Double(reference.width) + spread * spread).squareRoot()
  }
}
