import BenchSupport
import Glibc
import LinearAlgebra

/// Mutual information as *Measuring Disentanglement: A Review of Metrics*, arXiv:2012.09276,
/// estimates it: codes scaled to 0…1 and cut into 10 equal bins, factors as they are, plug-in.
///
/// The review's own code works in bits; everything here is in nats, which the scores' ratios do not
/// see.
struct ReviewInformation {
  /// Number of bins.
  static let binCount = 10

  let latents: [Labels]
  let factors: [Labels]
  /// Mutual information in nats, `[latent, factor]`.
  let matrix: Matrix<Double>

  init(
    codes: Codes, factors: Factors, metric: String, latentsNeeded: Int = 1, factorsNeeded: Int = 1
  ) throws(DisentanglementError) {
    let labelled = try LabelledCodes(codes: codes, factors: factors)
    guard codes.latentCount >= latentsNeeded else {
      throw .tooFewLatents(metric: metric, needed: latentsNeeded, found: codes.latentCount)
    }
    self.factors = try labelled.factors.variedLabels(metric: metric)
    guard factors.factorCount >= factorsNeeded else {
      throw .tooFewFactors(metric: metric, needed: factorsNeeded, found: factors.factorCount)
    }
    latents = (0..<codes.latentCount).map { latent in
      Self.scaledBins(codes.latent(latent), precision: codes.precision)
    }
    matrix = mutualInformationMatrix(latents: latents, factors: self.factors)
  }

  /// Mutual information over the **latent's** entropy, `[latent, factor]`; 0 for a constant latent.
  var normalizedByLatent: Matrix<Double> {
    var result = matrix
    for (latent, labels) in latents.enumerated() {
      let entropy = labels.entropy
      for factor in factors.indices {
        result[latent, factor] = entropy > 0 ? matrix[latent, factor] / entropy : 0
      }
    }
    return result
  }

  /// `digitize(minmax_scale(values), linspace(0, 1, 11)[:-1])`, scaled in the codes' precision.
  private static func scaledBins(_ values: [Double], precision: Codes.Precision) -> Labels {
    let scaled: [Double] =
      switch precision {
      case .float32: minMaxScaled(values.map { Float($0) }).map { Double($0) }
      case .float64: minMaxScaled(values)
      }
    let step = 1 / Double(binCount)
    return Labels(
      offsets: scaled.map { value in
        var bin = max(0, min(binCount - 1, Int(value * Double(binCount))))
        while bin > 0 && value < Double(bin) * step { bin -= 1 }
        while bin + 1 < binCount && value >= Double(bin + 1) * step { bin += 1 }
        return bin
      }, bound: binCount)
  }

  private static func minMaxScaled<Scalar: BinaryFloatingPoint>(_ values: [Scalar]) -> [Scalar] {
    let lowest = values.min() ?? 0
    let highest = values.max() ?? 0
    let range = highest - lowest
    guard range.isFinite && (range == 0 || (1 / range).isFinite) else {
      // Neither range nor scale may overflow; a power of two changes nothing but the exponent.
      let factor = Scalar(sign: .plus, exponent: range.isFinite ? 64 : -2, significand: 1)
      return minMaxScaled(values.map { $0 * factor })
    }
    let scale = range == 0 ? 1 : 1 / range
    let offset = -lowest * scale
    return values.map { $0 * scale + offset }
  }
}
