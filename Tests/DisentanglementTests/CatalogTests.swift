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

  @Test("bootstrap intervals are repeatable, ordered and near the estimate")
  func bootstrap() throws {
    let input = try SyntheticCodes(.axisAligned, count: 600, noise: 0.3).input()
    let metric = try MetricCatalog.metric(named: "sap:continuous")
    let value = try #require(try metric.evaluate(input).value)
    let interval = try #require(try metric.bootstrapIntervals(input, resampleCount: 60).first)
    #expect(interval.score == "value")
    #expect(interval.range.contains(value))
    #expect(interval.standardError > 0 && interval.standardError < 0.05)
    #expect(try metric.bootstrapIntervals(input, resampleCount: 60).first == interval)
    let alone = try Parallel.$threadCount.withValue(1) {
      try metric.bootstrapIntervals(input, resampleCount: 60).first
    }
    #expect(alone == interval)
  }

  @Test("intervals need samples that can be scored")
  func bootstrapFailure() throws {
    let input = try MetricInput(
      codes: Codes(Matrix<Double>(rowCount: 2, columnCount: 2, elements: [1, 2, 3, 4])),
      factors: Factors(columns: [[0, 1]]))
    let metric = try MetricCatalog.metric(named: "explicitness")
    #expect(throws: DisentanglementError.self) { try metric.bootstrapIntervals(input) }
  }
}
