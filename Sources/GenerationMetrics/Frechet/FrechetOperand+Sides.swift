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
  /// This side of a Fréchet distance.
  func frechetOperand() throws(GenerationError) -> FrechetOperand {
    if let features { return try features.frechetOperand() }
    return try FrechetOperand(try statistics())
  }
}
