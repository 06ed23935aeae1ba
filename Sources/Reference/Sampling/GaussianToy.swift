import Glibc
package import Torch

/// One-dimensional data x ~ N(0, 1) with f(x, t) = a(t)·x: the heads are known in closed form and
/// every sampler is a linear map, so that all error is the sampler's.
public struct GaussianToy: LatentDenoiser, Sendable {
  /// How σ and a depend on t.
  public enum Schedule: String, Sendable, CaseIterable {
    /// σ = t, a² = 1 − σ².
    case linear
    /// σ² = t, a² = 1 − σ².
    case squareRoot = "sqrt"
    /// σ² = sigmoid(1.5·logit t − 1), a² = 1 − σ².
    case sigmoid
    /// σ = t, a = (1 − t)(1 + ½ sin 3t): not variance preserving.
    case skewed

    func sigma(_ t: Double) -> Double {
      switch self {
      case .linear, .skewed: t
      case .squareRoot: t.squareRoot()
      case .sigmoid:
        t <= 0
          ? 0
          : t >= 1 ? 1 : (1 / (1 + exp(-(1.5 * (log(t) - log1p(-t)) - 1)))).squareRoot()
      }
    }

    func signal(_ t: Double) -> Double {
      let sigma = sigma(t)
      return self == .skewed
        ? (1 - t) * (1 + 0.5 * sin(3 * t)) : max(1 - sigma * sigma, 0).squareRoot()
    }

    /// da/dt; infinite where a² = 1 − σ² reaches 0.
    func signalSlope(_ t: Double) -> Double {
      let step = 1e-6
      return (signal(t + step) - signal(t - step)) / (2 * step)
    }
  }

  private let schedule: Schedule
  private let sign: Double

  /// Sets up the toy; `sign` is multiplied to Δ̂, −1 to see what a wrong sign does.
  public init(_ schedule: Schedule, sign: Double = 1) {
    self.schedule = schedule
    self.sign = sign
  }

  private func gains(_ level: NoiseLevel) -> (signal: Double, noise: Double) {
    let (signal, sigma) = (schedule.signal(level.t), level.sigma)
    let power = signal * signal + sigma * sigma
    return (signal / power, sigma / power)
  }

  package func heads(_ states: Tensor, _ step: SamplingStep) throws -> DenoiserHeads {
    let gains = gains(step.from)
    let change = schedule.signal(step.to.t) - schedule.signal(step.from.t)
    return DenoiserHeads(
      noise: try states * gains.noise, displacement: try states * (sign * change * gains.signal))
  }

  package func slopes(_ states: Tensor, at level: NoiseLevel) throws -> DenoiserHeads {
    let gains = gains(level)
    let slope = -schedule.signalSlope(level.t) * gains.signal
    return DenoiserHeads(
      noise: try states * gains.noise, displacement: try states * (sign * slope))
  }

  package func residualVariance(_ step: SamplingStep) throws -> [Double] {
    let (before, after) = (schedule.signal(step.from.t), schedule.signal(step.to.t))
    let sigma = step.from.sigma
    let change = after - before + before * step.lostVariance[0] / (sigma * sigma)
    return [change * change * sigma * sigma / (before * before + sigma * sigma)]
  }

  /// The exact variance of a sampler's results; the data's is 1.
  ///
  /// The sampler is run on unit impulses: one in the start, one in the noise of each step. Its result
  /// is their sum with independent standard normal weights.
  ///
  /// - Throws: `TorchError`.
  public func variance(of sampler: Sampler, stepCount: Int) throws -> Double {
    let levels = (0...stepCount).reversed().map { index in
      let t = Double(index) / Double(stepCount)
      return NoiseLevel(t: t, sigmas: [schedule.sigma(t)])
    }
    var impulses = Impulses(count: stepCount + 1)
    let responses = try withoutGradients {
      try sampler.run(
        impulses.next(), through: levels, denoiser: self, noise: &impulses, isLastStepNoisy: true)
    }
    return try responses.elements(as: Double.self).reduce(0) { $0 + $1 * $1 }
  }

  /// A noise source whose k-th draw is 1 in row k and 0 elsewhere.
  private struct Impulses: NoiseSource {
    let count: Int
    var row = 0

    init(count: Int) { self.count = count }

    mutating func next() throws -> Tensor {
      var values = [Double](repeating: 0, count: count)
      values[row] = 1
      row += 1
      return try Tensor(values, shape: [count, 1])
    }
  }
}
