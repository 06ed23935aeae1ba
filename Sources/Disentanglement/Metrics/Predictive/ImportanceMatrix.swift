import Glibc
public import LinearAlgebra

/// How much each latent matters for each factor, and how concentrated that is.
///
/// Disentanglement and completeness of *A Framework for the Quantitative Evaluation of Disentangled
/// Representations*, ICLR 2018, as in disentanglement_lib's `dci.py`: 1e-11 is added to every entry
/// before entropies are taken, and latents (factors) are weighted by their share of the total.
public struct ImportanceMatrix: Sendable, Equatable {
  /// Importance, `[latent, factor]`; not negative.
  public let matrix: Matrix<Double>
  /// One minus the entropy of each latent's importances, to the base of the number of factors.
  public let disentanglementOfLatent: [Double]
  /// One minus the entropy of each factor's importances, to the base of the number of latents.
  public let completenessOfFactor: [Double]
  /// The latents' disentanglement, weighted by importance.
  public let disentanglement: Double
  /// The factors' completeness, weighted by importance.
  public let completeness: Double

  /// Takes importances.
  ///
  /// - Parameters:
  ///   - matrix: Importance, `[latent, factor]`; at least two latents and two factors.
  ///   - metric: The metric's name, for messages.
  /// - Throws: ``DisentanglementError`` if there is one latent or one factor: entropy to base 1 is
  ///   undefined (NaN in the reference).
  public init(_ matrix: Matrix<Double>, metric: String) throws(DisentanglementError) {
    guard matrix.rowCount >= 2 else {
      throw .tooFewLatents(metric: metric, needed: 2, found: matrix.rowCount)
    }
    guard matrix.columnCount >= 2 else {
      throw .tooFewFactors(metric: metric, needed: 2, found: matrix.columnCount)
    }
    let rows = (0..<matrix.rowCount).map { Array(matrix.row($0)) }
    let columns = (0..<matrix.columnCount).map { matrix.column($0) }
    self.matrix = matrix
    disentanglementOfLatent = rows.map { concentration($0) }
    completenessOfFactor = columns.map { concentration($0) }
    disentanglement = weightedMean(disentanglementOfLatent, rows)
    completeness = weightedMean(completenessOfFactor, columns)
  }
}

/// One minus the entropy of the normalised values, to the base of their number.
private func concentration(_ values: [Double]) -> Double {
  let shifted = values.map { $0 + 1e-11 }
  let total = shifted.reduce(0, +)
  let entropy = shifted.reduce(0) { sum, value in
    let share = value / total
    return sum - share * log(share)
  }
  return 1 - entropy / log(Double(values.count))
}

/// The mean weighted by each list's share of the total; even weights if the total is 0.
private func weightedMean(_ scores: [Double], _ lists: [[Double]]) -> Double {
  let weights = lists.map { $0.reduce(0, +) }
  let total = weights.reduce(0, +)
  guard total > 0 else { return scores.mean }
  return zip(scores, weights).reduce(0) { $0 + $1.0 * ($1.1 / total) }
}
