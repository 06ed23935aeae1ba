import Glibc
import Reference
import Testing
import Torch

extension FrozenSchedule {
  /// Checks that the schedule agrees with its tensors, is inverted and has the right slope.
  ///
  /// - Parameters:
  ///   - schedule: The tensors it was made of.
  ///   - positionTolerance: Of a position found by its σ.
  ///   - slopeTolerance: Of a slope, relative where it is above 1.
  ///   - sourceLocation: Who asks.
  /// - Throws: `TorchError`.
  func expectAgreement(
    with schedule: NoiseSchedule, position positionTolerance: Double,
    slope slopeTolerance: Double, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    for t in [0.001, 0.2, 0.5, 0.97] {
      let lambda = try Tensor([Float(log(t / (1 - t)))], shape: [1])
      let variance = try NoiseSchedule.logVariance(ofGamma: schedule.gamma(lambda))
      let expected = try (0.5 * variance).exp().elements(as: Double.self)
      let level = level(at: t)
      #expect(
        zip(level.sigmas, expected).allSatisfy { abs($0 - $1) < 1e-5 },
        sourceLocation: sourceLocation)
      #expect(
        abs(position(ofSigma: level.sigma) - t) < positionTolerance,
        sourceLocation: sourceLocation)
      let step = 1e-6 * t * (1 - t)
      let (low, high) = (self.level(at: t - step), self.level(at: t + step))
      for (index, slope) in slopes(at: t).enumerated() {
        let difference = (high.sigmas[index] - low.sigmas[index]) / (2 * step)
        #expect(
          abs(slope - difference) < slopeTolerance * max(1, abs(slope)),
          sourceLocation: sourceLocation)
      }
    }
  }
}
