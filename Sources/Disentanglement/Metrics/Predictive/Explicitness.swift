import BenchSupport
import Glibc
import LinearAlgebra

/// Explicitness: how well a linear classifier reads every factor off the whole code.
///
/// *Learning Deep Disentangled Embeddings with the F-Statistic Loss*, arXiv:1802.05312, §3, with
/// the estimator of disentanglement_lib's `modularity_explicitness.py`: codes standardised with the
/// training sample's mean and deviation (divisor n), scikit-learn's default logistic regression,
/// the area under the ROC curve of each class's probability, averaged over classes and factors.
/// Chance is ½, not 0.
public struct Explicitness: Sendable, Equatable {
  /// The mean over the factors on the training sample.
  public let train: Double
  /// The mean over the factors on the test sample.
  public let test: Double
  /// The area of each factor on the training sample.
  public let trainOfFactor: [Double]
  /// The area of each factor on the test sample.
  public let testOfFactor: [Double]

  /// Fits and scores one classifier per factor.
  ///
  /// - Parameters:
  ///   - train: The sample to fit on; no constant latents, factors with at least two classes.
  ///   - test: The held-out sample, with the same classes.
  /// - Throws: ``DisentanglementError`` if a latent is constant, a factor has one class, or one
  ///   sample lacks a class of the other (the reference raises in each case).
  public init(train: LabelledCodes, test: LabelledCodes) throws(DisentanglementError) {
    let metric = "explicitness"
    _ = try train.factors.variedLabels(metric: metric)
    var checked: [MatchedLabels] = []
    for factor in 0..<train.factors.factorCount {
      let matched = MatchedLabels(
        train: train.factors.columns[factor], test: test.factors.columns[factor])
      guard !matched.test.contains(-1) else {
        throw .missingClass(
          metric: metric, factor: train.factors.names[factor], sample: "training")
      }
      guard Set(matched.test).count == matched.train.classCount else {
        throw .missingClass(metric: metric, factor: train.factors.names[factor], sample: "test")
      }
      checked.append(matched)
    }
    let matches = checked
    let scaler = Standardization(train.codes)
    if let latent = scaler.deviations.firstIndex(of: 0) {
      throw .constantLatent(metric: metric, latent: latent)
    }
    let trainFeatures = FeatureRows.dense(scaler.apply(train.codes.matrix))
    let testFeatures = FeatureRows.dense(scaler.apply(test.codes.matrix))
    let areas = Parallel.map(matches.count) { factor -> (train: Double, test: Double) in
      let matched = matches[factor]
      let model = LogisticRegression(features: trainFeatures, labels: matched.train)
      return (
        Self.meanArea(model.probabilities(trainFeatures), matched.train.values),
        Self.meanArea(model.probabilities(testFeatures), matched.test)
      )
    }
    trainOfFactor = areas.map(\.train)
    testOfFactor = areas.map(\.test)
    self.train = trainOfFactor.mean
    self.test = testOfFactor.mean
  }

  /// The area under the ROC curve of each class's probability, `[class, sample]`, averaged over the classes.
  private static func meanArea(_ probabilities: Matrix<Double>, _ classes: [Int32]) -> Double {
    (0..<probabilities.rowCount).map { label in
      areaUnderROC(scores: probabilities.row(label), of: Int32(label), among: classes)
    }.mean
  }
}

/// Means and standard deviations (divisor n) of every latent.
struct Standardization {
  let means: [Double]
  /// 0 exactly for a constant latent.
  let deviations: [Double]

  init(_ codes: Codes) {
    var means: [Double] = []
    var deviations: [Double] = []
    for latent in 0..<codes.latentCount {
      let values = codes.latent(latent)
      let mean = values.mean
      let isConstant = values.allSatisfy { $0 == values[0] }
      means.append(isConstant ? values[0] : mean)
      deviations.append(
        isConstant
          ? 0 : sqrt(values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)))
    }
    self.means = means
    self.deviations = deviations
  }

  /// The values minus the means, over the deviations; a constant latent is only centred.
  func apply(_ matrix: Matrix<Double>) -> Matrix<Double> {
    var result = matrix
    for row in 0..<matrix.rowCount {
      for column in 0..<matrix.columnCount {
        let scale = deviations[column] == 0 ? 1 : deviations[column]
        result[row, column] = (matrix[row, column] - means[column]) / scale
      }
    }
    return result
  }
}

extension MetricDefinition {
  /// `explicitness`.
  static let explicitness = MetricDefinition(
    MetricDescription(name: "explicitness", protocolID: "dlib", headline: "test"),
    summary: "Explicitness: ROC area of a linear classifier per factor",
    requirements: [.factors], sampling: .studySplit
  ) { input in
    let split = try input.trainTestSplit(metric: "explicitness")
    let explicitness = try Explicitness(train: split.train, test: split.test)
    return try MetricResult(
      metric: "explicitness",
      scores: [
        .init("value", explicitness.test), .init("train", explicitness.train),
        .init("test", explicitness.test),
      ],
      details: [
        "per_factor_train": .numbers(explicitness.trainOfFactor),
        "per_factor_test": .numbers(explicitness.testOfFactor),
      ],
      estimator: "standardised codes, multinomial logistic regression (L2, C=1, L-BFGS, 100 "
        + "iterations), one-against-rest ROC area averaged over classes and factors; \(split.words)"
    )
  }
}
