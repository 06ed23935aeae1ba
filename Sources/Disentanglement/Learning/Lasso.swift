import LinearAlgebra

/// Linear regression with an L1 penalty, on centred columns.
///
/// *Regression Shrinkage and Selection via the Lasso*, Tibshirani 1996, in scikit-learn's scaling:
/// minimises ‖y − Xw‖² / 2n + α‖w‖₁ by coordinate descent on XᵀX / n and Xᵀy / n, until no weight
/// moves by more than 1e-12 of the largest (scikit-learn stops at a duality gap of 1e-4).
struct Lasso: Sendable {
  /// One weight per column.
  private(set) var weights: [Double]
  private let means: [Double]
  private let intercept: Double

  /// Fits the weights; O(n × columns² + sweeps × columns²).
  ///
  /// - Parameters:
  ///   - rows: `[sample, column]`.
  ///   - targets: One per sample.
  ///   - alpha: The penalty; not negative.
  init(rows: Matrix<Double>, targets: [Double], alpha: Double) {
    let count = Double(rows.rowCount)
    let means = columnMeans(rows)
    let targetMean = targets.mean
    let width = rows.columnCount
    var gram = [Double](repeating: 0, count: width * width)
    var products = [Double](repeating: 0, count: width)
    for (sample, target) in targets.enumerated() {
      let row = zip(rows.row(sample), means).map { $0 - $1 }
      for first in 0..<width {
        products[first] += row[first] * (target - targetMean) / count
        for second in 0...first { gram[first * width + second] += row[first] * row[second] / count }
      }
    }
    for first in 0..<width {
      for second in 0..<first { gram[second * width + first] = gram[first * width + second] }
    }
    self.means = means
    intercept = targetMean
    weights = Self.weights(
      gram: gram, products: products, alpha: alpha, sweepLimit: 100_000
    ) { step, weights in step <= 1e-12 * weights.reduce(0) { max($0, abs($1)) } }
  }

  /// Cyclic coordinate descent on inner products; O(sweeps × columns²).
  ///
  /// - Parameters:
  ///   - gram: XᵀX / n, row after row.
  ///   - products: Xᵀy / n.
  ///   - alpha: The penalty; not negative.
  ///   - sweepLimit: The most sweeps over all columns.
  ///   - isDone: Whether to end, from the largest change of a weight in a sweep and the weights.
  /// - Returns: One weight per column; 0 for a column without variance.
  static func weights(
    gram: [Double], products: [Double], alpha: Double, sweepLimit: Int,
    isDone: (_ largestStep: Double, _ weights: [Double]) -> Bool
  ) -> [Double] {
    let width = products.count
    var weights = [Double](repeating: 0, count: width)
    for _ in 0..<sweepLimit {
      var largestStep = 0.0
      for column in 0..<width where gram[column * width + column] > 0 {
        let curvature = gram[column * width + column]
        var slope = products[column] + curvature * weights[column]
        for other in 0..<width { slope -= gram[column * width + other] * weights[other] }
        let weight = max(abs(slope) - alpha, 0) * (slope < 0 ? -1 : 1) / curvature
        largestStep = max(largestStep, abs(weight - weights[column]))
        weights[column] = weight
      }
      if isDone(largestStep, weights) { break }
    }
    return weights
  }

  /// The prediction for every row.
  func predictions(_ rows: Matrix<Double>) -> [Double] {
    (0..<rows.rowCount).map { sample in
      zip(zip(rows.row(sample), means), weights).reduce(intercept) {
        $0 + ($1.0.0 - $1.0.1) * $1.1
      }
    }
  }
}
