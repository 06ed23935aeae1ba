import BenchSupport
package import Torch

/// A way from noise to a clean latent, one denoiser call (two for ``odeHeun``) per step.
///
/// With ε̂, Δ̂ the denoiser's heads, z at σ and z′ at σ′ < σ, and fresh noise ξ.
public enum Sampler: Sendable, Equatable {
  /// z′ = z − σε̂ − Δ̂ + σ′ξ: Algorithm 2 of arXiv:2507.06613 as printed, for audits. Its sign of Δ̂ is
  /// wrong.
  case algorithm2Literal
  /// The same with +Δ̂. Not consistent either: it replaces a draw of f given z by its mean, and loses
  /// up to half the variance whatever the number of steps.
  case algorithm2Fixed
  /// z′ = z − ((σ² − σ′²)/σ)ε̂ + Δ̂ + σᵣξ: Eqs. 9 and 17 of the paper.
  case posterior(PosteriorVariance)
  /// z′ = z − σε̂ + Δ̂ + √(σ′² − η²σ̃²)·ε̂ + ησ̃ξ; η = 0 is deterministic, η = 1 is the posterior with
  /// the lower variance (arXiv:2010.02502).
  case ddim(eta: Double)
  /// dz/dt = E[∂ₜf | z] + (dσ/dt)·E[ε | z] by Heun's method; the last step is Euler's.
  case heun

  /// Which variance the posterior's steps add.
  public enum PosteriorVariance: String, Sendable, CaseIterable {
    /// σ̃², exact if x were known.
    case lower
    /// σ² − σ′², exact if x were standard normal.
    case upper
    /// σ̃² plus the variance of the posterior's mean given z, measured on data: the best isotropic
    /// choice (after Analytic-DPM, arXiv:2201.06503).
    case optimal
  }

  /// One of every kind, in the order of tables.
  public static let all: [Sampler] = [
    .algorithm2Literal, .algorithm2Fixed, .posterior(.lower), .posterior(.upper),
    .posterior(.optimal), .ddim(eta: 0), .ddim(eta: 1), .heun,
  ]

  /// What samples from noise where nothing is said: of those that converge, the one with the most
  /// samples within the data's manifold, at a distance like the others' (docs/denoiser.md).
  public static let fromNoise = Sampler.posterior(.lower)

  /// What denoises a code where nothing is said: deterministic, so that the most of the code is kept.
  public static let ofCodes = Sampler.ddim(eta: 0)

  /// The name on the command line.
  public var name: String {
    switch self {
    case .algorithm2Literal: "alg2-literal"
    case .algorithm2Fixed: "alg2-fixed"
    case .posterior(let variance): "posterior-\(variance.rawValue)"
    case .ddim(let eta): eta == 0 ? "ddim" : "ddim-\(Self.text(eta))"
    case .heun: "ode-heun"
    }
  }

  /// The sampler of a name; `posterior` alone has the optimal variance, `ddim-0.5` is η = 0.5.
  public init?(name: String) {
    switch name {
    case "alg2-literal": self = .algorithm2Literal
    case "alg2-fixed": self = .algorithm2Fixed
    case "posterior": self = .posterior(.optimal)
    case "ddim": self = .ddim(eta: 0)
    case "ode-heun", "heun": self = .heun
    default:
      if let variance = PosteriorVariance.allCases.first(where: { name == "posterior-\($0)" }) {
        self = .posterior(variance)
      } else if name.hasPrefix("ddim-"), let eta = Double(name.dropFirst(5)),
        (0...1).contains(eta)
      {
        self = .ddim(eta: eta)
      } else {
        return nil
      }
    }
  }

  /// Two decimals where they are all; else every digit, or the name would be another sampler's.
  private static func text(_ eta: Double) -> String {
    Double(eta.fixed(2)) == eta ? eta.fixed(2) : "\(eta)"
  }

  /// Whether equal starts give equal ends.
  public var isDeterministic: Bool {
    switch self {
    case .heun: true
    case .ddim(let eta): eta == 0
    default: false
    }
  }

  /// Takes states from the first level to the last.
  ///
  /// - Parameters:
  ///   - states: States at the first level, [batch, …].
  ///   - levels: Falling noise levels; the last may be clean.
  ///   - denoiser: The two heads.
  ///   - noise: Where ξ comes from; asked once per step that adds noise.
  ///   - isLastStepNoisy: Whether the step to a clean level adds the variance that `upper` and
  ///     `optimal` have there too; by default it ends at the mean, as its result is to be decoded.
  ///   - onStep: Called before each step with its index.
  /// - Returns: The states at the last level.
  /// - Throws: Errors of the denoiser and of `onStep`.
  package func run(
    _ states: Tensor, through levels: [NoiseLevel], denoiser: some LatentDenoiser,
    noise: inout some NoiseSource, isLastStepNoisy: Bool = false,
    onStep: (Int) throws -> Void = { _ in }
  ) throws -> Tensor {
    var states = states
    for (index, step) in SamplingStep.through(levels).enumerated() {
      try onStep(index)
      if case .heun = self {
        states = try Self.heunStep(states, step, denoiser)
        continue
      }
      let heads = try denoiser.heads(states, step)
      let weights = try weights(of: step, denoiser)
      let mean =
        try states - heads.noise.scaled(weights.noise)
        + heads.displacement * weights.displacement
      let isNoisy =
        weights.deviation.contains { $0 > 0 } && (isLastStepNoisy || !step.to.isClean)
      states = isNoisy ? try mean + noise.next().scaled(weights.deviation) : mean
    }
    return states
  }

  /// A step z′ = z − noise·ε̂ + displacement·Δ̂ + deviation·ξ.
  private struct Weights {
    let noise: [Double]
    var displacement = 1.0
    let deviation: [Double]
  }

  private func weights(of step: SamplingStep, _ denoiser: some LatentDenoiser) throws -> Weights {
    switch self {
    case .algorithm2Literal:
      return Weights(noise: step.from.sigmas, displacement: -1, deviation: step.to.sigmas)
    case .algorithm2Fixed:
      return Weights(noise: step.from.sigmas, deviation: step.to.sigmas)
    case .posterior(let variance):
      let variances =
        switch variance {
        case .lower: step.posteriorVariance
        case .upper: step.lostVariance
        case .optimal:
          added(step.posteriorVariance, try denoiser.residualVariance(step))
        }
      return Weights(noise: step.noiseWeight, deviation: variances.map { $0.squareRoot() })
    case .ddim(let eta):
      let deviations = step.posteriorVariance.map { eta * $0.squareRoot() }
      let noise = zip(zip(step.from.sigmas, step.to.sigmas), deviations).map { sigmas, deviation in
        sigmas.0 - max(sigmas.1 * sigmas.1 - deviation * deviation, 0).squareRoot()
      }
      return Weights(noise: noise, deviation: deviations)
    case .heun: preconditionFailure("Heun's method has no single step of this form")
    }
  }

  private func added(_ first: [Double], _ second: [Double]) -> [Double] {
    let count = max(first.count, second.count)
    return (0..<count).map {
      first[first.count == 1 ? 0 : $0] + second[second.count == 1 ? 0 : $0]
    }
  }

  private static func heunStep(
    _ states: Tensor, _ step: SamplingStep, _ denoiser: some LatentDenoiser
  ) throws -> Tensor {
    let fall = zip(step.from.sigmas, step.to.sigmas).map { $0 - $1 }
    let first = try denoiser.slopes(states, at: step.from)
    let firstMove = try first.displacement * denoiser.duration(of: step, at: step.from)
    let euler = try states - first.noise.scaled(fall) + firstMove
    guard !step.to.isClean else { return euler }
    let second = try denoiser.slopes(euler, at: step.to)
    let secondMove = try second.displacement * denoiser.duration(of: step, at: step.to)
    return try states - (first.noise + second.noise).scaled(fall.map { $0 / 2 })
      + (firstMove + secondMove) / 2
  }
}

extension Tensor {
  /// The tensor times one number, or times one number per element of its last dimension.
  func scaled(_ factors: [Double]) throws -> Tensor {
    guard factors.count > 1 else { return try self * factors[0] }
    let row = try Tensor(factors, shape: [factors.count]).to(dataType).to(device)
    return try self * row
  }
}

extension Sampler: Codable {
  /// Reads a name.
  ///
  /// - Throws: `DecodingError` that tells the known ones.
  public init(from decoder: any Decoder) throws {
    self = try decoder.choice(known: Self.all.map(\.name)) { Sampler(name: $0) }
  }

  /// Writes the name.
  ///
  /// - Throws: Errors of the encoder.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(name)
  }
}
