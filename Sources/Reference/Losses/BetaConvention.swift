/// A way of stating how much the rate weighs against the reconstruction.
public enum BetaConvention: String, Sendable, CaseIterable {
  /// β of (1 − β)·rec + β·KL, both in nats per observation: Eq. 4 of arXiv:2507.06613.
  case paper
  /// w of rec + w·KL, both in nats per observation.
  case sum
  /// t of (1 − t)·rec/D + t·KL/d: means over pixels and latents, the training axis here.
  case mean
  /// β of the β-VAE: the weight of KL beside a squared error over 2·s_f² with a fixed s_f.
  case betaVAE = "beta-vae"

  /// The values it can have.
  public var range: ClosedRange<Double> {
    switch self {
    case .paper, .mean: 0.0.nextUp...1.0.nextDown
    case .sum, .betaVAE: Double.leastNormalMagnitude...Double.greatestFiniteMagnitude
    }
  }
}

/// What conversions between conventions depend on.
///
/// A convention's value is the same as another's if the two objectives have the same minima: if they
/// differ by a positive factor only.
public struct BetaConversion: Sendable {
  /// Numbers per image, D.
  public let pixelCount: Int
  /// Number of latents, d.
  public let latentCount: Int
  /// The learned decoder's standard deviation s_β.
  public let deviation: Double
  /// The β-VAE's fixed standard deviation s_f on the same scale; √½ for a plain sum of squares.
  public let fixedDeviation: Double

  /// States the sizes and deviations.
  public init(pixelCount: Int, latentCount: Int, deviation: Double, fixedDeviation: Double) {
    precondition(
      pixelCount > 0 && latentCount > 0 && deviation > 0 && fixedDeviation > 0,
      "sizes \(pixelCount), \(latentCount), deviations \(deviation), \(fixedDeviation)")
    self.pixelCount = pixelCount
    self.latentCount = latentCount
    self.deviation = deviation
    self.fixedDeviation = fixedDeviation
  }

  /// A value of one convention in another.
  public func convert(_ value: Double, from: BetaConvention, to: BetaConvention) -> Double {
    guard from != to else { return value }
    let logWeight = logWeight(value, from)
    switch to {
    case .paper: return sigmoid(logWeight)
    case .sum: return exp(logWeight)
    case .mean: return sigmoid(logWeight - logSizeRatio)
    case .betaVAE: return exp(logWeight - logPrecisionRatio)
    }
  }

  /// log w of rec + w·KL.
  private func logWeight(_ value: Double, _ convention: BetaConvention) -> Double {
    switch convention {
    case .paper: logit(value)
    case .sum: log(value)
    case .mean: logit(value) + logSizeRatio
    case .betaVAE: log(value) + logPrecisionRatio
    }
  }

  private var logSizeRatio: Double { log(Double(pixelCount) / Double(latentCount)) }
  private var logPrecisionRatio: Double { 2 * log(fixedDeviation / deviation) }
}
