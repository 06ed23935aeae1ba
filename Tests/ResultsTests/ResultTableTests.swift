import BenchSupport
import Results
import Testing

@Suite("Result tables") struct ResultTableTests {
  @Test("a wide table is turned on its side")
  func transposed() {
    let table = ResultTable(
      title: "t", header: ["model", "mig", "dci"],
      rows: [["a", "1", .init("2", isBest: true)], ["b", "3"]], footnotes: ["f"])
    #expect(
      table.transposed
        == ResultTable(
          title: "t", header: ["model", "a", "b"],
          rows: [["mig", "1", "3"], ["dci", .init("2", isBest: true), ""]], footnotes: ["f"]))
  }

  let results = [("a", 0, 0.2, 10.0), ("a", 1, 0.4, 20), ("b", 0, 0.1, 5), ("b", 1, 0.1, 5)].map {
    RunResult(
      dataset: .init(name: "d"), model: $0, preset: "p", seed: $1,
      metrics: ["mig": ["value": .number($2)], "fid": ["value": .number($3)]], provenance: nil)
  }

  @Test("show mean, spread and count, aligned, the best marked in its direction")
  func text() {
    let lines = ResultTable.scores(results, metrics: ["mig", "fid"]).text().split(separator: "\n")
    #expect(lines[0] == "model  seeds           mig ↑           fid ↓")
    #expect(lines[2] == "a          2  0.300 ± 0.141*    15.00 ± 7.07")
    #expect(lines[3] == "b          2   0.100 ± 0.000  5.000 ± 0.000*")
  }

  @Test("are markdown with bold best values")
  func markdown() {
    let lines = ResultTable.scores(results, metrics: ["mig"]).markdown().split(separator: "\n")
    #expect(lines[0] == "| model | seeds |             mig ↑ |")
    #expect(lines[1] == "|-------|------:|------------------:|")
    #expect(lines[2] == "| a     |     2 | **0.300 ± 0.141** |")
  }

  @Test("never call a value picked on labels the best")
  func selected() {
    var results = results
    for index in [0, 1] {
      results[index].metrics["mig"] = ["value": 0.9, "selection": "selected-on-labels"]
    }
    let text = ResultTable.scores(results, metrics: ["mig"]).text()
    #expect(text.contains("0.900 ± 0.000 †") && !text.contains("0.900 ± 0.000*"))
    #expect(text.contains("selected on labels"))
  }

  @Test("name undefined values")
  func undefined() {
    var results = results
    results[0].metrics["mig"] = ["value": .null]
    #expect(
      ResultTable.scores(results, metrics: ["mig"]).text().contains("undefined in 1 of 2"))
  }

  @Test("know directions under every name of a metric")
  func directions() {
    #expect(MetricDirection.of("DCI-D") == .higherIsBetter)
    #expect(MetricDirection.of("infomec.infom") == .higherIsBetter)
    #expect(MetricDirection.of("FID") == .lowerIsBetter)
    #expect(MetricDirection.of("sap:continuous") == .higherIsBetter)
    #expect(MetricDirection.of("weight") == nil)
  }
}
