import Glibc

/// A position on the β axis and the deviation of the latent noise there.
package struct NoiseLevel: Sendable, Equatable {
  /// The position, from 0 (no noise) to 1 (nothing else).
  package let t: Double
  /// σ: one value for all latents, or one per latent.
  package let sigmas: [Double]
  /// σ, or its geometric mean over latents, each weighted by its share.
  package let sigma: Double

  /// Describes a level.
  ///
  /// - Parameters:
  ///   - t: The position.
  ///   - sigmas: σ, one value for all latents, or one per latent.
  ///   - weights: How much each latent counts in the mean; nil for all alike.
  package init(t: Double, sigmas: [Double], weights: [Double]? = nil) {
    precondition(!sigmas.isEmpty, "a noise level without a deviation")
    self.t = t
    self.sigmas = sigmas
    let weights = weights ?? Array(repeating: 1, count: sigmas.count)
    sigma =
      sigmas.count == 1
      ? sigmas[0]
      : exp(
        zip(sigmas, weights).reduce(0) { $0 + $1.1 * log($1.0) }
          / max(weights.reduce(0, +), .leastNormalMagnitude))
  }

  /// Whether it is the end of the axis, where a sampler adds no more noise.
  package var isClean: Bool { t == 0 }
}

/// One step of a sampler, from a level to a cleaner one: t to t − τ.
package struct SamplingStep: Sendable, Equatable {
  /// Where it starts, at σ.
  package let from: NoiseLevel
  /// Where it ends, at σ′.
  package let to: NoiseLevel

  /// Describes a step.
  package init(from: NoiseLevel, to: NoiseLevel) {
    precondition(from.t > to.t, "a step from \(from.t) to \(to.t) does not go down")
    precondition(from.sigmas.allSatisfy { $0 > 0 }, "a step that starts without noise")
    self.from = from
    self.to = to
  }

  /// The steps through a list of levels.
  package static func through(_ levels: [NoiseLevel]) -> [SamplingStep] {
    zip(levels, levels.dropFirst()).map { SamplingStep(from: $0, to: $1) }
  }

  /// τ.
  package var duration: Double { from.t - to.t }

  /// σ²ₜ|ₜ₋τ = σ² − σ′².
  package var lostVariance: [Double] {
    zip(from.sigmas, to.sigmas).map { ($0 - $1) * ($0 + $1) }
  }

  /// σ̃², the variance of z at t − τ given z at t and x (equation 8 of arXiv:2507.06613).
  package var posteriorVariance: [Double] {
    zip(lostVariance, zip(from.sigmas, to.sigmas)).map { lost, pair in
      lost * (pair.1 / pair.0) * (pair.1 / pair.0)
    }
  }

  /// The weight of ε̂ in the posterior mean, (σ² − σ′²)/σ.
  package var noiseWeight: [Double] { zip(lostVariance, from.sigmas).map { $0 / $1 } }
}
