package import Torch

/// InfoVAE: the aggregate posterior is drawn towards the prior by its maximum mean discrepancy.
///
/// Zhao et al., arXiv:1706.02262, Eq. 6 as a loss: (1 − α)·KL + (α + λ − 1)·MMD(q(z), p(z)). With
/// α = 1 the rate is free and it is the MMD-VAE.
package struct InfoVAE: Regularizer {
  private let alpha: Double
  private let lambda: Double
  private let kernel: DiscrepancyKernel

  /// Sets the weights and the kernel.
  package init(alpha: Double, lambda: Double, kernel: DiscrepancyKernel) {
    self.alpha = alpha
    self.lambda = lambda
    self.kernel = kernel
  }

  /// (1 − α)·KL + (α + λ − 1)·MMD against as many draws from the prior.
  package func penalty(_ codes: SampledCodes, at position: TrainingPosition) throws -> Loss {
    try penalty(codes, prior: codes.latents.normalLike())
  }

  /// The same against given draws from the prior, [batch, latent].
  package func penalty(_ codes: SampledCodes, prior: Tensor) throws -> Loss {
    let rate = try codes.rate()
    let discrepancy = try kernel.discrepancy(codes.latents, prior)
    return Loss(
      try (1 - alpha) * rate + (alpha + lambda - 1) * discrepancy,
      terms: [("kl", rate), ("mmd", discrepancy)])
  }
}

/// A kernel and the estimator of the squared maximum mean discrepancy that is used with it.
package enum DiscrepancyKernel: String, Sendable, CaseIterable {
  /// Inverse multiquadratics of seven scales, Σ C/(C + ‖a − b‖²) with C = 2·d·scale; pairs of a
  /// draw with itself left out. As pythae has it.
  case inverseMultiquadratic = "imq"
  /// exp(−‖a − b‖²/d²), with all pairs. As Zhao et al. and InfoDiffusion have it.
  case gaussian = "rbf"

  /// MMD² of two samples of the same size, [batch, latent] each; a scalar.
  package func discrepancy(_ first: Tensor, _ second: Tensor) throws -> Tensor {
    let count = Double(first.shape[0])
    let cross = try values(first, second).sum() / (count * count)
    switch self {
    case .gaussian:
      let own = try (values(first, first).sum() + values(second, second).sum()) / (count * count)
      return try own - 2 * cross
    case .inverseMultiquadratic:
      // Each scale contributes 1 for a draw with itself.
      let selves = Double(Self.scales.count) * count
      let sums = try values(first, first).sum() + values(second, second).sum() - 2 * selves
      return try sums / (count * (count - 1)) - 2 * cross
    }
  }

  private static let scales = [0.1, 0.2, 0.5, 1, 2, 5, 10]

  private func values(_ first: Tensor, _ second: Tensor) throws -> Tensor {
    let squares = try (first.unsqueezed(1) - second.unsqueezed(0)).squared().sum([2])
    let latentCount = Double(first.shape[1])
    switch self {
    case .gaussian: return try (squares / (-latentCount * latentCount)).exp()
    case .inverseMultiquadratic:
      let terms = try Self.scales.map { scale in
        let width = 2 * latentCount * scale
        return try width * (squares + width).reciprocal()
      }
      return try terms.dropFirst().reduce(terms[0]) { try $0 + $1 }
    }
  }
}

extension ModelDefinition {
  static let infoVAE = ModelDefinition(
    name: "info-vae",
    summary: "InfoVAE (Zhao et al. 2017): discrepancy from the prior; alpha=1 is the MMD-VAE",
    options: [
      .number("alpha", 0, in: 0...1, "how much of the rate is left out"),
      .number("lambda", 1000, in: 0...1e9, "weight of the discrepancy, plus 1 − alpha"),
      .choice(
        "kernel", DiscrepancyKernel.inverseMultiquadratic.rawValue,
        of: DiscrepancyKernel.allCases.map(\.rawValue), "kernel of the discrepancy"),
    ], laterStages: [.disco]
  ) { context, options in
    try GaussianVAE(context) { _ in
      InfoVAE(
        alpha: options.number("alpha"), lambda: options.number("lambda"),
        kernel: options.choice("kernel"))
    }
  }
}
