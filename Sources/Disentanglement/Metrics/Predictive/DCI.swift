import BenchSupport
import LinearAlgebra

/// Disentanglement, completeness and informativeness (DCI) with gradient-boosted trees.
///
/// *A Framework for the Quantitative Evaluation of Disentangled Representations*, Eastwood and
/// Williams, ICLR 2018, with the estimator of disentanglement_lib's `dci.py`: one
/// `GradientBoostingClassifier` with scikit-learn's defaults per factor (100 stages of depth-3
/// trees, learning rate 0.1), its feature importances, and accuracy as informativeness. Tables that
/// give one number as "DCI" mean the disentanglement. scikit-learn breaks ties between equal splits
/// at random; so does this, from `seed`, so single scores agree with it within its own spread over
/// seeds, of the order of 0.001.
public struct DCI: Sendable, Equatable {
  /// Importance of each latent for each factor with disentanglement and completeness; columns sum
  /// to 1, or are 0 if no tree could split anything.
  public let importance: ImportanceMatrix
  /// Mean over the factors of the training accuracy.
  public let informativenessTrain: Double
  /// Mean over the factors of the test accuracy.
  public let informativenessTest: Double
  /// Training accuracy of each factor.
  public let trainAccuracyOfFactor: [Double]
  /// Test accuracy of each factor.
  public let testAccuracyOfFactor: [Double]

  /// How few factors each latent serves, in 0…1.
  public var disentanglement: Double { importance.disentanglement }
  /// How few latents each factor needs, in 0…1.
  public var completeness: Double { importance.completeness }

  /// Scores codes, in O(samples × latents × classes).
  ///
  /// - Parameters:
  ///   - train: At least two latents and two factors; each factor with at least two classes.
  ///   - test: Held-out samples; classes the training sample lacks count as wrong.
  ///   - seed: Decides between equal splits.
  /// - Throws: ``DisentanglementError`` if there are fewer latents, factors or classes, if the two
  ///   samples have different ones, or if a code does not fit into single precision.
  public init(
    train: LabelledCodes, test: LabelledCodes, seed: UInt64 = 0
  ) throws(DisentanglementError) {
    try train.requireShape(of: test, metric: "dci")
    let labels = try train.factors.variedLabels(metric: "dci")
    let codes = try train.codes.singlePrecision(metric: "dci")
    let testCodes = try test.codes.singlePrecision(metric: "dci")
    let models = GradientBoosting(seed: seed).fit(codes: codes, targets: labels)
    importance = try ImportanceMatrix(
      Matrix(columns: models.map(\.importances)), metric: "dci")
    trainAccuracyOfFactor = zip(models, labels).map { model, labels in
      accuracy(model.trainingScores.predictions, labels.values)
    }
    testAccuracyOfFactor = models.indices.map { factor in
      let matched = MatchedLabels(
        train: train.factors.columns[factor], test: test.factors.columns[factor])
      return accuracy(models[factor].scores(testCodes).predictions, matched.test)
    }
    informativenessTrain = trainAccuracyOfFactor.mean
    informativenessTest = testAccuracyOfFactor.mean
  }
}

extension MetricDefinition {
  /// `dci`.
  static let dci = MetricDefinition(
    MetricDescription(name: "dci", protocolID: "dlib", headline: "disentanglement"),
    summary: "Disentanglement, completeness, informativeness; boosted trees",
    requirements: [.factors], sampling: .studySplit
  ) { input in
    let split = try input.trainTestSplit(metric: "dci")
    let dci = try DCI(train: split.train, test: split.test, seed: UInt64(input.seed))
    return try MetricResult(
      metric: "dci",
      scores: dci.importance.scores + [
        .init("informativeness_train", dci.informativenessTrain),
        .init("informativeness_test", dci.informativenessTest),
      ],
      details: dci.importance.details.merging([
        "informativeness_train_per_factor": .numbers(dci.trainAccuracyOfFactor),
        "informativeness_test_per_factor": .numbers(dci.testAccuracyOfFactor),
      ]) { $1 },
      estimator: "gradient-boosted trees with scikit-learn's defaults (100 stages, depth 3, "
        + "learning rate 0.1), accuracy; \(split.words); value is the disentanglement")
  }
}

// MARK: - Parts of every DCI estimator

extension LabelledCodes {
  /// Checks that there are two latents and two factors at least, and that a test sample has as many.
  func requireShape(of test: LabelledCodes, metric: String) throws(DisentanglementError) {
    guard codes.latentCount >= 2 else {
      throw .tooFewLatents(metric: metric, needed: 2, found: codes.latentCount)
    }
    guard factors.factorCount >= 2 else {
      throw .tooFewFactors(metric: metric, needed: 2, found: factors.factorCount)
    }
    try codes.requireSameColumns(as: test.codes)
    guard test.factors.factorCount == factors.factorCount else {
      throw .columnMismatch(
        array: "test factors", columns: test.factors.factorCount, other: "the training factors",
        otherColumns: factors.factorCount)
    }
  }
}

extension Codes {
  /// The codes as scikit-learn's trees see them.
  func singlePrecision(metric: String) throws(DisentanglementError) -> Matrix<Float> {
    let elements = matrix.elements.map { Float($0) }
    if let position = elements.firstIndex(where: { !$0.isFinite }) {
      throw .invalidArgument(
        metric: metric,
        argument: "latent \(position % latentCount) of sample \(position / latentCount)",
        expected: "a number within single precision", found: "\(matrix.elements[position])")
    }
    return Matrix(rowCount: sampleCount, columnCount: latentCount, elements: elements)
  }
}

extension ImportanceMatrix {
  /// The catalog's scores, disentanglement as the headline.
  var scores: [MetricResult.Score] {
    [
      .init("value", disentanglement), .init("disentanglement", disentanglement),
      .init("completeness", completeness),
    ]
  }

  /// The catalog's details.
  var details: [String: JSONValue] {
    [
      "importance": matrix.json,
      "disentanglement_per_latent": .numbers(disentanglementOfLatent),
      "completeness_per_factor": .numbers(completenessOfFactor),
    ]
  }
}

extension Matrix<Double> {
  /// A matrix from its columns.
  init(columns: [[Double]]) {
    let rowCount = columns.first?.count ?? 0
    self.init(
      rowCount: rowCount, columnCount: columns.count,
      elements: (0..<rowCount).flatMap { row in columns.map { $0[row] } })
  }
}
