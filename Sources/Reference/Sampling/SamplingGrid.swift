import BenchSupport
import Glibc

/// How the levels of a sampler are spaced.
public enum SamplingGrid: String, Sendable, CaseIterable, Codable {
  /// Evenly in t, as the paper does.
  case uniform
  /// Evenly in log σ.
  case logSigma = "log-sigma"
  /// Evenly in σ^(1/7), Eq. 5 of arXiv:2206.00364 with ρ = 7.
  case edm
  /// Evenly in the rate KL(q(z|x) ‖ p(z)) of the trained encoder.
  case rate

  /// Reads a name.
  ///
  /// - Throws: `DecodingError` that tells the known ones.
  public init(from decoder: any Decoder) throws { self = try decoder.choice() }

  /// `stepCount` + 1 falling levels from `start` to 0.
  ///
  /// - Parameters:
  ///   - stepCount: Number of steps, at least 1.
  ///   - start: The position to start at, at most 1.
  ///   - schedule: The noise schedule.
  ///   - rate: KL in nats at a position, falling in t; needed by ``rate`` only.
  /// - Returns: The levels; the last is clean, the one before it at σ(1/1000) or above.
  package func levels(
    _ stepCount: Int, from start: Double = 1, schedule: FrozenSchedule,
    rate: (Double) -> Double
  ) -> [NoiseLevel] {
    precondition(stepCount > 0, "\(stepCount) steps")
    precondition(start > 0 && start <= 1, "start \(start) outside (0, 1]")
    let first = schedule.level(at: start)
    let clean = schedule.level(at: 0)
    guard stepCount > 1, start > Self.lastPosition else { return [first, clean] }
    let inner = (1..<stepCount).map { index in
      let fraction = Double(index) / Double(stepCount - 1)
      switch self {
      case .uniform:
        return schedule.level(at: start * (1 - Double(index) / Double(stepCount)))
      case .logSigma:
        return between(first.sigma, fraction, schedule, log, exp)
      case .edm:
        return between(first.sigma, fraction, schedule, { pow($0, 1 / 7) }, { pow($0, 7) })
      case .rate:
        let (low, high) = (rate(start), rate(Self.lastPosition))
        let target = low + fraction * (high - low)
        return schedule.level(at: schedule.position(where: -target) { -rate($0) })
      }
    }
    return Self.falling([first] + inner + [clean])
  }

  /// Where grids that are not even in t place their last noisy level.
  private static let lastPosition = 1e-3

  private func between(
    _ sigma: Double, _ fraction: Double, _ schedule: FrozenSchedule,
    _ forth: (Double) -> Double, _ back: (Double) -> Double
  ) -> NoiseLevel {
    let last = schedule.level(at: Self.lastPosition).sigma
    let value = back(forth(sigma) + fraction * (forth(last) - forth(sigma)))
    return schedule.level(at: schedule.position(ofSigma: value))
  }

  /// Leaves out levels that coincide with the one before, as they do where the rate is flat.
  private static func falling(_ levels: [NoiseLevel]) -> [NoiseLevel] {
    levels.dropFirst().reduce(into: [levels[0]]) { kept, level in
      if level.t < (kept.last?.t ?? 1) { kept.append(level) }
    }
  }
}
