import BenchSupport
import LinearAlgebra

/// Mutual-information-based entropy disentanglement (MED): DCI's disentanglement and completeness
/// with mutual information in place of a model's importances.
///
/// *Disentangling by Contrastive Diffusion … (DisDiff)*, its `med.py`: importance is plug-in mutual
/// information (20 histogram bins) over its sum per factor; informativeness is the accuracy of
/// scikit-learn's default logistic regression on standardised codes. Top-k keeps, for every factor,
/// the k most disentangled latents among those it is the best factor of.
public struct MED: Sendable, Equatable {
  /// Importances and their concentration over all latents.
  public let importance: ImportanceMatrix
  /// The same over the kept latents; nil without top-k, or if fewer than two latents are kept.
  public let topImportance: ImportanceMatrix?
  /// The kept latents, in increasing order.
  public let topLatents: [Int]
  /// Mean accuracy over the factors on the training sample.
  public let informativenessTrain: Double
  /// Mean accuracy over the factors on the test sample.
  public let informativenessTest: Double

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - train: The sample to fit on; at least two latents and factors of at least two classes.
  ///   - test: The held-out sample.
  ///   - topCount: How many latents top-k keeps per factor; nil for none.
  /// - Throws: ``DisentanglementError`` if there are too few latents, factors or classes, or if no
  ///   latent tells anything about a factor (the reference divides 0 by 0).
  public init(
    train: LabelledCodes, test: LabelledCodes, topCount: Int? = nil
  ) throws(DisentanglementError) {
    let metric = "med"
    let labels = try train.factors.variedLabels(metric: metric)
    var matrix = mutualInformationMatrix(codes: train.codes, factors: labels)
    for factor in labels.indices {
      let sum = matrix.column(factor).reduce(0, +)
      guard sum > 0 else { throw .noActiveLatents(metric: metric) }
      for latent in 0..<matrix.rowCount { matrix[latent, factor] /= sum }
    }
    let all = try ImportanceMatrix(matrix, metric: metric)
    importance = all
    topLatents = topCount.map { MED.mostDisentangled(all, $0) } ?? []
    if topLatents.count >= 2 {
      topImportance = try ImportanceMatrix(all.matrix.rows(topLatents), metric: metric)
    } else {
      topImportance = nil
    }

    let scaler = Standardization(train.codes)
    let trainFeatures = FeatureRows.dense(scaler.apply(train.codes.matrix))
    let testFeatures = FeatureRows.dense(scaler.apply(test.codes.matrix))
    let accuracies = Parallel.map(labels.count) { factor -> (train: Double, test: Double) in
      let matched = MatchedLabels(
        train: train.factors.columns[factor], test: test.factors.columns[factor])
      let model = LogisticRegression(features: trainFeatures, labels: matched.train)
      return (
        model.accuracy(trainFeatures, classes: matched.train.values),
        model.accuracy(testFeatures, classes: matched.test)
      )
    }
    informativenessTrain = accuracies.map(\.train).mean
    informativenessTest = accuracies.map(\.test).mean
  }

  /// For every factor, the `count` most disentangled latents it is the best factor of.
  private static func mostDisentangled(_ importance: ImportanceMatrix, _ count: Int) -> [Int] {
    let scores = importance.disentanglementOfLatent
    let order = scores.indices.sorted { (-scores[$0], $0) < (-scores[$1], $1) }
    var kept: [Int: Int] = [:]
    return order.filter { latent in
      let row = Array(importance.matrix.row(latent))
      let best = row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 }
      kept[best, default: 0] += 1
      return kept[best, default: 0] <= count
    }.sorted()
  }
}

extension Matrix<Double> {
  /// The given rows, in the given order.
  fileprivate func rows(_ indices: [Int]) -> Matrix<Double> {
    Matrix(
      rowCount: indices.count, columnCount: columnCount, elements: indices.flatMap { row($0) })
  }
}

extension MetricParameter {
  fileprivate static let topCount = MetricParameter.whole(
    "topk", 2, in: 1...1000, "latents that top-k keeps per factor")
}

extension MetricDefinition {
  /// `med`.
  static let med = MetricDefinition(
    MetricDescription(name: "med", headline: "disentanglement"),
    summary: "MED: DCI's aggregation of mutual information, 20 histogram bins",
    requirements: [.factors], sampling: .studySplit, parameters: [.topCount]
  ) { input in
    let topCount = input.settings.count(.topCount, of: "med")
    let split = try input.trainTestSplit(metric: "med")
    let med = try MED(train: split.train, test: split.test, topCount: topCount)
    var details: [String: JSONValue] = [
      "importance": med.importance.matrix.json,
      "top\(topCount)_latents": .array(med.topLatents.map { .integer($0) }),
    ]
    if let top = med.topImportance {
      details["top\(topCount)_disentanglement"] = .number(top.disentanglement)
      details["top\(topCount)_completeness"] = .number(top.completeness)
    }
    return try MetricResult(
      metric: "med",
      scores: [
        .init("value", med.importance.disentanglement),
        .init("disentanglement", med.importance.disentanglement),
        .init("completeness", med.importance.completeness),
        .init("informativeness_train", med.informativenessTrain),
        .init("informativeness_test", med.informativenessTest),
      ],
      details: details,
      estimator: "plug-in mutual information, 20 histogram bins, divided by its sum per factor; "
        + "accuracy of logistic regression (L2, C=1) on standardised codes; \(split.words)")
  }
}
