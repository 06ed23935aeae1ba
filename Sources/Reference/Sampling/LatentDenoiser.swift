package import Torch

/// What a denoiser knows about a noisy state: two conditional means.
package struct DenoiserHeads {
  /// ε̂ = E[ε | z], the standardised noise; the shape of the states.
  package let noise: Tensor
  /// The expected movement of f(x, ·) given z, likewise.
  package let displacement: Tensor

  /// Pairs the heads.
  package init(noise: Tensor, displacement: Tensor) {
    self.noise = noise
    self.displacement = displacement
  }
}

/// A two-headed denoiser, as all samplers see it.
package protocol LatentDenoiser {
  /// ε̂ and Δ̂ = E[f(x, t − τ) − f(x, t) | z] for states at the start of a step.
  func heads(_ states: Tensor, _ step: SamplingStep) throws -> DenoiserHeads
  /// ε̂ and D̂ = E[−∂ₜf(x, t) | z] for states at a level.
  func slopes(_ states: Tensor, at level: NoiseLevel) throws -> DenoiserHeads
  /// What D̂ at a level is multiplied with over a step from or to it: τ, or more or less where the
  /// speed of the mean changes on the way in a known manner.
  func duration(of step: SamplingStep, at level: NoiseLevel) throws -> Double
  /// (1/d)·E‖(Δ̂ − Δ) − (σ²ₜ|ₜ₋τ/σ)(ε̂ − ε)‖²: how far the posterior mean given z is from the one
  /// given x. One value, or one per latent.
  func residualVariance(_ step: SamplingStep) throws -> [Double]
}

extension LatentDenoiser {
  package func duration(of step: SamplingStep, at level: NoiseLevel) throws -> Double {
    step.duration
  }
}
