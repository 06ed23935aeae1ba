/// Everything a metric of the catalog may look at.
public struct MetricInput: Sendable {
  /// The codes, `[sample, latent]`.
  public var codes: Codes
  /// The factors of the same samples; those with one class are left out of all metrics.
  public var factors: Factors?
  /// The names of the factors that were left out because they have one class in these samples.
  public let constantFactors: [String]
  /// The binary attributes of the same samples.
  public var attributes: Attributes?
  /// Held-out codes and their factors, for the metrics that train a model.
  ///
  /// Without them such metrics split `codes` and `factors`; see ``trainTestSplit(metric:)``.
  public var test: LabelledCodes?
  /// How the codes are split where there is no test sample.
  public var split = SplitRule()
  /// Where codes of chosen factor values come from, for the metrics that intervene.
  ///
  /// Without it such metrics draw from `codes` and `factors`; see ``interventions(metric:)``.
  public var interventions: InterventionSource?
  /// Seed of everything random inside the metrics.
  public var seed: UInt32
  /// Parameters that differ from the reference protocols.
  public var settings = MetricSettings()

  /// Bundles the inputs.
  ///
  /// A factor with one class says nothing of any latent: most metrics are undefined with it, and the others
  /// would count it as one more factor. It is left out of all of them, unless no factor has more classes.
  ///
  /// - Throws: ``DisentanglementError`` if numbers of samples or latents disagree.
  public init(
    codes: Codes, factors: Factors? = nil, attributes: Attributes? = nil,
    test: LabelledCodes? = nil, interventions: InterventionSource? = nil, seed: UInt32 = 0
  ) throws(DisentanglementError) {
    if let factors, factors.sampleCount != codes.sampleCount {
      throw .rowMismatch(
        array: "factors", rows: factors.sampleCount, other: "codes", otherRows: codes.sampleCount)
    }
    if let attributes, attributes.sampleCount != codes.sampleCount {
      throw .rowMismatch(
        array: "attributes", rows: attributes.sampleCount, other: "codes",
        otherRows: codes.sampleCount)
    }
    if let test {
      guard test.codes.latentCount == codes.latentCount else {
        throw .columnMismatch(
          array: "test_codes", columns: test.codes.latentCount, other: "codes",
          otherColumns: codes.latentCount)
      }
      if let factors, factors.factorCount != test.factors.factorCount {
        throw .columnMismatch(
          array: "test_factors", columns: test.factors.factorCount, other: "factors",
          otherColumns: factors.factorCount)
      }
    }
    self.codes = codes
    let varied = factors.map { factors in
      factors.columns.indices.filter { place in
        factors.columns[place].contains { $0 != factors.columns[place][0] }
      }
    }
    let isPartial = varied.map { !$0.isEmpty && $0.count < factors?.factorCount ?? 0 } ?? false
    if let factors, let varied, isPartial {
      self.factors = factors.selecting(varied)
      self.test = test.map {
        LabelledCodes(checked: $0.codes, factors: $0.factors.selecting(varied))
      }
      constantFactors = factors.names.indices.filter { !varied.contains($0) }
        .map { factors.names[$0] }
    } else {
      self.factors = factors
      self.test = test
      constantFactors = []
    }
    self.attributes = attributes
    self.interventions = interventions
    self.seed = seed
  }

  /// What tells a reader of scores that factors were left out; nil if none was.
  public var constantFactorNote: String? {
    guard !constantFactors.isEmpty else { return nil }
    let names = constantFactors.map { "'\($0)'" }.joined(separator: ", ")
    return constantFactors.count == 1
      ? "factor \(names) has one class in these samples and is left out of all metrics"
      : "factors \(names) have one class in these samples and are left out of all metrics"
  }

  /// The factors.
  ///
  /// - Throws: ``DisentanglementError/missingInput(metric:input:)`` if there are none.
  public func factors(for metric: String) throws(DisentanglementError) -> Factors {
    guard let factors else { throw .missingInput(metric: metric, input: "factors are") }
    return factors
  }

  /// The attributes.
  ///
  /// - Throws: ``DisentanglementError/missingInput(metric:input:)`` if there are none.
  public func attributes(for metric: String) throws(DisentanglementError) -> Attributes {
    guard let attributes else { throw .missingInput(metric: metric, input: "attributes are") }
    return attributes
  }

  /// Training and test samples: the codes and the given test sample, else parts of the codes as
  /// ``split`` says.
  ///
  /// - Throws: ``DisentanglementError`` if there are no factors or fewer than two samples.
  public func trainTestSplit(
    metric: String
  ) throws(DisentanglementError) -> TrainTestSplit {
    let factors = try factors(for: metric)
    let labelled = LabelledCodes(checked: codes, factors: factors)
    if let test { return TrainTestSplit(train: labelled, test: test) }
    let rows = try split.rows(of: codes.sampleCount, seed: seed, metric: metric)
    return TrainTestSplit(
      train: labelled.samples(rows.train), test: labelled.samples(rows.test),
      origin: split.origin(seed: seed))
  }

  /// Where the metrics that intervene draw from: the given source, else the codes at hand.
  ///
  /// - Throws: ``DisentanglementError`` if there are neither.
  public func interventions(metric: String) throws(DisentanglementError) -> InterventionSource {
    if let interventions { return interventions }
    return try InterventionSource(codes: codes, factors: try factors(for: metric))
  }
}
