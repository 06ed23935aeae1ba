import BenchSupport
import Disentanglement
import LinearAlgebra
import Testing

@Suite("Metric catalog") struct CatalogTests {
  @Test("names are unique and found")
  func names() throws {
    let names = MetricCatalog.all.map(\.name)
    #expect(Set(names).count == names.count)
    for name in names { #expect(try MetricCatalog.metric(named: name).name == name) }
    #expect(MetricCatalog.headline.allSatisfy { !$0.name.contains(":") })
  }

  @Test("unknown names give the nearest")
  func unknownName() {
    let error = #expect(throws: DisentanglementError.self) {
      try MetricCatalog.metric(named: "factor-vae")
    }
    #expect(error?.description.contains("factorvae") == true)
  }

  @Test("a selection keeps the order of the names, each metric once")
  func selection() throws {
    let chosen = try MetricCatalog.metrics(named: ["sap", "mig", "sap"])
    #expect(chosen.map(\.name) == ["sap", "mig"])
    #expect(try MetricCatalog.metrics(named: ["dci", "all"]).first?.name == "dci")
    #expect(try MetricCatalog.metrics(named: ["all"]).count == MetricCatalog.all.count)
  }

  @Test("every result carries its estimator and its details under other names than its scores")
  func results() throws {
    var input = try SyntheticCodes(.mixed, count: 240, noise: 0.4).input()
    for metric in MetricCatalog.all where metric.accepts(input) {
      if metric.name.hasSuffix("discrete") {
        input.codes = try input.codes.mapping { ($1 * 4).rounded() }
      }
      let result = try metric.evaluate(input)
      #expect(result.metric == metric.name)
      #expect(!result.estimator.isEmpty && !result.scores.isEmpty)
      #expect(result.scores.allSatisfy { result.details[$0.name] == nil })
      #expect(result.json["estimator"]?.string == result.estimator)
    }
  }

  @Test("failures are thrown, or listed when asked for")
  func failures() throws {
    let input = try MetricInput(codes: SyntheticCodes(.mixed, count: 60).codes)
    let metrics = try MetricCatalog.metrics(named: ["mig", "unsupervised"])
    #expect(throws: DisentanglementError.self) {
      try MetricCatalog.evaluate(metrics, on: input)
    }
    let report = try MetricCatalog.evaluate(metrics, on: input, skipsFailures: true)
    #expect(report.entries.map(\.result.metric) == ["unsupervised"])
    #expect(report.skipped.map(\.metric) == ["mig"])
  }

  @Test(
    "intervals are repeatable and around the estimate, also of mutual information",
    arguments: ["sap:continuous", "mig", "infomec"])
  func intervals(name: String) throws {
    let input = try SyntheticCodes(.axisAligned, count: 600, noise: 0.3).input()
    let metric = try MetricCatalog.metric(named: name)
    let result = try metric.evaluate(input)
    func intervals() throws -> [ScoreInterval] {
      try metric.intervals(of: result, on: input, resampleCount: 40)
    }
    let found = try intervals()
    #expect(found.map(\.score) == result.scores.map(\.name))
    for interval in found {
      #expect(interval.range.contains(try #require(result[interval.score])), "\(interval)")
      // InfoM moves by a tenth from sample to sample of this size, the others by a hundredth.
      #expect(interval.standardError > 0 && interval.standardError < 0.15, "\(interval)")
    }
    #expect(try intervals() == found)
    #expect(try Parallel.$threadCount.withValue(1) { try intervals() } == found)
  }

  /// The standard error of MIG is its spread over fresh samples of the same kind.
  @Test("standard errors are those of fresh samples")
  func standardError() throws {
    let metric = try MetricCatalog.metric(named: "mig")
    func input(_ seed: UInt64) throws -> MetricInput {
      try SyntheticCodes(.axisAligned, count: 500, noise: 0.3, seed: seed).input()
    }
    let values = try (0..<UInt64(60)).map { try #require(try metric.evaluate(input($0)).value) }
    let rows = Matrix<Double>(rowCount: 60, columnCount: 1, elements: values)
    let spread = try Covariance(rows: rows).matrix[0, 0].squareRoot()
    let errors = try (0..<UInt64(5)).map { seed in
      let input = try input(seed)
      let found = try metric.intervals(of: metric.evaluate(input), on: input)
      return try #require(found.first).standardError
    }
    let mean = errors.reduce(0, +) / 5
    #expect((0.7...1.4).contains(mean / spread), "\(mean) and \(spread)")
  }

  @Test("intervals need samples that can be scored")
  func bootstrapFailure() throws {
    let input = try MetricInput(
      codes: Codes(Matrix<Double>(rowCount: 2, columnCount: 2, elements: [1, 2, 3, 4])),
      factors: Factors(columns: [[0, 1]]))
    let metric = try MetricCatalog.metric(named: "explicitness")
    let other = try MetricCatalog.metric(named: "unsupervised").evaluate(
      SyntheticCodes(.mixed, count: 60).input())
    #expect(throws: DisentanglementError.self) { try metric.intervals(of: other, on: input) }
  }
}
