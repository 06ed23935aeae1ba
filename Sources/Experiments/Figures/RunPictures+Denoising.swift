import BenchSupport
package import Reference
import Torch

extension RunPictures {
  /// Observations with a column for every noise level and two rows each: decoded as encoded, and
  /// taken back to β = 0 first.
  ///
  /// - Parameters:
  ///   - trained: Both stages.
  ///   - sigmas: The noise levels.
  ///   - options: How to sample.
  ///   - start: Whether noise is added to the codes first.
  ///   - count: How many observations.
  /// - Throws: Errors of libtorch and of files, and an interruption.
  package func writeDenoised(
    _ trained: TrainedDiffusion, sigmas: [Double], _ options: SamplingOptions,
    _ start: DenoisingStart, count: Int
  ) throws {
    let autoencoder = trained.autoencoder
    let images = try sample.images(count, on: trained.diffusion.store.device)
    let (plain, denoised) = try withoutGradients {
      var plain = [try images.imageBytes()]
      var denoised = [
        try trained.decode(
          autoencoder.encode(images, at: autoencoder.sharpestPoint()).mean
        ).imageBytes()
      ]
      for sigma in sigmas {
        try Interruption.check()
        let point = try trained.diffusion.point(sigma: sigma)
        let codes = try autoencoder.encode(images, at: point).mean
        plain.append(try autoencoder.decode(codes, at: point).imageBytes())
        let clean = try trained.diffusion.denoise(codes, from: point.t ?? 1, start: start, options)
        denoised.append(try trained.decode(clean).imageBytes())
      }
      return (plain, denoised)
    }
    let rows = (0..<count).flatMap { index in
      [plain.map { $0[index] }, denoised.map { $0[index] }]
    }
    try write(
      rows, columnLabels: ["input, β=0"] + sigmas.map { "σ=\($0.fixed(2))" },
      rowLabels: (0..<count).flatMap { _ in ["as encoded", "denoised"] }, to: "denoised.png")
  }
}
