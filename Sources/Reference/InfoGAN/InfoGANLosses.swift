import Glibc
package import Torch

/// The terms of InfoGAN-CR, Lin et al., arXiv:1906.06034, as its code has them (`gan/infogan_cr.py`,
/// `gan/latent.py`); all are means over the batch, in nats.
package enum InfoGANLosses {
  /// Added to probabilities before their logarithm.
  private static let epsilon = 1e-8

  /// Σᵢ (qᵢ − cᵢ)²/2 + ½·log 2π: minus InfoGAN's bound of the mutual information, for a regressor of unit variance.
  ///
  /// - Parameters:
  ///   - regressed: Q's codes of generated images, `[batch, latent]`.
  ///   - codes: The codes that these were made of.
  /// - Returns: A scalar.
  /// - Throws: `TorchError`.
  package static func information(_ regressed: Tensor, of codes: Tensor) throws -> Tensor {
    let perCode = try regressed.squaredError(codes) * 0.5 + 0.5 * log(2 * Double.pi)
    return try perCode.sum([1]).mean()
  }

  /// −log D(x) − log(1 − D(G)): what D minimises.
  ///
  /// - Parameters:
  ///   - data: D's probabilities of images of the data.
  ///   - generated: D's probabilities of generated ones.
  /// - Returns: A scalar.
  /// - Throws: `TorchError`.
  package static func discrimination(data: Tensor, generated: Tensor) throws -> Tensor {
    try -((data + epsilon).log().mean() + (1 - generated + epsilon).log().mean())
  }

  /// −log D(G): what the generator minimises.
  package static func deception(_ generated: Tensor) throws -> Tensor {
    try -(generated + epsilon).log().mean()
  }

  /// The cross-entropy of R's logits and the code that both images share: R and the generator minimise it.
  ///
  /// - Parameters:
  ///   - logits: `[batch, latent]`.
  ///   - shared: The shared code's number, `[batch]`, 64-bit integers.
  /// - Returns: A scalar.
  /// - Throws: `TorchError`.
  package static func contrast(_ logits: Tensor, shared: Tensor) throws -> Tensor {
    try logits.crossEntropy(classes: shared)
  }
}
