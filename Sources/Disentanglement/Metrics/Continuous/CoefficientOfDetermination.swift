import BenchSupport
import Glibc
import LinearAlgebra

/// How much of the factors' variance a regression from all latents explains on held-out samples (R²).
///
/// The measure of identifiability up to linear or smooth maps, as in *Self-Supervised Learning with Data
/// Augmentations Provably Isolates Content from Style*, arXiv:2106.04619, and CausalVerse: codes and values
/// are standardised on the training sample, one regression per factor. 1 for a perfect fit, 0 for the mean,
/// below 0 for worse.
public struct CoefficientOfDetermination: Sendable, Equatable {
  /// What predicts a factor.
  public enum Regressor: Sendable, Equatable {
    /// Least squares; of latents that depend on one another the shortest weights.
    case linear
    /// Ridge regression with the kernel `exp(−γ‖x − y‖²)`; α of 1, 0.1, 0.01, 0.001 and γ of 0.01 to 100 in
    /// powers of ten, the pair of the best mean R² over three folds of the training sample in its order.
    case kernel
  }

  /// The mean over the factors.
  public let value: Double
  /// R² of each factor.
  public let valueOfFactor: [Double]

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - train: The sample to fit on; at least two rows, for kernels six; factors that vary.
  ///   - test: Held-out samples in which the factors vary as well.
  ///   - regressor: The model.
  /// - Throws: ``DisentanglementError`` if a sample is too small or a factor does not vary, and errors of
  ///   linear algebra.
  public init(train: ValuedCodes, test: ValuedCodes, regressor: Regressor) throws {
    let metric = regressor == .linear ? "r2:linear" : "r2:kernel"
    let needed = regressor == .linear ? 2 : 6
    guard train.sampleCount >= needed else {
      throw DisentanglementError.tooFewSamples(
        metric: metric, needed: needed, found: train.sampleCount)
    }
    try train.requireSameColumns(as: test, metric: metric)
    try train.requireVaried(metric: metric)
    try test.requireVaried(metric: metric)
    let scaling = Standardization(train.codes)
    let rows = scaling.apply(train.codes.matrix)
    let testRows = scaling.apply(test.codes.matrix)
    let targets = zip(train.values.columns, train.values.columns).map {
      Self.standardised($0, like: $1)
    }
    let testTargets = zip(test.values.columns, train.values.columns).map {
      Self.standardised($0, like: $1)
    }
    let predictions =
      switch regressor {
      case .linear:
        // One thread of BLAS: another number would round in another way.
        try Parallel.$threadCount.withValue(1) {
          try Self.linearPredictions(rows, targets, testRows)
        }
      case .kernel: try KernelRidge.predictions(rows, targets, testRows)
      }
    valueOfFactor = zip(predictions, testTargets).map { explainedShare($0, of: $1) }
    value = valueOfFactor.mean
  }

  private static func standardised(_ values: [Double], like training: [Double]) -> [Double] {
    let mean = training.mean
    let deviation = training.map { ($0 - mean) * ($0 - mean) }.mean.squareRoot()
    return values.map { ($0 - mean) / deviation }
  }

  private static func linearPredictions(
    _ rows: Matrix<Double>, _ targets: [[Double]], _ testRows: Matrix<Double>
  ) throws -> [[Double]] {
    // Rows and targets have mean 0: no intercept.
    let decomposition = try SingularValueDecomposition(rows)
    let largest = decomposition.values.first ?? 0
    let cutoff = largest * Double(max(rows.rowCount, rows.columnCount)) * 0x1p-52
    return targets.map { target in
      var weights = [Double](repeating: 0, count: rows.columnCount)
      for (index, value) in decomposition.values.enumerated() where value > cutoff {
        let product = zip(decomposition.left.column(index), target).reduce(0) {
          $0 + $1.0 * $1.1
        }
        for (column, direction) in decomposition.right.row(index).enumerated() {
          weights[column] += product / value * direction
        }
      }
      return (0..<testRows.rowCount).map { row in
        zip(testRows.row(row), weights).reduce(0) { $0 + $1.0 * $1.1 }
      }
    }
  }
}

/// One minus the squared error over the squared deviation from the mean.
func explainedShare(_ predictions: [Double], of truth: [Double]) -> Double {
  let mean = truth.mean
  let error = zip(predictions, truth).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
  let total = truth.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  return 1 - error / total
}

/// Ridge regression with a Gaussian kernel whose parameters are chosen by cross-validation.
private enum KernelRidge {
  private static let penalties = [1, 0.1, 0.01, 0.001]
  private static let rates = [0.01, 0.1, 1, 10, 100]
  private static let foldCount = 3

  static func predictions(
    _ rows: Matrix<Double>, _ targets: [[Double]], _ testRows: Matrix<Double>
  ) throws -> [[Double]] {
    let own = try Parallel.$threadCount.withValue(1) { try squaredDistances(rows, rows) }
    let choices = rates.flatMap { rate in penalties.map { (penalty: $0, rate: rate) } }
    // One thread of BLAS for each rate: another number would round in another way.
    let scores = try Parallel.tryMap(rates.count) { index -> [[Double]] in
      try Parallel.$threadCount.withValue(1) {
        let kernel = exponentials(own, rates[index])
        return try penalties.map { penalty in
          try (0..<foldCount).map { try foldScores(kernel, targets, penalty, $0) }
            .reduce(into: [Double](repeating: 0, count: targets.count)) { sums, scores in
              for target in sums.indices { sums[target] += scores[target] }
            }
        }
      }
    }.flatMap { $0 }
    // The first of equals in the order of a grid search, which has the penalties outside.
    let order = penalties.indices.flatMap { penalty in
      rates.indices.map { rate in rate * penalties.count + penalty }
    }
    let best = targets.indices.map { target in
      order.reduce(order[0]) { scores[$1][target] > scores[$0][target] ? $1 : $0 }
    }
    return try Parallel.$threadCount.withValue(1) {
      let cross = try squaredDistances(testRows, rows)
      var predictions = [[Double]](repeating: [], count: targets.count)
      for place in Set(best).sorted() {
        let chosen = best.indices.filter { best[$0] == place }
        let weights = try solve(
          exponentials(own, choices[place].rate), chosen.map { targets[$0] },
          choices[place].penalty)
        let products = try exponentials(cross, choices[place].rate).multiplied(by: weights)
        for (column, target) in chosen.enumerated() {
          predictions[target] = products.column(column)
        }
      }
      return predictions
    }
  }

  /// R² of each target on one of the folds, which are cut as scikit-learn's `KFold` cuts them.
  private static func foldScores(
    _ kernel: Matrix<Double>, _ targets: [[Double]], _ penalty: Double, _ fold: Int
  ) throws -> [Double] {
    let count = kernel.rowCount
    let sizes = (0..<foldCount).map { count / foldCount + ($0 < count % foldCount ? 1 : 0) }
    let start = sizes[..<fold].reduce(0, +)
    let held = start..<start + sizes[fold]
    let kept = (0..<count).filter { !held.contains($0) }
    let weights = try solve(
      part(kernel, kept, kept), targets.map { target in kept.map { target[$0] } }, penalty)
    let products = try part(kernel, Array(held), kept).multiplied(by: weights)
    return targets.indices.map { index in
      let truth = Array(targets[index][held])
      let found = products.column(index)
      // A factor that is constant in a fold leaves the choice to the others, as scikit-learn's `force_finite` does.
      guard truth.contains(where: { $0 != truth[0] }) else { return found == truth ? 1 : 0 }
      return explainedShare(found, of: truth)
    }
  }

  private static func solve(
    _ kernel: Matrix<Double>, _ targets: [[Double]], _ penalty: Double
  ) throws -> Matrix<Double> {
    var system = kernel
    for row in 0..<system.rowCount { system[row, row] += penalty }
    let right = Matrix(
      rowCount: targets.count, columnCount: system.rowCount, elements: targets.flatMap { $0 })
    return try Cholesky(system).solve(right.transposed())
  }

  private static func part(
    _ matrix: Matrix<Double>, _ rows: [Int], _ columns: [Int]
  ) -> Matrix<Double> {
    var elements: [Double] = []
    elements.reserveCapacity(rows.count * columns.count)
    for row in rows {
      let values = matrix.row(row)
      for column in columns { elements.append(values[values.startIndex + column]) }
    }
    return Matrix(rowCount: rows.count, columnCount: columns.count, elements: elements)
  }

  private static func exponentials(_ squares: Matrix<Double>, _ rate: Double) -> Matrix<Double> {
    Matrix(
      rowCount: squares.rowCount, columnCount: squares.columnCount,
      elements: squares.elements.map { exp(-rate * $0) })
  }

  private static func squaredDistances(
    _ rows: Matrix<Double>, _ columns: Matrix<Double>
  ) throws -> Matrix<Double> {
    func norms(_ matrix: Matrix<Double>) -> [Double] {
      (0..<matrix.rowCount).map { matrix.row($0).reduce(0) { $0 + $1 * $1 } }
    }
    let (rowNorms, columnNorms) = (norms(rows), norms(columns))
    var result = try rows.multiplied(by: columns, transposingOther: true)
    for row in 0..<result.rowCount {
      for column in 0..<result.columnCount {
        result[row, column] = max(0, rowNorms[row] + columnNorms[column] - 2 * result[row, column])
      }
    }
    return result
  }
}

extension MetricDefinition {
  /// `r2:linear`.
  static let linearDetermination = determination(
    "r2:linear", .linear, "R² of a linear regression from all latents", [])
  /// `r2:kernel`.
  static let kernelDetermination = determination(
    "r2:kernel", .kernel, "R² of a Gaussian kernel ridge regression from all latents",
    [kernelSampleCount])

  private static let kernelSampleCount = MetricParameter.whole(
    "num_samples", 2000, in: 6...20_000, "most samples to fit on")

  private static func determination(
    _ name: String, _ regressor: CoefficientOfDetermination.Regressor, _ summary: String,
    _ parameters: [MetricParameter]
  ) -> MetricDefinition {
    MetricDefinition(
      MetricDescription(name: name), summary: summary, requirements: [.factorValues],
      sampling: .studySplit, parameters: parameters
    ) { input in
      let split = try input.valuedSplit(metric: name)
      var train = split.train
      if let parameter = parameters.first {
        let count = min(train.sampleCount, input.settings.count(parameter, of: name))
        train = train.samples(Array(0..<count))
      }
      let found = try CoefficientOfDetermination(
        train: train, test: split.test, regressor: regressor)
      return try MetricResult(
        metric: name, scores: [.init("value", found.value)],
        details: ["r2_per_factor": .numbers(found.valueOfFactor)],
        estimator:
          "\(summary), standardised, fitted on \(train.sampleCount) samples, mean over the "
          + "factors on the test sample; \(split.words)")
    }
  }
}
