import BenchSupport
import Glibc
import LinearAlgebra

/// The Vendi score: how many different samples a set effectively holds, from 1 to their number.
///
/// `exp` of the entropy of the eigenvalues of `X Xᵀ / n`, rows of `X` scaled to length 1: *The Vendi
/// Score: A Diversity Evaluation Metric for Machine Learning*, arXiv:2210.02410, with the linear kernel
/// and `q = 1` of dgm-eval's `compute_vendi_score`. Of more samples than features the equal eigenvalues of
/// `Xᵀ X / n` are taken. Double precision; a row of zeros stays one.
public enum VendiScore {
  /// Computes the score.
  ///
  /// - Parameter set: The features; at least one row.
  /// - Returns: The score.
  /// - Throws: ``GenerationError/tooFewSamples(set:found:needed:metric:remedy:)`` for an empty set, and
  ///   errors of linear algebra.
  public static func value(of set: FeatureSet) throws -> Double {
    guard set.count > 0 else {
      throw GenerationError.tooFewSamples(set: set.name, found: 0, needed: 1, metric: "'vendi'")
    }
    let (count, width) = (set.count, set.width)
    var products: Matrix<Double>
    if count > width {
      products = Matrix(rowCount: width, columnCount: width)
      for start in stride(from: 0, to: count, by: 1024) {
        let rows = scaledRows(of: set, start..<min(count, start + 1024))
        try Double.syrk(
          transpose: true, n: width, k: rows.rowCount, alpha: 1, a: rows.elements, strideA: width,
          beta: 1, c: &products.elements, strideC: width)
      }
      products.mirrorUpperTriangle()
    } else {
      products = try scaledRows(of: set, 0..<count).gram()
    }
    for index in products.elements.indices { products.elements[index] /= Double(count) }
    let entropy = try products.symmetricEigenvalues().reduce(0.0) { sum, value in
      value > 0 ? sum - value * log(value) : sum
    }
    return exp(entropy)
  }

  private static func scaledRows(of set: FeatureSet, _ rows: Range<Int>) -> Matrix<Double> {
    var result = Matrix<Double>(rowCount: rows.count, columnCount: set.width)
    for (index, row) in rows.enumerated() {
      let values = set.features.row(row)
      let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      for (column, value) in values.enumerated() {
        result.elements[index * set.width + column] = length > 0 ? Double(value) / length : 0
      }
    }
    return result
  }
}
