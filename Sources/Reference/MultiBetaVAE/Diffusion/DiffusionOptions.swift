import BenchSupport

/// The choices of the second stage that the paper leaves open, or makes differently.
public struct DiffusionOptions: Sendable, Equatable, Codable {
  /// What the second head predicts.
  public enum Head: String, Sendable, CaseIterable, Codable {
    /// −∂ₜf over its root mean square c(t): of order one everywhere, and good for any number of steps.
    case rate
    /// Δ = f(x, t − τ) − f(x, t) itself, Eq. 19 of arXiv:2507.06613: of order τ, hence all but
    /// invisible beside the noise's error.
    case paper

    /// Reads a name.
    ///
    /// - Throws: `DecodingError` that tells the known ones.
    public init(from decoder: any Decoder) throws { self = try decoder.choice() }
  }

  /// How the squared errors of the two heads are weighted over t.
  public enum Weighting: String, Sendable, CaseIterable, Codable {
    /// Both count one everywhere (w = 1 in Eq. 19).
    case one
    /// The likelihood bound's own weight, which couples the heads.
    case elbo
    /// min(SNR, 5)/SNR, arXiv:2303.09556.
    case minSNR = "minsnr"
    /// t drawn so that log(σ²/(1 − σ²))/2 is N(−1.2, 1.2²), as in arXiv:2206.00364.
    case edm

    /// Reads a name.
    ///
    /// - Throws: `DecodingError` that tells the known ones.
    public init(from decoder: any Decoder) throws { self = try decoder.choice() }
  }

  /// Which positions are trained.
  public enum Times: String, Sendable, CaseIterable, Codable {
    /// All in [τ, 1], stratified over the batch.
    case continuous
    /// Multiples of τ, as in the paper.
    case grid

    /// Reads a name.
    ///
    /// - Throws: `DecodingError` that tells the known ones.
    public init(from decoder: any Decoder) throws { self = try decoder.choice() }
  }

  /// What the second head predicts.
  public var head = Head.rate
  /// The weights of the loss.
  public var weighting = Weighting.one
  /// The positions.
  public var times = Times.continuous
  /// 1/τ: the positions' distance in targets.
  public var stepCount = 1000
  /// Noisy states per encoded image: encoding is the larger part of a step.
  public var noisesPerImage = 4
  /// Hidden features of the skip network, or channels of the U-Net's first level; nil for 512 (2048
  /// for more than 32 latents) and for the size of the latents' own.
  public var width: Int?
  /// The learning rate of AdamW.
  public var learningRate = 1e-4
  /// The decay of the averages that are used afterwards.
  public var averageDecay = 0.9999

  /// The defaults.
  public init() {}
}
