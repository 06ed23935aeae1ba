package import Torch

/// Latents of pairs of images that share one code and the noise (`gan/latent.py`, `sample_cr`).
package struct LatentPairs {
  /// The latents of the first images, [pair, latent and noise], all in [−1, 1].
  package let first: Tensor
  /// Those of the second.
  package let second: Tensor
  /// Which code a pair shares, [pair], 64-bit integers.
  package let shared: Tensor

  /// Draws pairs with libtorch's generator of a device.
  ///
  /// - Parameters:
  ///   - count: Number of pairs.
  ///   - codeCount: Number of codes k.
  ///   - noiseCount: Number of noise dimensions, equal within a pair.
  ///   - gap: The least distance g of codes that are not shared, 0..<2: both are drawn from U(−1 + g/2, 1 − g/2),
  ///     then the larger is raised and the smaller lowered by g/2.
  ///   - device: Where they are to be.
  /// - Throws: `TorchError`.
  package init(
    count: Int, codeCount: Int, noiseCount: Int, gap: Double, device: Device
  ) throws {
    shared = try (Tensor.uniform([count], device: device) * Double(codeCount)).floored()
      .clamped(to: Double(codeCount - 1)).to(.int64)
    let reach = 1 - gap / 2
    func draws(_ width: Int, _ reach: Double) throws -> Tensor {
      try (Tensor.uniform([count, width], device: device) * 2 - 1) * reach
    }
    let (one, other) = (try draws(codeCount, reach), try draws(codeCount, reach))
    let (smaller, larger) = (try one.minimum(other), try one.maximum(other))
    let isLarger = try (one - other).isGreater(than: 0)
    let (low, high) = (try smaller - gap / 2, try larger + gap / 2)
    let common = try draws(codeCount, 1)
    let isShared = try Tensor.range(codeCount, type: .int64, device: device).unsqueezed(0)
      .isEqual(to: shared.unsqueezed(1))
    let noise = try draws(noiseCount, 1)
    func latents(_ own: Tensor) throws -> Tensor {
      try Tensor.concatenated([isShared.select(common, otherwise: own), noise], dimension: 1)
    }
    first = try latents(isLarger.select(high, otherwise: low))
    second = try latents(isLarger.select(low, otherwise: high))
  }
}
