import BenchSupport
import LinearAlgebra

/// Total AUROC difference (TAD): over the attributes that some latent captures, how much better the
/// best latent detects them than the second best.
///
/// *NashAE: Disentangling Representations through Adversarial Covariance Minimization*,
/// arXiv:2209.10677, Section 4. An attribute counts as captured if the best latent's area under the
/// ROC curve is at least 0.75 and no other attribute explains more than 0.2 of its entropy. Four
/// published programs measure the areas in ways that differ by up to a factor of two in the score;
/// `detector` says which one this follows:
/// - `.exact`: InfoDiffusion's `eval_disentanglement.py`.
/// - `.grid(thresholdCount: 101)`: NashAE and InfoDiffusion's development branch.
/// - `.grid(thresholdCount: 11)`: DisDiff and EncDiff.
///
/// As in all of them areas and entropies come from the same samples, and codes are compared in
/// single precision. Attributes that are the same in all samples are never captured; the grid
/// programs fail on them. One latent has no second best area and no score.
public struct TotalAUROCDifference: Sendable, Equatable {
  /// What was found for one attribute.
  public struct AttributeScore: Sendable, Equatable {
    /// The attribute's name.
    public let name: String
    /// Area under the ROC curve of every latent; nil for a constant attribute.
    public let areas: [Double]?
    /// The latent with the largest area, the first of equal ones.
    public let bestLatent: Int?
    /// The largest area.
    public let bestArea: Double?
    /// The largest area minus the second largest.
    public let difference: Double?
    /// Entropy in nats.
    public let entropy: Double
    /// The largest share of the entropy that another attribute explains; nil for a constant one.
    public let entropyReduction: Double?
    /// Whether the attribute counts.
    public let isCaptured: Bool
  }

  /// The smallest area that captures an attribute.
  public static let areaThreshold: Float = 0.75
  /// The largest entropy reduction of an attribute that counts.
  public static let entropyReductionThreshold: Float = 0.2

  /// The sum of the captured attributes' differences.
  public let value: Double
  /// How many attributes are captured.
  public let attributesCaptured: Int
  /// The attributes, in input order.
  public let attributes: [AttributeScore]

  /// Scores codes, in O(samples × latents × attributes).
  ///
  /// - Parameters:
  ///   - codes: The codes, `[sample, latent]`.
  ///   - attributes: The binary attributes of the same samples.
  ///   - detector: How the areas are measured.
  /// - Throws: ``DisentanglementError`` if numbers of samples differ, a code does not fit into
  ///   single precision, or there is one latent.
  public init(
    codes: Codes, attributes: Attributes, detector: AttributeDetector = .exact
  ) throws(DisentanglementError) {
    guard attributes.sampleCount == codes.sampleCount else {
      throw .rowMismatch(
        array: "attributes", rows: attributes.sampleCount, other: "codes",
        otherRows: codes.sampleCount)
    }
    // Its whole area would count, where no second best one is below a half.
    guard codes.latentCount > 1 else {
      throw .tooFewLatents(metric: "tad", needed: 2, found: codes.latentCount)
    }
    let areas = detector.areas(
      codes: try codes.singlePrecision(metric: "tad"), attributes: attributes)
    let information = AttributeInformation(attributes)
    let scores = attributes.names.indices.map { index in
      AttributeScore(
        name: attributes.names[index], areas: areas[index],
        entropy: information.entropies[index], entropyReduction: information.reductions[index])
    }
    let captured = scores.filter(\.isCaptured)
    value = captured.reduce(0) { $0 + ($1.difference ?? 0) }
    attributesCaptured = captured.count
    self.attributes = scores
  }

  /// The parts, field by field.
  var details: [String: JSONValue] {
    func numbers(_ values: [Double?]) -> JSONValue {
      .array(values.map { value in value.map { .number($0) } ?? .null })
    }
    return [
      "auroc": .array(
        attributes.map { attribute in attribute.areas.map { .numbers($0) } ?? .null }),
      "attribute_names": .array(attributes.map { .string($0.name) }),
      "max_auroc": numbers(attributes.map(\.bestArea)),
      "best_latent": .array(
        attributes.map { attribute in attribute.bestLatent.map { .integer($0) } ?? .null }),
      "auroc_difference": numbers(attributes.map(\.difference)),
      "attribute_entropy_nats": .numbers(attributes.map(\.entropy)),
      "entropy_reduction": numbers(attributes.map(\.entropyReduction)),
      "selected": .array(attributes.map { .bool($0.isCaptured) }),
    ]
  }
}

extension TotalAUROCDifference.AttributeScore {
  init(name: String, areas: [Double]?, entropy: Double, entropyReduction: Double?) {
    self.name = name
    self.areas = areas
    self.entropy = entropy
    self.entropyReduction = entropyReduction
    guard let areas, let best = areas.max(), let latent = areas.firstIndex(of: best) else {
      bestLatent = nil
      bestArea = nil
      difference = nil
      isCaptured = false
      return
    }
    let others = areas.indices.filter { $0 != latent }.map { areas[$0] }
    bestLatent = latent
    bestArea = best
    difference = best - (others.max() ?? 0)
    // The thresholds apply to single-precision numbers in the reference programs.
    isCaptured =
      Float(best) >= TotalAUROCDifference.areaThreshold
      && entropyReduction.map {
        Float($0) <= TotalAUROCDifference.entropyReductionThreshold
      } ?? false
  }
}

// MARK: - Catalog

extension MetricDefinition {
  /// `tad`.
  static let totalAUROCDifference = totalAUROCDifference(
    name: "tad", detector: .exact, summary: "Total AUROC difference, exact areas",
    estimator: "exact AUROC of the better direction, ties one half, as InfoDiffusion")
  /// `tad:nashae`.
  static let totalAUROCDifferenceOfNashAE = totalAUROCDifference(
    name: "tad:nashae", detector: .grid(thresholdCount: 101),
    summary: "Total AUROC difference, areas from 101 thresholds (NashAE)",
    estimator: "right Riemann sum over 101 thresholds between a latent's extremes, latents with a "
      + "range of at most 0.2 count 0.5, as NashAE")
  /// `tad:disdiff`.
  static let totalAUROCDifferenceOfDisDiff = totalAUROCDifference(
    name: "tad:disdiff", detector: .grid(thresholdCount: 11),
    summary: "Total AUROC difference, areas from 11 thresholds (DisDiff, EncDiff)",
    estimator: "right Riemann sum over 11 thresholds between a latent's extremes, latents with a "
      + "range of at most 0.2 count 0.5, as DisDiff and EncDiff")

  private static func totalAUROCDifference(
    name: String, detector: AttributeDetector, summary: String, estimator: String
  ) -> MetricDefinition {
    MetricDefinition(
      MetricDescription(name: name, protocolID: name == "tad" ? "infodiffusion" : nil),
      summary: summary, requirements: [.attributes]
    ) { input in
      let tad = try TotalAUROCDifference(
        codes: input.codes, attributes: try input.attributes(for: name), detector: detector)
      return try MetricResult(
        metric: name,
        scores: [
          .init("value", tad.value),
          .init("attributes_captured", Double(tad.attributesCaptured)),
        ],
        details: tad.details,
        estimator: "\(estimator); captured at AUROC 0.75 and entropy reduction 0.2; "
          + "\(input.codes.sampleCount) samples for areas and entropies alike")
    }
  }
}
