import BenchSupport
import Disentanglement
import LinearAlgebra
import Testing

/// What a score must not depend on.
@Suite("Invariances") struct InvarianceTests {
  /// Metrics whose scores do not depend on the order of the latents.
  static let symmetric = [
    "mig", "mig:review", "sap", "sap:continuous", "factorvae", "betavae", "modularity",
    "explicitness", "irs", "irs:paper", "infomec", "infomec:tripod", "mig-sup", "dcimig", "jemmig",
    "med", "unsupervised",
  ]

  /// Metrics that do not see a positive factor and an offset per latent.
  static let scaleFree = [
    "mig", "mig:review", "sap:continuous", "modularity", "explicitness", "infomec", "mig-sup",
    "dcimig", "jemmig", "med",
  ]

  @Test("the order of the latents does not matter", arguments: symmetric, [1, 2])
  func latentOrder(metric: String, seed: UInt64) throws {
    let sample = try SyntheticCodes(.mixed, count: 400, noise: 0.4, seed: seed)
    let metric = try MetricCatalog.metric(named: metric)
    let permuted = try MetricInput(
      codes: sample.codes.latents([3, 1, 4, 0, 2]), factors: sample.factors)
    try expectEqual(metric, try sample.input(), permuted)
  }

  @Test("mirrored latents score the same", arguments: ["sap:continuous", "irs", "med", "betavae"])
  func mirroring(metric: String) throws {
    let sample = try SyntheticCodes(.mixed, count: 400, noise: 0.4)
    let metric = try MetricCatalog.metric(named: metric)
    let mirrored = try MetricInput(
      codes: sample.codes.mapping { $0 % 2 == 0 ? -$1 : $1 }, factors: sample.factors)
    // Mirrored histogram bins: a sample on an edge may change sides, so the tolerance is wider.
    try expectEqual(metric, try sample.input(), mirrored, within: 1e-6)
  }

  @Test("the scale and offset of a latent do not matter", arguments: scaleFree)
  func scaling(metric: String) throws {
    let sample = try SyntheticCodes(.mixed, count: 400, noise: 0.4)
    let metric = try MetricCatalog.metric(named: metric)
    // Powers of two and exact offsets keep every comparison of values as it was; standardised
    // codes round differently, hence the tolerance.
    let scaled = try MetricInput(
      codes: sample.codes.mapping { latent, value in
        value * (latent % 2 == 0 ? 4 : 0.125)
      }, factors: sample.factors)
    var input = try sample.input()
    if metric.name == "infomec" {
      // InfoMEC drops latents whose range is small beside the widest one.
      input.codes = Codes.standardizedRanges(input.codes)
      var other = scaled
      other.codes = Codes.standardizedRanges(scaled.codes)
      try expectEqual(metric, input, other, within: 1e-6)
    } else {
      try expectEqual(metric, input, scaled, within: 1e-6)
    }
  }

  @Test("the number of threads does not matter", arguments: MetricCatalog.all.map(\.name))
  func threadCount(name: String) throws {
    let metric = try MetricCatalog.metric(named: name)
    var input = try SyntheticCodes(.mixed, count: 240, noise: 0.4).input()
    guard metric.accepts(input) else { return }
    if name.hasSuffix("discrete") { input.codes = try input.codes.mapping { ($1 * 4).rounded() } }
    let evaluate = { [input] in try metric.evaluate(input) }
    let one = try Parallel.$threadCount.withValue(1, operation: evaluate)
    let four = try Parallel.$threadCount.withValue(4, operation: evaluate)
    #expect(one == four)
    #expect(try evaluate() == one, "the same seed gives the same result")
  }

  @Test("renumbered classes score the same")
  func classNames() throws {
    let sample = try SyntheticCodes(.mixed, count: 400, noise: 0.4)
    let renumbered = try Factors(
      columns: sample.factors.columns.map { $0.map { $0 * 1_000_000_007 } })
    let input = try MetricInput(codes: sample.codes, factors: renumbered)
    for name in ["mig", "sap", "modularity", "explicitness", "infomec", "med", "factorvae"] {
      try expectEqual(
        try MetricCatalog.metric(named: name), try sample.input(), input, within: 1e-12)
    }
  }

  /// Equal scores; rounding may differ in the last digits because sums run in another order.
  private func expectEqual(
    _ metric: MetricDefinition, _ first: MetricInput, _ second: MetricInput,
    within tolerance: Double = 1e-6, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let (one, other) = try (metric.evaluate(first), metric.evaluate(second))
    #expect(one.scores.map(\.name) == other.scores.map(\.name), sourceLocation: sourceLocation)
    for (a, b) in zip(one.scores, other.scores) {
      #expect(
        abs(a.value - b.value) <= tolerance, "\(metric.name).\(a.name)",
        sourceLocation: sourceLocation)
    }
  }
}

extension Codes {
  /// Every latent scaled by a power of two to a range in [1, 2).
  fileprivate static func standardizedRanges(_ codes: Codes) -> Codes {
    let exponents = (0..<codes.latentCount).map { latent -> Int in
      let values = codes.latent(latent)
      return Int(((values.max() ?? 1) - (values.min() ?? 0)).exponent)
    }
    let scaled = try? codes.mapping { latent, value in
      Double(sign: .plus, exponent: -exponents[latent], significand: 1) * value
    }
    return scaled ?? codes
  }
}
