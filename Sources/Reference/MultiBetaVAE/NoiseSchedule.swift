package import Torch

/// The posterior's standard deviation σ_β, increasing from 0 at β = 0 to 1 at β = 1.
///
/// σ² = sigmoid(γ(λ)) with γ a ``MonotoneFunction`` of λ = logit t: Propositions 3.1 and 3.2 of
/// arXiv:2507.06613 hold by construction.
package struct NoiseSchedule {
  private let logOdds: MonotoneFunction

  /// Adds the schedule to a scope; `width` is 1 for one σ shared by all latents.
  package init(_ scope: ParameterScope, width: Int) throws {
    logOdds = try MonotoneFunction(scope, width: width)
  }

  /// γ = log(σ²/(1 − σ²)): [batch] → [batch, width].
  package func gamma(_ lambda: Tensor) throws -> Tensor { try logOdds(lambda) }

  /// The schedule as it stands, in double precision.
  package func frozen() throws -> FrozenSchedule { FrozenSchedule(try logOdds.frozen()) }

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
