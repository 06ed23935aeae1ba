import Glibc

/// The trained noise schedule in double precision: σ over the β axis, its slope and its inverse.
///
/// σ(1) = 1 exactly, and σ(0) = 0 but for latents with a share below 1 (Propositions 3.1 and 3.2 of
/// arXiv:2507.06613; ``NoiseSchedule``).
package struct FrozenSchedule: Sendable {
  private let logOdds: FrozenMonotoneFunction
  /// The latents' shares a; nil where all are 1.
  private let shares: [Double]?
  /// 1 − a, without cancellation.
  private let rests: [Double]

  /// Takes the log-odds γ(λ) and, where latents have shares, their log-odds.
  package init(_ logOdds: FrozenMonotoneFunction, shareLogits: [Double]? = nil) {
    self.logOdds = logOdds
    shares = shareLogits.map { $0.map(sigmoid) }
    rests = shareLogits.map { $0.map { sigmoid(-$0) } } ?? Array(repeating: 0, count: logOdds.width)
  }

  /// 1 for one σ shared by all latents, else the number of latents.
  package var width: Int { logOdds.width }

  /// γ = log(σ²/(1 − σ²)) at t, averaged over latents; infinite at 0 and 1.
  package func gamma(at t: Double) -> Double {
    guard t > 0 else { return -.infinity }
    guard t < 1 else { return .infinity }
    let gammas = logOdds(logit(t))
    guard let shares else { return gammas.reduce(0, +) / Double(width) }
    return gammas.indices.reduce(0) { sum, latent in
      let variance = rests[latent] + shares[latent] * sigmoid(gammas[latent])
      return sum + log(variance) - log(shares[latent] * sigmoid(-gammas[latent]))
    } / Double(width)
  }

  /// The noise level at t.
  package func level(at t: Double) -> NoiseLevel {
    guard t > 0 else { return level(t: 0, sigmas: rests.map { $0.squareRoot() }) }
    guard t < 1 else { return level(t: 1, sigmas: Array(repeating: 1, count: width)) }
    let gammas = logOdds(logit(t))
    return level(
      t: t,
      sigmas: gammas.indices.map { latent in
        (rests[latent] + (shares?[latent] ?? 1) * sigmoid(gammas[latent])).squareRoot()
      })
  }

  private func level(t: Double, sigmas: [Double]) -> NoiseLevel {
    NoiseLevel(t: t, sigmas: sigmas, weights: shares)
  }

  /// dσ/dt at t in (0, 1).
  package func slopes(at t: Double) -> [Double] {
    let lambda = logit(t)
    let stretch = 1 / (t * (1 - t))  // dλ/dt
    let sigmas = level(at: t).sigmas
    return zip(logOdds(lambda), logOdds.derivative(lambda)).enumerated().map { latent, pair in
      // σ² = 1 − a + a·sigmoid(γ), so dσ/dγ = a·sigmoid(γ)·sigmoid(−γ)/2σ.
      (shares?[latent] ?? 1) * sigmoid(pair.0) * sigmoid(-pair.0) / (2 * sigmas[latent]) * pair.1
        * stretch
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
