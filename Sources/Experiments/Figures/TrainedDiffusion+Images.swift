import BenchSupport
package import Reference
package import Torch

extension TrainedDiffusion {
  /// Images in [0, 1] of codes at a level, taken back to β = 0 with the same noise for all of them.
  package func images(
    ofCodes codes: Tensor, at t: Double, start: DenoisingStart, _ options: SamplingOptions
  ) throws -> Tensor {
    let noises = [Int](repeating: 0, count: codes.shape[0])
    let clean = try diffusion.denoise(
      codes, from: t, start: start, noiseIndices: noises, options
    ) { _, _ in try Interruption.check() }
    return try decode(clean)
  }
}
