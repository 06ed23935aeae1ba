import BenchSupport
import Glibc
package import Torch

/// Eight equally likely points on a circle, with f(x, t) = √(1 − t²)·R(πt/2)·x and σ = t: data that is
/// discrete and a mean that turns, with heads known exactly.
public struct CircleToy: LatentDenoiser, Sendable {
  /// What a sampler made of it.
  public struct Result: Sendable, Equatable {
    /// The mean distance of a sample to the nearest point.
    public let distance: Double
    /// The fraction of samples within 0.1 of a point.
    public let hitRate: Double
    /// The fraction of samples at the least populated point; 0.125 at best.
    public let rarest: Double
  }

  private let sign: Double

  /// Sets up the toy; `sign` is multiplied to Δ̂.
  public init(sign: Double = 1) { self.sign = sign }

  /// f of all points, [8, 2].
  private func means(_ t: Double) throws -> Tensor {
    let radius = max(1 - t * t, 0).squareRoot()
    return try Tensor(
      (0..<8).flatMap { index in
        let angle = Double(index) * .pi / 4 - t * .pi / 2
        return [radius * cos(angle), radius * sin(angle)]
      }, shape: [8, 2])
  }

  /// p(x | z), [batch, 8].
  private func posterior(_ states: Tensor, _ means: Tensor, sigma: Double) throws -> Tensor {
    let squares = try (states.unsqueezed(1) - means.unsqueezed(0)).squared().sum([2])
    return try (squares * (-0.5 / (sigma * sigma))).softmax(1)
  }

  package func heads(_ states: Tensor, _ step: SamplingStep) throws -> DenoiserHeads {
    let means = try means(step.from.t)
    let posterior = try posterior(states, means, sigma: step.from.sigma)
    let change = try self.means(step.to.t) - means
    return DenoiserHeads(
      noise: try (states - posterior.matmul(means)) / step.from.sigma,
      displacement: try posterior.matmul(change) * sign)
  }

  package func slopes(_ states: Tensor, at level: NoiseLevel) throws -> DenoiserHeads {
    // A central difference, one-sided at t = 1 where √(1 − t²) has no slope.
    let step = 1e-6
    let (before, after) = (max(level.t - step, 0), min(level.t + step, 1))
    let means = try means(level.t)
    let posterior = try posterior(states, means, sigma: level.sigma)
    let slope = try (self.means(before) - self.means(after)) / (after - before)
    return DenoiserHeads(
      noise: try (states - posterior.matmul(means)) / level.sigma,
      displacement: try posterior.matmul(slope) * sign)
  }

  /// By the law of total variance at t, averaged over draws of z.
  package func residualVariance(_ step: SamplingStep) throws -> [Double] {
    let (before, after) = (try means(step.from.t), try means(step.to.t))
    let weight = step.noiseWeight[0] / step.from.sigma
    // The posterior mean given x is r·z + (1 − r)f + Δ, of which only this part depends on x.
    let part = try before * weight + (after - before)
    var noise = CircleNoise(seed: 1, count: 800)
    let points = try Tensor((0..<800).map { Int64($0 % 8) }, shape: [800])
    let states = try before.selected(0, indices: points) + noise.next() * step.from.sigma
    let posterior = try posterior(states, before, sigma: step.from.sigma)
    let square = try posterior.matmul(part.squared()) - posterior.matmul(part).squared()
    return [try square.mean().item()]
  }

  /// Runs a sampler from noise on an even grid.
  ///
  /// - Throws: `TorchError`.
  public func result(
    of sampler: Sampler, stepCount: Int, sampleCount: Int = 4000, seed: UInt64 = 0
  ) throws -> Result {
    let levels = (0...stepCount).reversed().map { index in
      let t = Double(index) / Double(stepCount)
      return NoiseLevel(t: t, sigmas: [t])
    }
    var noise = CircleNoise(seed: seed, count: sampleCount)
    let samples = try withoutGradients {
      try sampler.run(noise.next(), through: levels, denoiser: self, noise: &noise)
    }
    let points = try means(0)
    let distances = try (samples.unsqueezed(1) - points.unsqueezed(0)).squared().sum([2])
      .squareRoot()
    let nearest = try distances.minimum([1]).elements(as: Double.self)
    let places = try distances.negated().argmax(1).elements(as: Int64.self)
    let counts = (0..<8).map { place in
      zip(nearest, places).count { $0.0 < 0.1 && $0.1 == place }
    }
    return Result(
      distance: nearest.reduce(0, +) / Double(sampleCount),
      hitRate: Double(nearest.count { $0 < 0.1 }) / Double(sampleCount),
      rarest: Double(counts.min() ?? 0) / Double(sampleCount))
  }

  /// ``SampleNoise`` in double precision.
  private struct CircleNoise: NoiseSource {
    private var source: SampleNoise

    init(seed: UInt64, count: Int) {
      source = SampleNoise(seed: seed, samples: 0..<count, width: 2, device: .cpu)
    }

    mutating func next() throws -> Tensor { try source.next().to(.float64) }
  }
}
