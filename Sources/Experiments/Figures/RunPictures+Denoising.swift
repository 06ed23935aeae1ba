import BenchSupport
package import Reference
import Torch

extension RunPictures {
  /// Observations with a column for every noise level and two rows each: decoded as encoded, and
  /// taken back to β = 0 first.
  ///
  /// - Parameters:
  ///   - denoiser: What takes codes back.
  ///   - sigmas: The noise levels.
  ///   - count: How many observations.
  /// - Throws: Errors of libtorch and of files, and an interruption.
  package func writeDenoised(
    _ denoiser: any CodeDenoiser, sigmas: [Double], count: Int
  ) throws {
    let model = denoiser.model
    let images = try sample.images(count, on: model.store.device)
    let (plain, denoised) = try withoutGradients {
      var plain = [try images.imageBytes()]
      var denoised = [
        try denoiser.images(
          ofSharpCodes: model.encode(images, at: model.sharpestPoint()).mean
        ).imageBytes()
      ]
      for sigma in sigmas {
        try Interruption.check()
        let point = try denoiser.point(sigma: sigma)
        let codes = try model.encode(images, at: point).mean
        plain.append(try model.decode(codes, at: point).imageBytes())
        denoised.append(
          try denoiser.images(ofCodes: codes, at: point, sharesNoise: false).imageBytes())
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
