package import Torch

/// How the reconstruction term and the rate are reduced before they are weighted with β.
public enum Reduction: String, Sendable, CaseIterable, Codable {
  /// (1 − t)·rec/D + t·KL/d: both terms stay of order one for every t.
  case mean
  /// (1 − β)·rec + β·KL: Eq. 4 of arXiv:2507.06613 read literally.
  case sum
}

/// How training spreads t over the β axis; the optimum at each β does not depend on it.
public enum TimeDistribution: String, Sendable, CaseIterable, Codable {
  /// Evenly in t, as Algorithm 1 of arXiv:2507.06613 has it: most of the axis holds next to no
  /// information, and few gradients are about detail.
  case uniform
  /// Evenly in log t/(1 − t).
  case logit
}

/// Which standard deviations the posterior has.
public enum PosteriorKind: String, Sendable, CaseIterable, Codable {
  /// One σ_β for all latents (Eq. 3 of arXiv:2507.06613).
  case isotropic = "iso-beta"
  /// One σ_β per latent, shared by all observations: breaks the rotation invariance of Eq. 4, but for
  /// latents to which the decoder is equally sensitive on average.
  case diagonal = "diag-beta"
  /// One σ per latent and observation, log σ² = −softplus(−γ(β) − δ(x, β)): what β-VAE has, along the whole
  /// β axis.
  case diagonalPerImage = "diag-x"
}

/// The objective of the multi-β VAE's first stage.
///
/// Equations 2 to 4 of arXiv:2507.06613, with B = 1.
package struct MultiBetaObjective {
  /// Training keeps t this far from 0 and 1, where the objective has no finite optimum.
  package static let margin = 1e-4

  /// The objective and its parts for a batch, each [batch].
  package struct Value {
    /// The objective.
    package let loss: Tensor
    /// Squared reconstruction error per pixel.
    package let squaredError: Tensor
    /// The rate in nats.
    package let klDivergence: Tensor
    /// The posteriors' means, [batch, latent].
    package let mean: Tensor
    /// The posteriors' log-variances, [batch, 1 or latent].
    package let logVariance: Tensor
    /// The draws from them, [batch, latent].
    package let latents: Tensor
  }

  package let networks: any MultiBetaNetworks
  package let embedding: BetaEmbedding
  package let schedule: NoiseSchedule
  package let deviation: DecoderDeviation
  package let reduction: Reduction

  /// Assembles the objective from its parts.
  package init(
    networks: any MultiBetaNetworks, embedding: BetaEmbedding, schedule: NoiseSchedule,
    deviation: DecoderDeviation, reduction: Reduction
  ) {
    self.networks = networks
    self.embedding = embedding
    self.schedule = schedule
    self.deviation = deviation
    self.reduction = reduction
  }

  /// The condition vector at t: [batch] → [batch, width].
  package func condition(t: Tensor, gamma: Tensor) throws -> Tensor {
    let scalar = gamma.shape[1] == 1 ? try gamma.squeezed(1) : try gamma.mean([1])
    return try embedding(t: t, gamma: scalar)
  }

  /// The posterior's log σ²: [batch, 1 or latent], or [batch, latent] where observations shift it.
  package func logVariance(gamma: Tensor, _ heads: PosteriorHeads) throws -> Tensor {
    try NoiseSchedule.logVariance(ofGamma: heads.shift.map { try gamma + $0 } ?? gamma)
  }

  /// λ = logit t in double precision, then single.
  package static func lambda(_ t: Tensor) throws -> Tensor {
    let exact = try t.to(.float64)
    return try (exact.log() - exact.negated().log1p()).to(.float32)
  }

  /// The objective at one t per observation.
  ///
  /// - Parameters:
  ///   - observations: Images in [−1, 1], [batch, …].
  ///   - t: Positions on the β axis, [batch].
  ///   - noise: Standard normal draws, [batch, latent].
  /// - Returns: The objective and its parts.
  /// - Throws: `TorchError`.
  package func callAsFunction(_ observations: Tensor, t: Tensor, noise: Tensor) throws -> Value {
    let lambda = try Self.lambda(t)
    let gamma = try schedule.gamma(lambda)
    let condition = try condition(t: t, gamma: gamma)
    let heads = try networks.posterior(observations, condition)
    let mean = heads.mean
    let logVariance = try logVariance(gamma: gamma, heads)
    let latents = try mean.addingProduct((0.5 * logVariance).exp(), noise)
    let reconstruction = try networks.decode(latents, condition)
    let batch = observations.shape[0]
    let squaredError = try reconstruction.squaredError(observations).reshaped([batch, -1]).mean([1])
    let logDeviation = try deviation.logDeviation(lambda)
    // rec/D and KL/d of MODEL_SPEC §2.1, in closed form.
    let reconstructionTerm =
      try squaredError * (-2 * logDeviation).exp() * 0.5 + logDeviation
      + 0.5 * log(2 * .pi)
    let variances = try logVariance.exp()
    let rate = try 0.5 * (mean.squared() + variances - 1 - logVariance).mean([1])
    let dimensions = Double(networks.latentCount)
    let pixels = Double(observations.count / batch)
    let scale = reduction == .mean ? (1, 1) : (pixels, dimensions)
    let loss = try (1 - t) * reconstructionTerm * scale.0 + t * rate * scale.1
    return Value(
      loss: loss, squaredError: squaredError, klDivergence: try rate * dimensions, mean: mean,
      logVariance: logVariance, latents: latents)
  }
}
