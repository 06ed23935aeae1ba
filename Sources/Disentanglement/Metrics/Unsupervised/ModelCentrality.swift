public import LinearAlgebra

/// ModelCentrality: picks, without labels, the model that agrees most with the others.
///
/// Lin et al., arXiv:1906.06034, §4: disentangled models resemble each other, others are each wrong in
/// their own way. The entries are ``FixedCodeVotes/agreement``.
public struct ModelCentrality: Sendable, Equatable {
  static let name = "model-centrality"

  /// How much two models agree, either's encoder on the other's images: symmetric.
  public let similarities: Matrix<Double>
  /// The mean similarity of every model to all others.
  public let scoreOfModel: [Double]

  /// The model with the highest score, the first of equal ones.
  public var pick: Int {
    scoreOfModel.indices.reduce(0) { scoreOfModel[$1] > scoreOfModel[$0] ? $1 : $0 }
  }

  /// Compares models.
  ///
  /// - Parameter agreements: The agreement of model i's encoder with model j's images, `[i, j]`; at least two models.
  /// - Throws: ``DisentanglementError`` if there are fewer than two models, if the matrix is not square, or if an
  ///   entry is not within [0, 1].
  public init(agreements: Matrix<Double>) throws(DisentanglementError) {
    let count = agreements.rowCount
    guard count > 1, agreements.columnCount == count else {
      throw .invalidArgument(
        metric: Self.name, argument: "matrix of agreements",
        expected: "a square one of at least two models",
        found: "\(count) × \(agreements.columnCount)")
    }
    if let place = agreements.elements.firstIndex(where: { !(0...1).contains($0) }) {
      throw .invalidArgument(
        metric: Self.name, argument: "agreement of models \(place / count) and \(place % count)",
        expected: "0 to 1", found: "\(agreements.elements[place])")
    }
    let similarities = Matrix(
      rowCount: count, columnCount: count,
      elements: (0..<count * count).map { place in
        (agreements[place / count, place % count] + agreements[place % count, place / count]) / 2
      })
    self.similarities = similarities
    scoreOfModel = (0..<count).map { model in
      let others = (0..<count).filter { $0 != model }
      return others.reduce(0) { $0 + similarities[model, $1] } / Double(count - 1)
    }
  }
}
