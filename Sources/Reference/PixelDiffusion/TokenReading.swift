import LinearAlgebra
package import Torch

/// Vector tokens as one number each: along the direction in which the token varies most, DisDiff's own reading
/// (`evaluate.py`).
package struct TokenReading {
  private let mean: Tensor
  private let direction: Tensor

  /// Adds the means and directions, `[concept, number]`, to a scope; before ``measure(_:)`` a token is its first number.
  package init(_ scope: ParameterScope, conceptCount: Int, tokenWidth: Int) throws {
    mean = try scope.buffer("mean", Tensor.zeros([conceptCount, tokenWidth]))
    let first = (0..<conceptCount * tokenWidth).map { Float($0 % tokenWidth == 0 ? 1 : 0) }
    direction = try scope.buffer("direction", Tensor(first, shape: [conceptCount, tokenWidth]))
  }

  /// Takes means and first principal directions from the tokens of images, `[image, concept, number]`.
  package func measure(_ tokens: Tensor) throws {
    let centre = try tokens.mean([0])
    let centred = try tokens - centre
    let width = tokens.shape[2]
    let directions = try (0..<tokens.shape[1]).map { concept in
      let part = try centred.selected(1, concept).to(.float64)
      let covariance = try part.transposed(0, 1).matmul(part).elements(as: Double.self)
      let vectors = try SymmetricEigen(
        Matrix(rowCount: width, columnCount: width, elements: covariance)
      ).vectors
      let largest = (0..<width).map { vectors[width - 1, $0] }
      // Of both signs the one in which the largest number is positive.
      let peak = largest.max { abs($0) < abs($1) } ?? 1
      return largest.map { Float(peak < 0 ? -$0 : $0) }
    }
    try mean.copyInPlace(centre)
    try direction.copyInPlace(
      Tensor(directions.flatMap(\.self), shape: direction.shape, device: direction.device))
  }

  /// Tokens, `[image, concept, number]`, as codes, `[image, concept]`.
  package func codes(_ tokens: Tensor) throws -> Tensor {
    try ((tokens - mean) * direction).sum([2])
  }

  /// Tokens of codes, on the lines that the directions are.
  package func tokens(_ codes: Tensor) throws -> Tensor {
    try codes.unsqueezed(2) * direction + mean
  }
}
