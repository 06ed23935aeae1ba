import LinearAlgebra

extension FeatureSet {
  /// This side of a Fréchet distance.
  ///
  /// - Parameter divisor: What sums of squares are divided by.
  /// - Returns: What the formula needs of this set.
  /// - Throws: ``GenerationError`` if there are fewer than two images.
  func frechetOperand(
    divisor: Covariance.Divisor = .countMinusOne
  ) throws(GenerationError) -> FrechetOperand {
    if let doubles { return try FrechetOperand(doubles, name: name, divisor: divisor) }
    return try FrechetOperand(features, name: name, divisor: divisor)
  }
}

extension GenerationSide {
  /// This side of a Fréchet distance: the statistics that were given, else those of the features.
  func frechetOperand() throws(GenerationError) -> FrechetOperand {
    if givenStatistics == nil, let features { return try features.frechetOperand() }
    return try FrechetOperand(try statistics())
  }

  /// This side of the Fréchet distance of features with places.
  func spatialOperand(for metric: String) throws(GenerationError) -> FrechetOperand {
    if let spatialStatistics { return try FrechetOperand(spatialStatistics) }
    return try required(\.spatial, "spatial features", for: metric).frechetOperand()
  }
}
