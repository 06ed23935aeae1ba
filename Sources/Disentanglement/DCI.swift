import BenchSupport
public import LinearAlgebra

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
  /// Disentanglement: how few factors each latent serves, in 0…1.
  public let disentanglement: Double
  /// Completeness: how few latents each factor needs, in 0…1.
  public let completeness: Double
  /// Mean over the factors of the training accuracy.
  public let informativenessTrain: Double
  /// Mean over the factors of the test accuracy.
  public let informativenessTest: Double
  /// Importance of each latent for each factor, `[latent, factor]`; columns sum to 1, or are 0 if
  /// no tree could split anything.
  public let importance: Matrix<Double>
  /// Disentanglement of each latent.
  public let disentanglementOfLatent: [Double]
  /// Completeness of each factor.
  public let completenessOfFactor: [Double]
  /// Training accuracy of each factor.
  public let trainAccuracyOfFactor: [Double]
  /// Test accuracy of each factor.
  public let testAccuracyOfFactor: [Double]

  /// Scores codes. O(samples × latents × classes).
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
    let name = "dci"
    try train.requireShape(of: test, metric: name)
    let labels = try train.factors.variedLabels(metric: name)
    let codes = try train.codes.singlePrecision(metric: name)
    let testCodes = try test.codes.singlePrecision(metric: name)
    let models = GradientBoosting(seed: seed).fit(codes: codes, targets: labels)
    let importances = models.map(\.importances)
    self.init(
      importance: Matrix(columns: importances),
      trainAccuracy: zip(models, labels).map { model, labels in
        accuracy(model.trainingScores.predictions, labels.values)
      },
      testAccuracy: models.indices.map { factor in
        accuracy(
          models[factor].scores(testCodes).predictions,
          test.factors.classIndices(factor, among: train.factors))
      })
  }

  /// Assembles the scores from importances and accuracies of at least two latents and factors.
  init(importance: Matrix<Double>, trainAccuracy: [Double], testAccuracy: [Double]) {
    let scores = ImportanceScores(importance)
    disentanglement = scores.disentanglement ?? 0
    completeness = scores.completeness ?? 0
    informativenessTrain = trainAccuracy.mean
    informativenessTest = testAccuracy.mean
    self.importance = importance
    disentanglementOfLatent = scores.disentanglementOfLatent ?? []
    completenessOfFactor = scores.completenessOfFactor ?? []
    trainAccuracyOfFactor = trainAccuracy
    testAccuracyOfFactor = testAccuracy
  }

  /// The catalog's result under a metric's name.
  func result(metric: String, estimator: String) throws(DisentanglementError) -> MetricResult {
    try MetricResult(
      metric: metric,
      scores: [
        .init("value", disentanglement), .init("disentanglement", disentanglement),
        .init("completeness", completeness),
        .init("informativeness_train", informativenessTrain),
        .init("informativeness_test", informativenessTest),
      ],
      details: [
        "importance": importance.json,
        "disentanglement_per_latent": .numbers(disentanglementOfLatent),
        "completeness_per_factor": .numbers(completenessOfFactor),
        "informativeness_train_per_factor": .numbers(trainAccuracyOfFactor),
        "informativeness_test_per_factor": .numbers(testAccuracyOfFactor),
      ],
      estimator: estimator)
  }
}

extension MetricDefinition {
  /// `dci`.
  static let dci = MetricDefinition(
    name: "dci", summary: "Disentanglement, completeness, informativeness; boosted trees",
    requirements: [.factors], isExpensive: true
  ) { input in
    let split = try input.trainTestSplit(metric: "dci")
    return try DCI(train: split.train, test: split.test, seed: UInt64(input.seed)).result(
      metric: "dci",
      estimator: "gradient-boosted trees with scikit-learn's defaults (100 stages, depth 3, "
        + "learning rate 0.1), accuracy on \(split.train.sampleCount) training and "
        + "\(split.test.sampleCount) test samples; value is the disentanglement")
  }
}

// MARK: - Parts of every DCI estimator

/// The share of samples whose prediction is right; 0 for no samples.
func accuracy(_ predictions: [Int32], _ truth: [Int32]) -> Double {
  let hits = zip(predictions, truth).reduce(0) { $0 + ($1.0 == $1.1 ? 1 : 0) }
  return truth.isEmpty ? 0 : Double(hits) / Double(truth.count)
}

extension LabelledCodes {
  /// Checks that there are two latents and two factors at least, and that a test sample has as many.
  func requireShape(of test: LabelledCodes, metric: String) throws(DisentanglementError) {
    guard codes.latentCount >= 2 else {
      throw .tooFewLatents(metric: metric, needed: 2, found: codes.latentCount)
    }
    guard factors.factorCount >= 2 else {
      throw .tooFewFactors(metric: metric, needed: 2, found: factors.factorCount)
    }
    guard test.codes.latentCount == codes.latentCount else {
      throw .columnMismatch(
        array: "test codes", columns: test.codes.latentCount, other: "the training codes",
        otherColumns: codes.latentCount)
    }
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

extension Factors {
  /// The classes of a factor as the training sample numbers them; −1 for those it lacks.
  func classIndices(_ factor: Int, among training: Factors) -> [Int32] {
    let classes = Set(training.columns[factor]).sorted()
    let numbers = Dictionary(
      uniqueKeysWithValues: zip(classes, classes.indices.map { Int32($0) }))
    return columns[factor].map { numbers[$0] ?? -1 }
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
