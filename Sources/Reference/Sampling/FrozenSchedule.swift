import Glibc

/// The trained noise schedule in double precision: σ over the β axis, its slope and its inverse.
///
/// σ(0) = 0 and σ(1) = 1 exactly (Propositions 3.1 and 3.2 of arXiv:2507.06613).
package struct FrozenSchedule: Sendable {
  private let logOdds: FrozenMonotoneFunction

  /// Takes the log-odds γ(λ).
  package init(_ logOdds: FrozenMonotoneFunction) { self.logOdds = logOdds }

  /// 1 for one σ shared by all latents, else the number of latents.
  package var width: Int { logOdds.width }

  /// γ = log(σ²/(1 − σ²)) at t, averaged over latents; infinite at 0 and 1.
  package func gamma(at t: Double) -> Double {
    guard t > 0 else { return -.infinity }
    guard t < 1 else { return .infinity }
    return logOdds(logit(t)).reduce(0, +) / Double(width)
  }

  /// The noise level at t.
  package func level(at t: Double) -> NoiseLevel {
    guard t > 0 else { return NoiseLevel(t: 0, sigmas: Array(repeating: 0, count: width)) }
    guard t < 1 else { return NoiseLevel(t: 1, sigmas: Array(repeating: 1, count: width)) }
    return NoiseLevel(t: t, sigmas: logOdds(logit(t)).map { sigmoid($0).squareRoot() })
  }

  /// dσ/dt at t in (0, 1).
  package func slopes(at t: Double) -> [Double] {
    let lambda = logit(t)
    let stretch = 1 / (t * (1 - t))  // dλ/dt
    return zip(logOdds(lambda), logOdds.derivative(lambda)).map { gamma, slope in
      // σ = sigmoid(γ)^½, so dσ/dγ = ½σ(1 − σ²).
      0.5 * sigmoid(gamma).squareRoot() * sigmoid(-gamma) * slope * stretch
    }
  }

  /// The position at which a rising function of t takes a value, by bisection in log-odds.
  func position(where value: Double, is function: (Double) -> Double) -> Double {
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if function(sigmoid(middle)) < value { low = middle } else { high = middle }
    }
    return sigmoid((low + high) / 2)
  }

  /// The position at which σ (its geometric mean over latents) has a value in (0, 1).
  package func position(ofSigma sigma: Double) -> Double {
    position(where: log(sigma)) { log(level(at: $0).sigma) }
  }

  /// The position at which the mean γ has a value.
  package func position(ofGamma gamma: Double) -> Double {
    position(where: gamma) { self.gamma(at: $0) }
  }
}
