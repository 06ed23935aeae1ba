package import Torch

/// The posterior's standard deviation σ_β, increasing from 0 at β = 0 to 1 at β = 1.
///
/// σ² = sigmoid(γ(λ)) with γ a ``MonotoneFunction`` of λ = logit t: Propositions 3.1 and 3.2 of
/// arXiv:2507.06613 hold by construction.
///
/// Where every latent has its own σ, one that carries nothing would still have σ(0) = 0, and hence a rate that
/// grows without bound towards β = 0. There σ² = 1 − a·(1 − sigmoid(γ)) with a learned share a of each
/// latent, nearly 1 at first: a latent that is not used lets a fall to 0, keeps σ = 1 and costs nothing.
package struct NoiseSchedule {
  private let logOdds: MonotoneFunction
  /// logit a in units of ``shareScale``, [width]; nil where a = 1.
  private let share: Tensor?

  /// Adam moves a parameter by its learning rate and step; in these units a share can leave 1 within
  /// thousands of them.
  private static let shareScale = 10.0

  /// Adds the schedule to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - width: 1 for one σ shared by all latents, else their number.
  ///   - hasShares: Whether σ may stay above 0 at β = 0.
  /// - Throws: `TorchError`.
  package init(_ scope: ParameterScope, width: Int, hasShares: Bool = false) throws {
    logOdds = try MonotoneFunction(scope, width: width)
    share =
      hasShares ? try scope.parameter("share", shape: [width], .constant(1), decays: false) : nil
  }

  /// γ = log(σ²/(1 − σ²)): [batch] → [batch, width].
  package func gamma(_ lambda: Tensor) throws -> Tensor {
    let gamma = try logOdds(lambda)
    guard let share else { return gamma }
    // σ² = (1 − a) + a·sigmoid(γ) and 1 − σ² = a·sigmoid(−γ), each without cancellation.
    let logit = try share * Self.shareScale
    let variance = try logit.negated().sigmoid() + logit.sigmoid() * gamma.sigmoid()
    return try variance.log() + logit.negated().softplus() + gamma.softplus()
  }

  /// a of every latent, [width]; nil where all are 1.
  package func shares() throws -> Tensor? {
    try share.map { try ($0 * Self.shareScale).sigmoid() }
  }

  /// The schedule as it stands, in double precision.
  package func frozen() throws -> FrozenSchedule {
    FrozenSchedule(
      try logOdds.frozen(),
      shareLogits: try share.map { share in
        try share.elements(as: Double.self).map { $0 * Self.shareScale }
      })
  }

  /// log σ² of γ, exact for large |γ|.
  package static func logVariance(ofGamma gamma: Tensor) throws -> Tensor {
    try gamma.negated().softplus().negated()
  }
}

/// The decoder's standard deviation s_β on the scale of pixels in [−1, 1], increasing in β.
///
/// log s = log s_min·(1 − sigmoid(m(λ))) with m monotone and bounded: between one grey level's
/// quantisation noise and 1, flat where β is so small that the rate no longer limits the decoder.
package struct DecoderDeviation {
  /// The standard deviation of rounding to grey levels that are 2/255 apart.
  package static let minimum = 2 / 255 / 12.0.squareRoot()

  private let function: MonotoneFunction

  /// Adds the parameters to a scope; s starts near ½, the deviation of images themselves.
  package init(_ scope: ParameterScope) throws {
    function = try MonotoneFunction(scope, width: 1, offset: 2, isBounded: true)
  }

  /// log s: [batch] → [batch].
  package func logDeviation(_ lambda: Tensor) throws -> Tensor {
    try log(Self.minimum) * function(lambda).squeezed(1).negated().sigmoid()
  }
}
