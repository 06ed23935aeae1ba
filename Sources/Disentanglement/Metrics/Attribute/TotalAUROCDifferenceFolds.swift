import BenchSupport
import Glibc

/// The total AUROC difference as InfoDiffusion reports it: on the training parts of five folds.
///
/// `eval_disentanglement.py` splits 10,000 samples with scikit-learn's
/// `KFold(5, shuffle=True, random_state=0)`, standardises the codes on each training part and scores
/// that same part, then gives mean and standard deviation (divisor 5). Standardising moves no rank
/// and is left out.
public struct TotalAUROCDifferenceFolds: Sendable, Equatable {
  /// Number of folds.
  public static let foldCount = 5

  /// The score on each training part.
  public let folds: [TotalAUROCDifference]
  /// Mean of the folds' scores.
  public let value: Double
  /// Standard deviation of the folds' scores, divisor 5.
  public let standardDeviation: Double
  /// Mean number of attributes captured.
  public let attributesCaptured: Double
  /// Standard deviation of the number of attributes captured, divisor 5.
  public let attributesCapturedStandardDeviation: Double

  /// Scores codes.
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`; at least five samples.
  ///   - attributes: The binary attributes of the same samples.
  ///   - seed: Seed of the shuffle; InfoDiffusion's is 0.
  /// - Throws: ``DisentanglementError`` as ``TotalAUROCDifference`` does, or if there are too few
  ///   samples.
  public init(
    codes: Codes, attributes: Attributes, seed: UInt32 = 0
  ) throws(DisentanglementError) {
    guard codes.sampleCount >= Self.foldCount else {
      throw .tooFewSamples(
        metric: "tad:infodiffusion-folds", needed: Self.foldCount, found: codes.sampleCount)
    }
    guard attributes.sampleCount == codes.sampleCount else {
      throw .rowMismatch(
        array: "attributes", rows: attributes.sampleCount, other: "codes",
        otherRows: codes.sampleCount)
    }
    let foldOfSample = NumPyRandom.foldOfSample(
      codes.sampleCount, folds: Self.foldCount, seed: seed)
    var folds: [TotalAUROCDifference] = []
    for fold in 0..<Self.foldCount {
      let training = foldOfSample.indices.filter { foldOfSample[$0] != fold }
      folds.append(
        try TotalAUROCDifference(
          codes: codes.samples(training), attributes: attributes.samples(training)))
    }
    self.folds = folds
    let values = folds.map(\.value)
    let captured = folds.map { Double($0.attributesCaptured) }
    value = values.mean
    standardDeviation = populationDeviation(values)
    attributesCaptured = captured.mean
    attributesCapturedStandardDeviation = populationDeviation(captured)
  }
}

/// Standard deviation with the number of values as divisor.
private func populationDeviation(_ values: [Double]) -> Double {
  let mean = values.mean
  return sqrt(values.map { ($0 - mean) * ($0 - mean) }.mean)
}

extension MetricDefinition {
  /// `tad:infodiffusion-folds`.
  static let totalAUROCDifferenceFolds = MetricDefinition(
    MetricDescription(name: "tad:infodiffusion-folds"),
    summary: "Total AUROC difference, mean over the training parts of five folds (InfoDiffusion)",
    requirements: [.attributes]
  ) { input in
    let tad = try TotalAUROCDifferenceFolds(
      codes: input.codes, attributes: try input.attributes(for: "tad:infodiffusion-folds"))
    return try MetricResult(
      metric: "tad:infodiffusion-folds",
      scores: [
        .init("value", tad.value), .init("standard_deviation", tad.standardDeviation),
        .init("attributes_captured", tad.attributesCaptured),
        .init(
          "attributes_captured_standard_deviation", tad.attributesCapturedStandardDeviation),
      ],
      details: [
        "tad_per_fold": .numbers(tad.folds.map(\.value)),
        "attributes_per_fold": .array(tad.folds.map { .integer($0.attributesCaptured) }),
      ],
      estimator: "exact AUROC on the training parts of KFold(5, shuffle=True, random_state=0) over "
        + "\(input.codes.sampleCount) samples; mean and standard deviation with divisor 5")
  }
}
