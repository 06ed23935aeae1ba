import BenchSupport
import Glibc
public import LinearAlgebra

/// DCI with regressors, the estimators of its authors.
///
/// *A Framework for the Quantitative Evaluation of Disentangled Representations*, Eastwood and
/// Williams, ICLR 2018, and its code (qedr): codes and class indices are standardised on the
/// training sample, one regressor per factor predicts the class index, and importances are a Lasso's
/// absolute weights or a forest's importances. Unlike ``DCI``, completeness is the plain mean over
/// the factors, and informativeness is an error: root mean square error over the target's standard
/// deviation, 0 is best. 1e-12 is added to every importance before entropies are taken, as in the
/// copies of InfoGAN-CR and InfoDiffusion, so a factor that no latent predicts has completeness 0
/// (the original divides 0 by 0). Comparable with neither boosted trees nor tripod's forests.
public struct RegressionDCI: Sendable, Equatable {
  /// What predicts a factor from the codes.
  public enum Regressor: Sendable, Equatable {
    /// Linear regression with an L1 penalty; qedr's α is 0.02.
    case lasso(alpha: Double = 0.02)
    /// Bootstrapped regression trees over all latents. Factor k has the k-th maximal depth, the last
    /// one if there are fewer; qedr uses 10 trees and, for its five factors and a VAE, these depths.
    case randomForest(treeCount: Int = 10, maximumDepths: [Int] = [12, 10, 3, 3, 3])
  }

  /// Mean over the latents of their disentanglement, weighted by importance.
  public let disentanglement: Double
  /// Unweighted mean over the factors of their completeness.
  public let completeness: Double
  /// Disentanglement of each latent.
  public let disentanglementOfLatent: [Double]
  /// Completeness of each factor.
  public let completenessOfFactor: [Double]
  /// Importance of each latent for each factor, `[latent, factor]`.
  public let importance: Matrix<Double>
  /// Mean over the factors of the training error.
  public let errorTrain: Double
  /// Mean over the factors of the test error.
  public let errorTest: Double
  /// Training error of each factor.
  public let trainErrorOfFactor: [Double]
  /// Test error of each factor.
  public let testErrorOfFactor: [Double]

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - train: At least two latents and two factors; each factor with at least two classes.
  ///   - test: Held-out samples in which each factor has at least two classes as well.
  ///   - regressor: The model.
  ///   - seed: Seed of the forests.
  /// - Throws: ``DisentanglementError`` if the samples are too small in one of these respects.
  public init(
    train: LabelledCodes, test: LabelledCodes, regressor: Regressor, seed: UInt64 = 0
  ) throws(DisentanglementError) {
    try self.init(
      train: ValuedCodes(train), test: ValuedCodes(test), regressor: regressor, seed: seed)
  }

  /// Scores codes by the values of factors.
  ///
  /// - Parameters:
  ///   - train: At least two latents and two factors, each of which varies.
  ///   - test: Held-out samples in which each factor varies as well.
  ///   - regressor: The model.
  ///   - seed: Seed of the forests.
  /// - Throws: ``DisentanglementError`` if the samples are too small in one of these respects.
  public init(
    train: ValuedCodes, test: ValuedCodes, regressor: Regressor, seed: UInt64 = 0
  ) throws(DisentanglementError) {
    let metric = regressor.metricName
    guard train.codes.latentCount >= 2 else {
      throw .tooFewLatents(metric: metric, needed: 2, found: train.codes.latentCount)
    }
    guard train.values.factorCount >= 2 else {
      throw .tooFewFactors(metric: metric, needed: 2, found: train.values.factorCount)
    }
    try train.requireSameColumns(as: test, metric: metric)
    try train.requireVaried(metric: metric)
    try test.requireVaried(metric: metric)
    try regressor.requireValid()
    let scaling = Standardization(train.codes)
    let codes = try Codes(scaling.apply(train.codes.matrix), precision: train.codes.precision)
    let testCodes = try Codes(scaling.apply(test.codes.matrix), precision: test.codes.precision)
    let targets = train.values.columns.map { StandardizedTarget($0) }
    let testTargets = zip(test.values.columns, targets).map { StandardizedTarget($0, like: $1) }
    let fits = try regressor.fit(
      codes, targets: targets.map(\.values), test: testCodes, seed: seed)
    let matrix = Matrix(columns: fits.map(\.importances))
    let latents = (0..<matrix.rowCount).map { Array(matrix.row($0)) }
    let scores = latents.map { concentration($0) }
    let factors = fits.map { concentration($0.importances) }
    importance = matrix
    disentanglementOfLatent = scores
    completenessOfFactor = factors
    completeness = factors.mean
    let total = matrix.elements.reduce(0, +)
    disentanglement =
      total > 0
      ? zip(scores, latents).reduce(0) { $0 + $1.0 * $1.1.reduce(0, +) / total } : scores.mean
    trainErrorOfFactor = zip(fits, targets).map { $1.error(of: $0.trainPredictions) }
    testErrorOfFactor = zip(fits, testTargets).map { $1.error(of: $0.testPredictions) }
    errorTrain = trainErrorOfFactor.mean
    errorTest = testErrorOfFactor.mean
  }
}

/// One minus the entropy of shares, to the base of their number.
private func concentration(_ importances: [Double]) -> Double {
  let tiny = 1e-12
  let shifted = importances.map { $0 + tiny }
  let total = shifted.reduce(0, +)
  let entropy = shifted.reduce(0) { $0 - $1 / total * log($1 / total + tiny) }
  return 1 - entropy / log(Double(shifted.count) + tiny)
}

/// Factors' values in units of the training sample's standard deviation.
private struct StandardizedTarget {
  let values: [Double]
  let mean: Double
  let deviation: Double

  init(_ numbers: [Double]) {
    let mean = numbers.mean
    let deviation = numbers.map { ($0 - mean) * ($0 - mean) }.mean.squareRoot()
    self.mean = mean
    self.deviation = deviation
    values = numbers.map { ($0 - mean) / deviation }
  }

  /// Test values in the training sample's units.
  init(_ numbers: [Double], like training: StandardizedTarget) {
    mean = training.mean
    deviation = training.deviation
    values = numbers.map { ($0 - training.mean) / training.deviation }
  }

  /// Root mean square error over the standard deviation of these values.
  func error(of predictions: [Double]) -> Double {
    let mean = values.mean
    let variance = values.map { ($0 - mean) * ($0 - mean) }.mean
    let squares = zip(predictions, values).map { ($0 - $1) * ($0 - $1) }
    return (squares.mean / variance).squareRoot()
  }
}

// MARK: - Regressors

extension RegressionDCI.Regressor {
  fileprivate struct Fit {
    var importances: [Double]
    var trainPredictions: [Double]
    var testPredictions: [Double]
  }

  /// The name in the catalog.
  var metricName: String {
    switch self {
    case .lasso: "dci:lasso"
    case .randomForest: "dci:forest-regressor"
    }
  }

  fileprivate func requireValid() throws(DisentanglementError) {
    switch self {
    case .lasso(let alpha):
      guard alpha >= 0 && alpha.isFinite else {
        throw .invalidArgument(
          metric: metricName, argument: "alpha", expected: "a number of at least 0",
          found: "\(alpha)")
      }
    case .randomForest(let treeCount, let depths):
      guard treeCount > 0 else {
        throw .invalidArgument(
          metric: metricName, argument: "the number of trees", expected: "at least 1",
          found: "\(treeCount)")
      }
      guard !depths.isEmpty && depths.allSatisfy({ $0 > 0 }) else {
        throw .invalidArgument(
          metric: metricName, argument: "the maximal depths",
          expected: "one or more, each at least 1", found: "\(depths)")
      }
    }
  }

  fileprivate func fit(
    _ codes: Codes, targets: [[Double]], test: Codes, seed: UInt64
  ) throws(DisentanglementError) -> [Fit] {
    switch self {
    case .lasso(let alpha):
      return Parallel.map(targets.count) { factor in
        let lasso = Lasso(rows: codes.matrix, targets: targets[factor], alpha: alpha)
        return Fit(
          importances: lasso.weights.map { abs($0) },
          trainPredictions: lasso.predictions(codes.matrix),
          testPredictions: lasso.predictions(test.matrix))
      }
    case .randomForest(let treeCount, let depths):
      let rows = try codes.singlePrecision(metric: metricName)
      let testRows = try test.singlePrecision(metric: metricName)
      let features = SortedFeatures(rows)
      return targets.indices.map { factor in
        let forest = RandomForest(
          treeCount: treeCount, maximumDepth: depths[min(factor, depths.count - 1)],
          featuresPerSplit: rows.columnCount, seed: seed)
        let fit = forest.fit(
          codes: rows, features: features, criterion: SquaredErrorCriterion(targets[factor]),
          target: factor, evaluating: [rows, testRows])
        return Fit(
          importances: fit.importances, trainPredictions: fit.predictions[0].elements,
          testPredictions: fit.predictions[1].elements)
      }
    }
  }
}

// MARK: - Catalog

extension MetricDefinition {
  /// `dci:lasso`.
  static let lassoDCI = regressionDCI(
    .lasso(), summary: "Disentanglement, completeness, error; Lasso (Eastwood and Williams)",
    model: "Lasso, alpha 0.02")
  /// `dci:forest-regressor`.
  static let forestRegressorDCI = regressionDCI(
    .randomForest(),
    summary: "Disentanglement, completeness, error; forest regressor (Eastwood and Williams)",
    model: "random forest regressors, 10 trees, depths 12, 10, 3, 3, 3 and 3 for further factors")

  private static func regressionDCI(
    _ regressor: RegressionDCI.Regressor, summary: String, model: String
  ) -> MetricDefinition {
    let name = regressor.metricName
    return MetricDefinition(
      MetricDescription(name: name, headline: "disentanglement"), summary: summary,
      requirements: [.factorValues], sampling: .studySplit
    ) { input in
      let split = try input.valuedSplit(metric: name)
      let dci = try RegressionDCI(
        train: split.train, test: split.test, regressor: regressor, seed: UInt64(input.seed))
      return try MetricResult(
        metric: name,
        scores: [
          .init("value", dci.disentanglement), .init("disentanglement", dci.disentanglement),
          .init("completeness", dci.completeness), .init("error_train", dci.errorTrain),
          .init("error_test", dci.errorTest),
        ],
        details: [
          "importance": dci.importance.json,
          "disentanglement_per_latent": .numbers(dci.disentanglementOfLatent),
          "completeness_per_factor": .numbers(dci.completenessOfFactor),
          "error_train_per_factor": .numbers(dci.trainErrorOfFactor),
          "error_test_per_factor": .numbers(dci.testErrorOfFactor),
        ],
        estimator: "\(model), on standardised codes and class indices; completeness unweighted; "
          + "error is RMSE over standard deviation; \(split.words); value is the disentanglement")
    }
  }
}
