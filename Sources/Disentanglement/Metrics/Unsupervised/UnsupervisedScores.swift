import BenchSupport
import Glibc
import LinearAlgebra

/// Scores of the codes' dependence among themselves; none needs factors, and lower is better.
///
/// disentanglement_lib's `unsupervised_metrics.py`, used in *Challenging Common Assumptions in the
/// Unsupervised Learning of Disentangled Representations*, arXiv:1811.12359, Appendix C.
public struct UnsupervisedScores: Sendable, Equatable {
  /// Total correlation in nats of a Gaussian with the codes' covariance: ½ (Σ log σ_j² − log det Σ).
  public let gaussianTotalCorrelation: Double
  /// Wasserstein-2 distance between that Gaussian and the product of its marginals.
  public let gaussianWassersteinCorrelation: Double
  /// The same divided by the total variance.
  public let gaussianWassersteinCorrelationNorm: Double
  /// Mean mutual information in nats between different latents, 20 histogram bins.
  public let mutualInformationScore: Double
  /// The constant latents, which are independent of all others and add nothing.
  public let constantLatents: [Int]

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`; at least two latents and two samples.
  ///   - binCount: Number of histogram bins.
  /// - Throws: ``DisentanglementError`` if there are too few latents or samples, or if latents are
  ///   perfectly correlated, which makes the total correlation infinite.
  public init(codes: Codes, binCount: Int = 20) throws {
    let metric = "unsupervised"
    guard codes.latentCount >= 2 else {
      throw DisentanglementError.tooFewLatents(
        metric: metric, needed: 2, found: codes.latentCount)
    }
    guard codes.sampleCount >= 2 else {
      throw DisentanglementError.tooFewSamples(
        metric: metric, needed: 2, found: codes.sampleCount)
    }
    let deviations = Standardization(codes).deviations
    constantLatents = deviations.indices.filter { deviations[$0] == 0 }
    let varied = codes.latents(deviations.indices.filter { deviations[$0] > 0 })
    if varied.latentCount == 0 {
      gaussianTotalCorrelation = 0
      gaussianWassersteinCorrelation = 0
      gaussianWassersteinCorrelationNorm = 0
    } else {
      // One thread: the order of sums must not depend on the thread count.
      let gaussian = try Parallel.$threadCount.withValue(1) { try Gaussian(varied, metric) }
      gaussianTotalCorrelation = gaussian.totalCorrelation
      gaussianWassersteinCorrelation = gaussian.wassersteinCorrelation
      gaussianWassersteinCorrelationNorm =
        gaussian.wassersteinCorrelation / gaussian.totalVariance
    }
    let latents = binnedLatents(codes, HistogramDiscretizer(binCount: binCount))
    let sums = Parallel.map(latents.count) { first in
      (0..<first).reduce(0.0) { $0 + mutualInformation(latents[first], latents[$1]) }
    }
    let count = Double(latents.count)
    mutualInformationScore = 2 * sums.reduce(0, +) / (count * count - count)
  }
}

/// The scores of a Gaussian with the codes' covariance.
private struct Gaussian {
  let totalCorrelation: Double
  let wassersteinCorrelation: Double
  let totalVariance: Double

  init(_ codes: Codes, _ metric: String) throws {
    let covariance = try Covariance(rows: codes.matrix).matrix
    let order = covariance.rowCount
    let variances = (0..<order).map { covariance[$0, $0] }
    totalVariance = variances.reduce(0, +)
    // log det Σ − Σ log σ² is the log determinant of the correlation matrix, which is well scaled.
    var correlation = covariance
    var weighted = covariance
    for row in 0..<order {
      for column in 0..<order {
        let scale = sqrt(variances[row]) * sqrt(variances[column])
        correlation[row, column] /= scale
        weighted[row, column] *= scale
      }
    }
    guard correlation.elements.allSatisfy(\.isFinite) && weighted.elements.allSatisfy(\.isFinite)
    else {
      throw DisentanglementError.undefined(
        metric: metric, quantity: "the covariance",
        reason: "the codes are too large or too small for double precision; rescale them")
    }
    let spectrum = try correlation.symmetricEigenvalues()
    guard let smallest = spectrum.first, smallest > Double(order) * 1e-15 else {
      throw DisentanglementError.undefined(
        metric: metric, quantity: "gaussian_total_correlation",
        reason: "some latents are exact linear combinations of others, or there are not more "
          + "samples than latents, which makes it infinite")
    }
    totalCorrelation = -spectrum.reduce(0) { $0 + log($1) } / 2
    // Σ · diag(σ²) is similar to the symmetric diag(σ) Σ diag(σ), so its root's trace is this.
    let roots = try weighted.symmetricEigenvalues().reduce(0) { $0 + sqrt(max(0, $1)) }
    wassersteinCorrelation = max(0, 2 * totalVariance - 2 * roots)
  }
}

extension MetricDefinition {
  /// `unsupervised`.
  static let unsupervisedScores = MetricDefinition(
    MetricDescription(
      name: "unsupervised", direction: .lowerIsBetter, unit: "nats",
      headline: "gaussian_total_correlation"),
    summary: "Dependence among latents: Gaussian total correlation, Wasserstein, information",
    requirements: [], parameters: [.binCount]
  ) { input in
    let binCount = input.settings.count(.binCount, of: "unsupervised")
    let scores = try UnsupervisedScores(codes: input.codes, binCount: binCount)
    return try MetricResult(
      metric: "unsupervised",
      scores: [
        .init("gaussian_total_correlation", scores.gaussianTotalCorrelation),
        .init("gaussian_wasserstein_correlation", scores.gaussianWassersteinCorrelation),
        .init("gaussian_wasserstein_correlation_norm", scores.gaussianWassersteinCorrelationNorm),
        .init("mutual_info_score", scores.mutualInformationScore),
      ],
      details: [
        "constant_latents": .array(scores.constantLatents.map { .integer($0) })
      ],
      estimator: "covariance with divisor n − 1, constant latents left out; plug-in mutual "
        + "information in nats, \(binCount) histogram bins")
  }
}
