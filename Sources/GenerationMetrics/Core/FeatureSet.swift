public import LinearAlgebra

/// The features of one set of images, checked to be finite.
public struct FeatureSet: Sendable {
  /// What errors call the set, for instance its file.
  public let name: String
  /// One row per image.
  public let features: Matrix<Float>
  /// The features in double precision, where they were given so.
  let doubles: Matrix<Double>?

  /// Number of images.
  public var count: Int { features.rowCount }
  /// Number of features per image.
  public var width: Int { features.columnCount }

  /// Checks the features.
  ///
  /// - Parameters:
  ///   - name: What errors call the set.
  ///   - features: One row per image, `[image, feature]`.
  /// - Throws: ``GenerationError/notFinite(set:array:row:column:)``.
  public init(name: String, features: Matrix<Float>) throws(GenerationError) {
    try GenerationError.requireFinite(features, set: name)
    self.name = name
    self.features = features
    doubles = nil
  }

  /// Checks features in double precision; the Fréchet distance uses them as they are, all other
  /// metrics in single precision.
  ///
  /// - Parameters:
  ///   - name: What errors call the set.
  ///   - doubles: One row per image, `[image, feature]`.
  /// - Throws: ``GenerationError/notFinite(set:array:row:column:)``.
  public init(name: String, doubles: Matrix<Double>) throws(GenerationError) {
    try GenerationError.requireFinite(doubles, set: name)
    let singles = Matrix(
      rowCount: doubles.rowCount, columnCount: doubles.columnCount,
      elements: doubles.elements.map { Float($0) })
    try GenerationError.requireFinite(singles, set: name)
    self.name = name
    features = singles
    self.doubles = doubles
  }

  /// The same under another name.
  func named(_ name: String) throws(GenerationError) -> FeatureSet {
    if let doubles { return try FeatureSet(name: name, doubles: doubles) }
    return try FeatureSet(name: name, features: features)
  }

  /// Mean and covariance.
  ///
  /// - Parameter divisor: What sums of squares are divided by.
  /// - Returns: The statistics.
  /// - Throws: ``GenerationError`` if there are fewer than two images.
  public func statistics(
    divisor: Covariance.Divisor = .countMinusOne
  ) throws(GenerationError) -> FeatureStatistics {
    if let doubles {
      return try FeatureStatistics(name: name, features: doubles, divisor: divisor)
    }
    return try FeatureStatistics(name: name, features: features, divisor: divisor)
  }

  /// The rows at `indices`, in that order.
  func rows(at indices: some Collection<Int>) -> Matrix<Float> {
    var elements: [Float] = []
    elements.reserveCapacity(indices.count * width)
    for index in indices { elements += features.row(index) }
    return Matrix(rowCount: indices.count, columnCount: width, elements: elements)
  }
}
