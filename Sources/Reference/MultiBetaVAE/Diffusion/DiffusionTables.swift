import Glibc
import Torch

/// What the second stage has measured of the encoder and of itself, over the β axis.
///
/// Kept as buffers, so that checkpoints carry it. Between positions all tables are interpolated in the
/// log-odds of t.
final class DiffusionTables {
  /// Positions at which the tables hold values.
  static let positions: [Double] = {
    let (low, high) = (logit(1e-3), logit(1 - MultiBetaObjective.margin))
    return (0..<64).map { sigmoid(low + Double($0) / 63 * (high - low)) }
  }()

  private let logRate: Tensor
  private let klDivergence: Tensor
  private let residuals: Tensor
  private let width: Int
  private var read: Values?

  /// The tables in the processor's memory.
  private struct Values {
    let logRate: [Double]
    let klDivergence: [Double]
    /// `[moment][latent][position]`.
    let residuals: [[[Double]]]
  }

  /// Adds the buffers to a scope; `width` is that of the noise schedule.
  init(_ scope: ParameterScope, width: Int) throws {
    self.width = width
    let count = Self.positions.count
    logRate = try scope.buffer("log_rate", Tensor.zeros([count]))
    klDivergence = try scope.buffer("kl", Tensor.zeros([count]))
    residuals = try scope.buffer("residuals", Tensor.zeros([3, width, count]))
  }

  /// Sets c, the root mean square of ∂ₜf per latent, and the rate in nats, at all positions.
  func setEncoder(rates: [Double], klDivergence values: [Double]) throws {
    try logRate.copyInPlace(Tensor(rates.map { Float(log($0)) }, shape: [rates.count]))
    try klDivergence.copyInPlace(Tensor(values.map { Float($0) }, shape: [values.count]))
    read = nil
  }

  /// Sets the second moments of the heads' errors: E e_D², E e_D·e_ε and E e_ε², each
  /// `[latent][position]`, with e_D the error of the rate D̂ itself.
  func setResiduals(_ moments: [[[Double]]]) throws {
    let elements = moments.flatMap { $0.flatMap { $0.map { Float($0) } } }
    try residuals.copyInPlace(
      Tensor(elements, shape: [3, width, Self.positions.count]))
    read = nil
  }

  private func values() throws -> Values {
    if let read { return read }
    let flat = try residuals.elements(as: Double.self)
    let count = Self.positions.count
    let values = Values(
      logRate: try logRate.elements(as: Double.self),
      klDivergence: try klDivergence.elements(as: Double.self),
      residuals: (0..<3).map { moment in
        (0..<width).map { latent in
          let start = (moment * width + latent) * count
          return Array(flat[start..<start + count])
        }
      })
    read = values
    return values
  }

  /// c(t).
  func rate(at t: Double) throws -> Double { exp(Self.interpolate(try values().logRate, t)) }

  /// ∫c dt over a step, over c at a level; τ where c is the same everywhere.
  func duration(of step: SamplingStep, at level: NoiseLevel) throws -> Double {
    let values = try values().logRate
    let count = 16
    let sum = (0..<count).reduce(0.0) { sum, index in
      let t = step.from.t - step.duration * (Double(index) + 0.5) / Double(count)
      return sum + exp(Self.interpolate(values, t))
    }
    return step.duration * sum / Double(count) / (try rate(at: level.t))
  }

  /// KL(q(z|x) ‖ p(z)) in nats at t.
  func klDivergence(at t: Double) throws -> Double {
    Self.interpolate(try values().klDivergence, t)
  }

  /// E‖τ·e_D − w·e_ε‖² per latent at t.
  func residualVariance(at t: Double, duration: Double, noiseWeight: [Double]) throws -> [Double] {
    let moments = try values().residuals
    return noiseWeight.indices.map { latent in
      let values = moments.map { Self.interpolate($0[latent], t) }
      let weight = noiseWeight[latent]
      return max(
        duration * duration * values[0] - 2 * duration * weight * values[1]
          + weight * weight * values[2], 0)
    }
  }

  private static func interpolate(_ table: [Double], _ t: Double) -> Double {
    let (low, high) = (logit(positions[0]), logit(positions[positions.count - 1]))
    let bounded = min(max(t, positions[0]), positions[positions.count - 1])
    let place = (logit(bounded) - low) / (high - low) * Double(table.count - 1)
    let index = min(max(Int(place), 0), table.count - 2)
    return table[index] + (place - Double(index)) * (table[index + 1] - table[index])
  }
}
