/// Everything a metric of the catalog may look at.
public struct MetricInput: Sendable {
  /// The codes, `[sample, latent]`.
  public var codes: Codes
  /// The factors of the same samples; those with one class are left out of all metrics.
  public var factors: Factors?
  /// The values of the same samples' factors, where they are continuous; those that do not vary are left
  /// out of all metrics.
  public var factorValues: FactorValues?
  /// The names of the factors that were left out because they have one class in these samples.
  public let constantFactors: [String]
  /// The binary attributes of the same samples.
  public var attributes: Attributes?
  /// Held-out codes and their factors, for the metrics that train a model.
  ///
  /// Without them such metrics split `codes` and `factors`; see ``trainTestSplit(metric:)``.
  public var test: LabelledCodes?
  /// Held-out codes and the values of their factors, where those are continuous.
  public var testValues: ValuedCodes?
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
  /// - Parameters:
  ///   - codes: The codes.
  ///   - factors: The classes of factors.
  ///   - attributes: Binary attributes.
  ///   - test: A held-out sample with classes.
  ///   - interventions: Where codes of chosen factor values come from.
  ///   - factorValues: The values of factors, in place of classes.
  ///   - testValues: A held-out sample with values.
  ///   - seed: Seed of everything random inside the metrics.
  /// - Throws: ``DisentanglementError`` if numbers of samples or latents disagree.
  public init(
    codes: Codes, factors: Factors? = nil, attributes: Attributes? = nil,
    test: LabelledCodes? = nil, interventions: InterventionSource? = nil,
    factorValues: FactorValues? = nil, testValues: ValuedCodes? = nil, seed: UInt32 = 0
  ) throws(DisentanglementError) {
    precondition(factors == nil || factorValues == nil, "factors with classes and with values")
    if let factorValues {
      let all = try ValuedCodes(codes: codes, values: factorValues)
      if let testValues { try all.requireSameColumns(as: testValues, metric: "test_codes") }
    }
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
    let variedValues = factorValues.map { values in
      values.columns.indices.filter { place in
        values.columns[place].contains { $0 != values.columns[place][0] }
      }
    }
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
      self.factorValues = nil
      self.testValues = nil
    } else if let factorValues, let variedValues, !variedValues.isEmpty {
      self.factors = nil
      self.test = nil
      self.factorValues = factorValues.selecting(variedValues)
      self.testValues = testValues.map {
        ValuedCodes(checked: $0.codes, values: $0.values.selecting(variedValues))
      }
      constantFactors = factorValues.names.indices.filter { !variedValues.contains($0) }
        .map { factorValues.names[$0] }
    } else {
      self.factors = factors
      self.test = test
      self.factorValues = factorValues
      self.testValues = testValues
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
  /// - Throws: ``DisentanglementError/missingInput(metric:input:)`` if there are none,
  ///   ``DisentanglementError/singleClassFactor(metric:factor:)`` if none of them has two classes.
  public func factors(for metric: String) throws(DisentanglementError) -> Factors {
    if let factors {
      let varies = factors.columns.contains { column in
        column.contains { $0 != column[0] }
      }
      guard varies else {
        throw .singleClassFactor(metric: metric, factor: factors.names[0])
      }
      return factors
    }
    guard let factorValues else { throw .missingInput(metric: metric, input: "factors are") }
    let place = factorValues.columns.firstIndex { column in
      column.contains { $0 != $0.rounded() }
    }
    let name = factorValues.names[place ?? 0]
    throw .notApplicable(
      metric: metric,
      reason: "it needs classes, and factor '\(name)' has values; cut it into bins to score it")
  }

  /// Codes with the values of factors: those that were given, else class indices.
  ///
  /// - Throws: ``DisentanglementError/missingInput(metric:input:)`` if there are neither.
  func valuedCodes(for metric: String) throws(DisentanglementError) -> ValuedCodes {
    if let factorValues { return ValuedCodes(checked: codes, values: factorValues) }
    return ValuedCodes(LabelledCodes(checked: codes, factors: try factors(for: metric)))
  }

  /// Training and test samples with the values of factors, as ``trainTestSplit(metric:)``.
  ///
  /// - Throws: ``DisentanglementError`` if there are no factors or too few samples.
  func valuedSplit(metric: String) throws(DisentanglementError) -> ValuedSplit {
    guard factorValues != nil else {
      let split = try trainTestSplit(metric: metric)
      return ValuedSplit(
        train: ValuedCodes(split.train), test: ValuedCodes(split.test), words: split.words)
    }
    let all = try valuedCodes(for: metric)
    func words(_ train: Int, _ test: Int, _ origin: String) -> String {
      "\(train) training and \(test) test samples, \(origin)"
    }
    if let testValues {
      return ValuedSplit(
        train: all, test: testValues,
        words: words(all.sampleCount, testValues.sampleCount, "as given"))
    }
    let rows = try split.rows(of: codes.sampleCount, seed: seed, metric: metric)
    return ValuedSplit(
      train: all.samples(rows.train), test: all.samples(rows.test),
      words: words(rows.train.count, rows.test.count, split.origin(seed: seed)))
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
