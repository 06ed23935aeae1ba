package import Torch

/// The disentangling terms of DisDiff, Yang et al., arXiv:2301.13721, as its code has them (`ddpm.py`, `dis_loss`).
///
/// An image is restored with the field of one concept and without. Its tokens shall tell which: that of the concept
/// comes nearer to the image's own, the others stay. Tokens are `[image, concept, number]`; those of the image restored
/// without and the image's own have no gradient.
package enum DisDiffObjective {
  /// How badly the concept shows as the one whose token came nearer to the image's own, in nats per image.
  ///
  /// - Parameters:
  ///   - plain: Tokens of the images restored without the field.
  ///   - changed: Those with it.
  ///   - own: Those of the images themselves.
  ///   - concepts: Which concept it was, `[image]`, 64-bit integers.
  /// - Returns: `[image]`.
  /// - Throws: `TorchError`.
  package static func variance(
    _ plain: Tensor, _ changed: Tensor, own: Tensor, of concepts: Tensor
  ) throws -> Tensor {
    let own = try own.detached()
    let distances = try (plain.detached() - own).norm([2]) - (changed - own).norm([2])
    return try crossEntropy(distances, concepts)
  }

  /// How badly it shows as the one whose token changed most, likewise.
  package static func invariance(_ plain: Tensor, _ changed: Tensor, of concepts: Tensor) throws
    -> Tensor
  {
    try crossEntropy((plain.detached() - changed).norm([2]), concepts)
  }

  /// By how much the field changed images, a constant weight of both terms: the mean squared difference per image.
  package static func weight(_ plain: Tensor, _ changed: Tensor) throws -> Tensor {
    try (plain - changed).detached().squared().flattened().mean([1])
  }

  private static func crossEntropy(_ logits: Tensor, _ classes: Tensor) throws -> Tensor {
    try -logits.logSoftmax(1).gathered(1, indices: classes.unsqueezed(1)).squeezed(1)
  }
}
