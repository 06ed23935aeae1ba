import Torch

/// DIP-VAE: the covariance of the aggregate posterior is drawn towards the identity.
///
/// Kumar et al., arXiv:1711.00848, as disentanglement_lib trains it (`vae.DIPVAE`):
/// KL + λ_od·Σ_{i≠j} C_ij² + λ_d·Σ_i (C_ii − 1)².
package struct DIPVAE: Regularizer {
  /// Which covariance is regularised.
  package enum Kind: Sendable {
    /// I: that of the posteriors' means.
    case means
    /// II: that of the draws, which adds the posteriors' mean variances to the diagonal.
    case draws
  }

  private let kind: Kind
  private let offDiagonal: Double
  private let diagonal: Double

  /// Sets the kind and the weights λ_od and λ_d.
  package init(_ kind: Kind, offDiagonal: Double, diagonal: Double) {
    self.kind = kind
    self.offDiagonal = offDiagonal
    self.diagonal = diagonal
  }

  /// KL and the covariance's distance from the identity.
  package func penalty(_ codes: SampledCodes, at position: TrainingPosition) throws -> Loss {
    let rate = try codes.rate()
    let distance = try distance(codes)
    return Loss(try rate + distance, terms: [("kl", rate), ("dip", distance)])
  }

  private func distance(_ codes: SampledCodes) throws -> Tensor {
    let centred = try codes.mean - codes.mean.mean([0], keepsDimensions: true)
    // Divisor B, as in the study's code.
    let covariance = try centred.transposed(0, 1).matmul(centred) / Double(centred.shape[0])
    let means = try covariance.diagonal()
    let offDiagonalSum = try covariance.squared().sum() - means.squared().sum()
    let variances = kind == .means ? means : try means + codes.logVariance.exp().mean([0])
    return try offDiagonal * offDiagonalSum + diagonal * (variances - 1).squared().sum()
  }
}

extension ModelDefinition {
  static let dipVAE1 = dipVAE(
    "dip-vae-i", "DIP-VAE-I (Kumar et al. 2018): decorrelated means", .means, ratio: 10)
  static let dipVAE2 = dipVAE(
    "dip-vae-ii", "DIP-VAE-II (Kumar et al. 2018): decorrelated draws", .draws, ratio: 1)

  private static func dipVAE(
    _ name: String, _ summary: String, _ kind: DIPVAE.Kind, ratio: Double
  ) -> ModelDefinition {
    ModelDefinition(
      name: name, summary: summary,
      options: [
        .number("lambda", 10, in: 0...1e6, "weight λ_od of the squared covariances"),
        .number("ratio", ratio, in: 0...1e6, "weight of the variances, as a multiple of lambda"),
      ],
      grid: Grid("lambda", [1, 2, 5, 10, 20, 50]), laterStages: [.disco]
    ) { context, options in
      let lambda = options.number("lambda")
      return try GaussianVAE(context) { _ in
        DIPVAE(kind, offDiagonal: lambda, diagonal: lambda * options.number("ratio"))
      }
    }
  }
}
