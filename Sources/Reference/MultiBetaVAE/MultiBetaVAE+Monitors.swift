import BenchSupport
import Disentanglement
import LinearAlgebra
public import Torch

extension MultiBetaVAE {
  /// Eight positions along the β axis, measured on fixed images.
  ///
  /// At the optimum E‖f‖²/d + σ² = 1, hence KL = d·log(1/σ), and s² is the squared error; a young
  /// model is still on its way there. For one σ per latent the sums run over latents. Active units are
  /// directions in which the means vary, whatever the axes.
  public func monitors(_ images: Tensor) throws -> [[String: Double]] {
    let observations = try images * 2 - 1
    // The same draws every time, and none of the training's: s² is the error of draws, not of means.
    var random = Philox(seed: 0)
    let draws = (0..<images.shape[0] * latentCount).map { _ in Float(random.normal()) }
    let noise = try Tensor(
      draws, shape: [images.shape[0], latentCount], device: images.device)
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
    let logVariance = try value.logVariance * value.mean.onesLike()
    let power = try (value.mean.squared() + logVariance.exp()).mean().item()
    let logSigma = try 0.5 * NoiseSchedule.logVariance(ofGamma: gamma).mean().item()
    let deviation = try decoderDeviation(at: point)
    let squaredError = try value.squaredError.mean().item()
    let codes = try Matrix<Double>(
      rowCount: observations.shape[0], columnCount: latentCount,
      elements: value.mean.elements(as: Double.self))
    let variances = try Covariance(rows: codes).matrix.symmetricEigenvalues()
    return [
      "t": t, "sigma": exp(logSigma), "scale_identity": power,
      "kl": try value.klDivergence.mean().item(),
      "kl_expected": try -0.5 * Double(latentCount) * logVariance.mean().item(),
      "mse": squaredError,
      "deviation_squared": deviation * deviation,
      "active_units": Double(variances.filter { $0 > Codes.activeVariance }.count),
    ]
  }
}
