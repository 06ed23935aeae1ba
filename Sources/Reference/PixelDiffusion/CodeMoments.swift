import Torch

/// Means and deviations of the codes of images, latent by latent, to draw codes like them.
package struct CodeMoments {
  /// The means, [latent].
  let mean: Tensor
  /// The deviations, [latent].
  let deviation: Tensor

  /// Adds the moments of a standard normal distribution to a scope.
  init(_ scope: ParameterScope, latentCount: Int) throws {
    mean = try scope.buffer("mean", Tensor.zeros([latentCount]))
    deviation = try scope.buffer("deviation", Tensor.ones([latentCount]))
  }

  /// Measures them on the codes of images, [image, latent].
  func measure(_ codes: Tensor) throws {
    try mean.copyInPlace(codes.mean([0]))
    try deviation.copyInPlace(codes.variance([0]).squareRoot())
  }

  /// Codes, [code, latent], at mean 0 and deviation 1; a latent that never varies stays small.
  func standardized(_ codes: Tensor) throws -> Tensor {
    try (codes - mean) / deviation.clamped(from: 1e-6)
  }

  /// Codes of standard normal numbers, [code, latent].
  func codes(_ noise: Tensor) throws -> Tensor { try noise * deviation + mean }
}
