import Disentanglement
public import Torch

extension MultiBetaVAE {
  /// Eight positions along the β axis, measured on fixed images.
  ///
  /// At the optimum E‖f‖²/d + σ² = 1, hence KL = d·log(1/σ), and s² is the squared error; a young
  /// model is still on its way there. For one σ per latent the sums run over latents.
  public func monitors(_ images: Tensor) throws -> [[String: Double]] {
    let observations = try images * 2 - 1
    let noise = try Tensor.zeros([images.shape[0], latentCount], device: images.device)
    return try [0.001, 0.02, 0.1, 0.25, 0.5, 0.75, 0.9, 0.999].map { t in
      try monitor(observations, t: t, noise: noise)
    }
  }

  /// The identities of one position; observations are in [−1, 1].
  package func monitor(_ observations: Tensor, t: Double, noise: Tensor) throws -> [String: Double]
  {
    let point = RepresentationPoint(label: "", t: t)
    let positions = try Tensor.full([observations.shape[0]], t, device: observations.device)
    let value = try objective(observations, t: positions, noise: noise)
    let lambda = try MultiBetaObjective.lambda(positions)
    let gamma = try objective.schedule.gamma(lambda)
    let condition = try objective.condition(t: positions, gamma: gamma)
    let mean = try objective.networks.encode(observations, condition)
    let logVariance = try NoiseSchedule.logVariance(ofGamma: gamma).mean([0])
    let power = try mean.squared().mean().item() + logVariance.exp().mean().item()
    let logSigma = try 0.5 * logVariance.mean().item()
    let deviation = try decoderDeviation(at: point)
    let squaredError = try value.squaredError.mean().item()
    let variances = try mean.variance([0]).elements(as: Double.self)
    return [
      "t": t, "sigma": exp(logSigma), "scale_identity": power,
      "kl": try value.klDivergence.mean().item(),
      "kl_expected": -Double(latentCount) * logSigma, "mse": squaredError,
      "deviation_squared": deviation * deviation,
      "active_units": Double(variances.filter { $0 > Codes.activeVariance }.count),
    ]
  }
}
