import Glibc
public import LinearAlgebra

/// Disentanglement and completeness of a matrix of importances.
///
/// Eastwood and Williams, ICLR 2018, Eq. 1 and following, as disentanglement_lib's `dci.py`
/// computes them: 1 minus the entropy of a latent's importances over the factors in base "number of
/// factors" (of a factor's over the latents in base "number of latents"), 1e-11 added to every
/// importance, averaged with the latents' (factors') total importance as weights. Where all
/// importances are 0 every weight is equal and both scores are 0. With one factor the
/// disentanglement, with one latent the completeness is not defined: its entropy's base is 1.
public struct ImportanceScores: Sendable, Equatable {
  /// The weighted mean over the latents; nil for one factor.
  public let disentanglement: Double?
  /// The weighted mean over the factors; nil for one latent.
  public let completeness: Double?
  /// One value per latent; nil for one factor.
  public let disentanglementOfLatent: [Double]?
  /// One value per factor; nil for one latent.
  public let completenessOfFactor: [Double]?

  /// Aggregates importances.
  ///
  /// - Parameter importance: Not negative, `[latent, factor]`.
  public init(_ importance: Matrix<Double>) {
    let latents = (0..<importance.rowCount).map { Array(importance.row($0)) }
    let factors = (0..<importance.columnCount).map { importance.column($0) }
    disentanglementOfLatent = factors.count > 1 ? latents.map { concentration($0) } : nil
    completenessOfFactor = latents.count > 1 ? factors.map { concentration($0) } : nil
    disentanglement = disentanglementOfLatent.map { weightedMean($0, weights: latents) }
    completeness = completenessOfFactor.map { weightedMean($0, weights: factors) }
  }
}

/// 1 minus the normalised entropy of at least two importances.
private func concentration(_ importances: [Double]) -> Double {
  let shifted = importances.map { $0 + 1e-11 }
  let total = shifted.reduce(0, +)
  let entropy = shifted.reduce(0) { $0 - $1 / total * log($1 / total) }
  return 1 - entropy / log(Double(importances.count))
}

/// The mean of `values`, weighted by the sums of `weights`; unweighted if those are all 0.
private func weightedMean(_ values: [Double], weights: [[Double]]) -> Double {
  let sums = weights.map { $0.reduce(0, +) }
  let total = sums.reduce(0, +)
  guard total > 0 else { return values.mean }
  return zip(values, sums).reduce(0) { $0 + $1.0 * $1.1 / total }
}
