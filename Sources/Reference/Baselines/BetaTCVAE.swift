package import Torch

/// β-TCVAE: of the rate's three parts, only the total correlation is weighted.
///
/// Chen et al., arXiv:1802.04942: KL + (β − 1)·TC, with the total correlation of the aggregate
/// posterior estimated from the batch.
package struct BetaTCVAE: Regularizer {
  private let beta: Double
  private let estimator: TotalCorrelationEstimator

  /// Sets the weight of the total correlation and how it is estimated.
  package init(beta: Double, estimator: TotalCorrelationEstimator) {
    self.beta = beta
    self.estimator = estimator
  }

  /// KL + (β − 1)·TC.
  package func penalty(_ codes: SampledCodes, at position: TrainingPosition) throws -> Loss {
    let rate = try codes.rate()
    let correlation = try estimator(codes)
    return Loss(
      try rate + (beta - 1) * correlation, terms: [("kl", rate), ("tc", correlation)])
  }
}

/// Estimates the total correlation KL(q(z) ‖ Π q(z_j)) of the aggregate posterior from a batch.
package struct TotalCorrelationEstimator {
  /// How the mixture over the data set is approximated by the batch's posteriors.
  package enum Kind: String, Sendable, CaseIterable {
    /// Minibatch-weighted without its constants, as in disentanglement_lib
    /// (`beta_tc_vae.total_correlation`): (d − 1)·log(B·N) below `weighted`, gradients the same.
    case study = "dlib"
    /// Minibatch-weighted sampling: every posterior of the batch counts 1/(B·N).
    case weighted = "mws"
    /// Minibatch-stratified sampling, as Appendix C.2 of the paper derives it.
    case stratified = "mss"
    /// The same with the weights of the published code, which fills columns 0 and 1 where it means
    /// the diagonal and its neighbour; for audits.
    case stratifiedAsPublished = "mss-as-published"
  }

  private let kind: Kind
  private let observationCount: Int

  /// Chooses an estimator for a data set of `observationCount` observations.
  package init(_ kind: Kind, observationCount: Int) {
    self.kind = kind
    self.observationCount = observationCount
  }

  /// The estimate in nats, a scalar.
  package func callAsFunction(_ codes: SampledCodes) throws -> Tensor {
    let densities = try Self.logDensities(codes)  // [draw, posterior, latent]
    let (batch, latentCount) = (densities.shape[0], densities.shape[2])
    var (joint, product) = (try densities.sum([2]), densities)
    if let weights = try logWeights(batch, like: densities) {
      joint = try joint + weights
      product = try product + weights.unsqueezed(2)
    }
    let logJoint = try joint.logSumExp([1])
    let logProduct = try product.logSumExp([1]).sum([1])
    let estimate = try (logJoint - logProduct).mean()
    guard kind == .weighted else { return estimate }
    let constant = Double(latentCount - 1) * log(Double(batch) * Double(observationCount))
    return try estimate + constant
  }

  /// log q(z_l of draw i | x_j), [draw, posterior, latent].
  private static func logDensities(_ codes: SampledCodes) throws -> Tensor {
    let logVariance = try codes.logVariance.unsqueezed(0)
    let squares = try (codes.latents.unsqueezed(1) - codes.mean.unsqueezed(0)).squared()
    let exponents = try squares * logVariance.negated().exp() + logVariance
    return try -0.5 * (exponents + log(2 * .pi))
  }

  private func logWeights(_ batch: Int, like densities: Tensor) throws -> Tensor? {
    let weights: [Double]
    switch kind {
    case .study, .weighted: return nil
    case .stratified:
      weights = Self.stratifiedWeights(batch: batch, observationCount: observationCount)
    case .stratifiedAsPublished:
      weights = Self.publishedWeights(batch: batch, observationCount: observationCount)
    }
    let logs = try Tensor(weights.map(log), shape: [batch, batch])
    return try logs.to(densities.dataType).to(densities.device)
  }

  /// The stratified weights, [draw, posterior] by rows.
  ///
  /// The draw's own posterior counts 1/N, one other (N − M)/(N·M), the rest 1/M with M = B − 1.
  /// Every row sums to 1.
  package static func stratifiedWeights(batch: Int, observationCount: Int) -> [Double] {
    var weights = [Double](repeating: 1 / Double(batch - 1), count: batch * batch)
    for row in 0..<batch {
      weights[row * batch + row] = 1 / Double(observationCount)
      weights[row * batch + (row + 1) % batch] = stratum(batch, observationCount)
    }
    return weights
  }

  /// The weights as published: column 0 takes the place of the diagonal, column 1 that of its
  /// neighbour, and one corner is set by hand.
  package static func publishedWeights(batch: Int, observationCount: Int) -> [Double] {
    var weights = [Double](repeating: 1 / Double(batch - 1), count: batch * batch)
    for row in 0..<batch {
      weights[row * batch] = 1 / Double(observationCount)
      weights[row * batch + 1] = stratum(batch, observationCount)
    }
    weights[(batch - 2) * batch] = stratum(batch, observationCount)
    return weights
  }

  private static func stratum(_ batch: Int, _ observationCount: Int) -> Double {
    precondition(
      batch > 2 && observationCount >= batch,
      "stratified weights for a batch of \(batch) out of \(observationCount)")
    let (n, m) = (Double(observationCount), Double(batch - 1))
    return (n - m) / (n * m)
  }
}

extension ModelDefinition {
  static let betaTCVAE = ModelDefinition(
    name: "beta-tcvae", summary: "β-TCVAE (Chen et al. 2018): the total correlation weighted",
    options: [
      .number("beta", 6, in: 0...1e6, "weight of the total correlation"),
      .choice(
        "estimator", TotalCorrelationEstimator.Kind.study.rawValue,
        of: TotalCorrelationEstimator.Kind.allCases.map(\.rawValue),
        "how the total correlation is estimated from a batch"),
    ],
    grid: Grid("beta", [1, 2, 4, 6, 8, 10]), laterStages: [.disco]
  ) { context, options in
    try GaussianVAE(context) { _ in
      BetaTCVAE(
        beta: options.number("beta"),
        estimator: TotalCorrelationEstimator(
          options.choice("estimator"), observationCount: context.observationCount))
    }
  }
}
