import Torch

/// β-VAE: the evidence lower bound with its rate weighted by β.
///
/// Higgins et al., ICLR 2017, as disentanglement_lib trains it (`vae.BetaVAE`).
package struct BetaVAE: Regularizer {
  private let beta: Double

  /// Sets the weight of the rate.
  package init(beta: Double) { self.beta = beta }

  package var isDataParallel: Bool { true }
  package var isDivisible: Bool { true }

  /// β·KL.
  package func penalty(_ codes: SampledCodes, at position: TrainingPosition) throws -> Loss {
    let rate = try codes.rate()
    return Loss(try beta * rate, terms: [("kl", rate)])
  }
}

extension ModelDefinition {
  static let betaVAE = ModelDefinition(
    name: "beta-vae", summary: "β-VAE (Higgins et al. 2017), as disentanglement_lib trains it",
    options: [.number("beta", 4, in: 0...1e6, "weight of the rate")],
    grid: Grid("beta", [1, 2, 4, 6, 8, 16]), laterStages: [.disco]
  ) { context, options in
    try GaussianVAE(context) { _ in BetaVAE(beta: options.number("beta")) }
  }
}
