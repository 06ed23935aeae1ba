import BenchSupport
import Disentanglement
import LinearAlgebra
import Testing

/// Degenerate input: a finite value or a typed error, never NaN, never a crash.
@Suite("Edge cases") struct EdgeCaseTests {
  /// Inputs that have ended other programs in NaN or in an exception.
  static let degenerate: [(name: String, input: @Sendable () throws -> MetricInput)] = [
    ("all latents constant", { try input([3, 3, 3, 3, 3, 3], 1, 2, [0, 1, 2, 0, 1, 2]) }),
    ("one latent constant", { try changed { latent, value in latent == 1 ? 0.25 : value } }),
    ("a range of a few ulps", { try changed { $0 == 1 ? 1 + ($1 > 0 ? 2e-16 : 0) : $1 } }),
    ("a factor with one class", { try withFactor { _ in 4 } }),
    ("a factor with as many classes as samples", { try withFactor { $0 } }),
    ("a class of one sample", { try withFactor { $0 == 0 ? 1 : 0 } }),
    ("huge class numbers", { try withFactor { $0 % 2 == 0 ? 0 : Int.max } }),
    ("one latent", { try reduced([2]) }),
    ("one sample", { try input([1, 2], 2, 1, [0]) }),
    ("two samples", { try input([1, 2, 3, 4], 2, 1, [0, 1]) }),
    ("more latents than samples", { try wide() }),
    ("huge values", { try changed { $1 * 1e300 } }),
    ("tiny values", { try changed { $1 * 1e-300 } }),
    ("subnormal values", { try changed { $1 * 1e-300 * 1e-20 } }),
    ("a huge offset", { try changed { $0 == 0 ? $1 + 1e17 : $1 } }),
    ("perfectly separable", { try SyntheticCodes(.axisAligned, count: 90, noise: 0).input() }),
    ("duplicated latents", { try SyntheticCodes(.duplicated, count: 90, noise: 0).input() }),
  ]

  @Test(
    "every metric gives finite numbers or a typed error",
    arguments: MetricCatalog.all.map(\.name), degenerate.indices)
  func finiteOrTyped(metric: String, index: Int) throws {
    let metric = try MetricCatalog.metric(named: metric)
    let input = try Self.degenerate[index].input()
    do {
      let result = try metric.evaluate(input)
      // JSON has no NaN, so writing it checks every number in scores and details.
      #expect(throws: Never.self, "\(Self.degenerate[index].name)") { try result.json.text() }
      for score in result.scores { #expect(score.value.isFinite) }
    } catch let error as DisentanglementError {
      #expect(error.description.hasSuffix("."))
      #expect(!error.description.contains("nan"))
    }
  }

  @Test("codes refuse NaN and infinity with their place", arguments: [Double.nan, .infinity])
  func notFinite(value: Double) {
    let matrix = Matrix(rowCount: 2, columnCount: 3, elements: [1, 2, 3, 4, value, 6])
    #expect(throws: DisentanglementError.notFinite(array: "codes", row: 1, column: 1)) {
      try Codes(matrix)
    }
  }

  @Test("codes and factors refuse emptiness")
  func empty() {
    #expect(throws: DisentanglementError.empty(array: "codes")) {
      try Codes(Matrix<Float>(rowCount: 0, columnCount: 3))
    }
    #expect(throws: DisentanglementError.empty(array: "factors")) { try Factors(columns: []) }
    #expect(throws: DisentanglementError.empty(array: "factors")) { try Factors(columns: [[]]) }
    #expect(throws: DisentanglementError.empty(array: "attributes")) {
      try Attributes(columns: [])
    }
  }

  @Test("factors and attributes name the place of a bad value")
  func badValues() {
    #expect(throws: DisentanglementError.negativeClass(factor: "factor_1", row: 2, value: -1)) {
      try Factors(columns: [[0, 1, 2], [0, 1, -1]])
    }
    #expect(
      throws: DisentanglementError.classOutOfRange(factor: "hue", row: 1, value: 5, size: 5)
    ) {
      try Factors(columns: [[0, 5, 2]], sizes: [5], names: ["hue"])
    }
    #expect(throws: DisentanglementError.notBinary(attribute: "hat", row: 0, value: -1)) {
      try Attributes(columns: [[-1, 1]], names: ["hat"])
    }
    #expect(
      throws: DisentanglementError.rowMismatch(
        array: "factor 'factor_1'", rows: 1, other: "the first factor", otherRows: 2)
    ) {
      try Factors(columns: [[0, 1], [0]])
    }
  }

  @Test("disagreeing numbers of rows, columns and names are refused")
  func mismatches() throws {
    let sample = try SyntheticCodes(.mixed, count: 20)
    let fewer = sample.factors.samples(Array(0..<19))
    #expect(
      throws: DisentanglementError.rowMismatch(
        array: "factors", rows: 19, other: "codes", otherRows: 20)
    ) {
      try MetricInput(codes: sample.codes, factors: fewer)
    }
    let narrow = try LabelledCodes(codes: sample.codes.latents([0]), factors: sample.factors)
    #expect(
      throws: DisentanglementError.columnMismatch(
        array: "test_codes", columns: 1, other: "codes", otherColumns: 5)
    ) {
      try MetricInput(codes: sample.codes, factors: sample.factors, test: narrow)
    }
    #expect(
      throws: DisentanglementError.columnMismatch(
        array: "factor_names", columns: 1, other: "factors", otherColumns: 2)
    ) {
      try Factors(columns: [[0], [1]], names: ["one"])
    }
  }

  @Test("degenerate factors and latents have their own errors")
  func typedErrors() throws {
    let sample = try SyntheticCodes(.mixed, count: 60)
    let oneClass = try Factors(columns: [sample.factors.columns[0], [Int](repeating: 2, count: 60)])
    #expect(throws: DisentanglementError.singleClassFactor(metric: "mig", factor: "factor_1")) {
      try MutualInformationGap(codes: sample.codes, factors: oneClass)
    }
    #expect(throws: DisentanglementError.tooFewLatents(metric: "mig", needed: 2, found: 1)) {
      try MutualInformationGap(codes: sample.codes.latents([0]), factors: sample.factors)
    }
    let oneFactor = try Factors(columns: [sample.factors.columns[0]])
    #expect(throws: DisentanglementError.tooFewFactors(metric: "modularity", needed: 2, found: 1)) {
      try Modularity(codes: sample.codes, factors: oneFactor)
    }
    let constant = try sample.codes.mapping { $0 == 2 ? 1 : $1 }
    let labelled = try LabelledCodes(codes: constant, factors: sample.factors)
    #expect(throws: DisentanglementError.constantLatent(metric: "explicitness", latent: 2)) {
      try Explicitness(train: labelled, test: labelled)
    }
    let whole = try LabelledCodes(codes: sample.codes, factors: sample.factors)
    let rows = (0..<60).filter { sample.factors.columns[0][$0] != 0 }
    #expect(
      throws: DisentanglementError.missingClass(
        metric: "explicitness", factor: "factor_0", sample: "test")
    ) {
      try Explicitness(train: whole, test: whole.samples(rows))
    }
    #expect(
      throws: DisentanglementError.missingClass(
        metric: "explicitness", factor: "factor_0", sample: "training")
    ) {
      try Explicitness(train: whole.samples(rows), test: whole)
    }
    #expect(throws: DisentanglementError.missingInput(metric: "mig", input: "factors are")) {
      try MetricCatalog.metric(named: "mig").evaluate(MetricInput(codes: sample.codes))
    }
  }

  @Test("no active latent scores 0 in the FactorVAE score, IRS and InfoMEC, as in the references")
  func nothingActive() throws {
    let sample = try SyntheticCodes(.mixed, count: 60)
    let constant = try sample.codes.mapping { _, _ in 2.5 }
    let source = try InterventionSource(codes: constant, factors: sample.factors)
    #expect(try FactorVAEScore(source: source).value == 0)
    #expect(
      try InterventionalRobustness(codes: constant, factors: sample.factors).value == 0)
    let infoMEC = try InfoMEC(codes: constant, factors: sample.factors)
    #expect(infoMEC.infoM == 0 && infoMEC.infoC == 0 && infoMEC.infoE == 0)
  }

  // MARK: - Inputs

  private static func input(
    _ elements: [Double], _ latents: Int, _ factorCount: Int, _ classes: [Int]
  ) throws -> MetricInput {
    let rows = elements.count / latents
    return try MetricInput(
      codes: Codes(Matrix<Double>(rowCount: rows, columnCount: latents, elements: elements)),
      factors: Factors(
        columns: (0..<factorCount).map { shift in
          (0..<rows).map { classes[($0 + shift) % classes.count] }
        }))
  }

  private static func changed(_ change: (Int, Double) -> Double) throws -> MetricInput {
    let sample = try SyntheticCodes(.mixed, count: 90, noise: 0.4)
    return try MetricInput(codes: sample.codes.mapping(change), factors: sample.factors)
  }

  private static func withFactor(_ classOf: (Int) -> Int) throws -> MetricInput {
    let sample = try SyntheticCodes(.mixed, count: 90, noise: 0.4)
    return try MetricInput(
      codes: sample.codes,
      factors: Factors(columns: sample.factors.columns + [(0..<90).map(classOf)]))
  }

  private static func reduced(_ latents: [Int]) throws -> MetricInput {
    let sample = try SyntheticCodes(.mixed, count: 90, noise: 0.4)
    return try MetricInput(codes: sample.codes.latents(latents), factors: sample.factors)
  }

  private static func wide() throws -> MetricInput {
    let sample = try SyntheticCodes(.mixed, count: 12, noise: 0.4)
    let latents = (0..<40).map { $0 % 5 }
    return try MetricInput(
      codes: sample.codes.latents(latents).mapping { $1 + Double($0) }, factors: sample.factors)
  }
}
