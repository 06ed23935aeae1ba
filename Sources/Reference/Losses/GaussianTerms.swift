package import Torch

/// Terms of variational objectives, in nats per observation.
package enum Terms {
  /// KL(N(mean, e^logVariance) ‖ N(0, 1)) summed over latents: [batch, latent] → [batch].
  package static func klDivergence(mean: Tensor, logVariance: Tensor) throws -> Tensor {
    try 0.5 * doubledRates(mean: mean, logVariance: logVariance).sum([1])
  }

  /// KL(N(mean, e^logVariance) ‖ N(0, 1)) of every latent, [batch, latent].
  package static func latentRates(mean: Tensor, logVariance: Tensor) throws -> Tensor {
    try 0.5 * doubledRates(mean: mean, logVariance: logVariance)
  }

  private static func doubledRates(mean: Tensor, logVariance: Tensor) throws -> Tensor {
    try mean.squared() + logVariance.exp() - logVariance - 1
  }

  /// The mean of terms that have a weight per observation, [batch] both.
  package static func weightedMean(_ terms: Tensor, weights: Tensor) throws -> Tensor {
    try (weights * terms).mean()
  }

  /// One draw from N(mean, e^logVariance), differentiable in both, made of standard normal noise.
  package static func sample(mean: Tensor, logVariance: Tensor, noise: Tensor) throws -> Tensor {
    try mean.addingProduct((0.5 * logVariance).exp(), noise)
  }

  /// The Bernoulli cross-entropy with real-valued targets in [0, 1], summed over pixels and
  /// averaged over the batch, without subtracting the targets' own entropy.
  package static func bernoulliReconstruction(logits: Tensor, images: Tensor) throws -> Tensor {
    try logits.sumOfCrossEntropy(targets: images) / Double(images.shape[0])
  }
}
