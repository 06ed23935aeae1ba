public import LinearAlgebra

/// The features of one set of images, checked to be finite.
public struct FeatureSet: Sendable {
  /// What errors call the set, for instance its file.
  public let name: String
  /// One row per image.
  public let features: Matrix<Float>

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
  }

  /// The rows at `indices`, in that order.
  func rows(at indices: some Collection<Int>) -> Matrix<Float> {
    var elements: [Float] = []
    elements.reserveCapacity(indices.count * width)
    for index in indices { elements += features.row(index) }
    return Matrix(rowCount: indices.count, columnCount: width, elements: elements)
  }
}
