package import Torch

/// The objective of DisCo, Ren et al., arXiv:2102.10543, as its code has it (`train.py`).
///
/// A variation is how the codes of an image differ from those of the image made after a shift along a direction, without
/// sign and of unit length. Variations along one direction shall be alike and unlike those along others.
package enum DisCoObjective {
  /// From which likeness on a negative is taken for a positive.
  package static let threshold = 0.95

  /// |difference| over its norm, rows of `[variation, code]`.
  package static func normalized(_ differences: Tensor) throws -> Tensor {
    let sizes = try differences.abs()
    return try sizes / sizes.norm([1], keepsDimensions: true).clamped(from: 1e-12)
  }

  /// Cosines of queries with positives, then with negatives, which have no gradient.
  ///
  /// - Parameters:
  ///   - queries: Variations along one direction, `[query, code]`, of unit length.
  ///   - positives: Others along the same.
  ///   - negatives: Variations along other directions.
  /// - Returns: `[query, positive and negative]`.
  /// - Throws: `TorchError`.
  package static func cosines(_ queries: Tensor, _ positives: Tensor, _ negatives: Tensor) throws
    -> Tensor
  {
    try queries.matmul(
      Tensor.concatenated([positives, negatives.detached()]).transposed(0, 1))
  }

  /// The mean cross-entropy of cosines, taken as logits, with 1 for positives and 0 for negatives.
  ///
  /// A negative above ``threshold`` is its own target instead: two directions may vary the same factor.
  ///
  /// - Parameters:
  ///   - cosines: `[query, positive and negative]`.
  ///   - positiveCount: How many of the columns are positives.
  ///   - flips: Whether targets of high cosines are changed.
  /// - Returns: A scalar.
  /// - Throws: `TorchError`.
  package static func contrast(_ cosines: Tensor, positiveCount: Int, flips: Bool = true) throws
    -> Tensor
  {
    let positives = try cosines.narrowed(1, start: 0, count: positiveCount).onesLike()
    let negatives = try cosines.detached().narrowed(
      1, start: positiveCount, count: cosines.shape[1] - positiveCount)
    let targets =
      try flips
      ? negatives.isGreater(than: threshold).select(negatives, otherwise: negatives.zerosLike())
      : negatives.zerosLike()
    return try cosines.sumOfCrossEntropy(
      targets: Tensor.concatenated([positives, targets], dimension: 1)) / Double(cosines.count)
  }

  /// The mean entropy of softmax(variation), in nats: low where a direction changes few codes.
  package static func entropy(_ variations: Tensor) throws -> Tensor {
    let shares = try variations.softmax(1)
    return try -(shares * (shares + 1e-5).log()).sum([1]).mean()
  }
}
