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
      metrics: [
        "mig": ["value": .number($2), "higher_is_better": true],
        "fid": ["value": .number($3), "higher_is_better": false],
      ], provenance: nil)
  }

  @Test("show mean, spread and count, aligned, the best marked in its direction")
  func text() {
    let lines = ResultTable.scores(results, metrics: ["mig", "fid"]).text().split(separator: "\n")
    #expect(lines[0] == "model  seeds           mig ↑           fid ↓")
    #expect(lines[2] == "a          2  0.300 ± 0.141*    15.00 ± 7.07")
    #expect(lines[3] == "b          2   0.100 ± 0.000  5.000 ± 0.000*")
  }

  @Test("are LaTeX with bold best values, and its special characters are written out")
  func latex() {
    var table = ResultTable.scores(results, metrics: ["mig"])
    table.title = "100 % of {β_1} & more"
    table.footnotes = ["± over seeds"]
    table.append(["c_1 & d", "2", .init("0.1", mark: "†")])
    #expect(
      table.latex() == #"""
        % 100 % of {β_1} & more
        \begin{tabular}{lrr}
        \toprule
        model & seeds & mig $\uparrow$ \\
        \midrule
        a & 2 & \textbf{0.300 $\pm$ 0.141} \\
        b & 2 & 0.100 $\pm$ 0.000 \\
        c\_1 \& d & 2 & 0.1$^\dagger$ \\
        \bottomrule
        \end{tabular}
        % ± over seeds
        """#)
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
      results[index].metrics["mig"] = [
        "value": 0.9, "higher_is_better": true, "selection": "selected-on-labels",
      ]
    }
    let text = ResultTable.scores(results, metrics: ["mig"]).text()
    #expect(text.contains("0.900 ± 0.000 †") && !text.contains("0.900 ± 0.000*"))
    #expect(text.contains("selected on labels"))
  }

  @Test("call no value the best where protocols differ")
  func protocols() {
    var results = results
    for index in [0, 1] {
      results[index].metrics["mig"] = [
        "value": 0.9, "higher_is_better": true, "protocol": "other",
      ]
    }
    let text = ResultTable.scores(results, metrics: ["mig", "fid"]).text()
    #expect(text.contains("0.900 ± 0.000") && !text.contains("0.900 ± 0.000*"))
    #expect(!text.contains("0.100 ± 0.000*") && text.contains("5.000 ± 0.000*"))
  }

  @Test("name undefined values")
  func undefined() {
    var results = results
    results[0].metrics["mig"] = ["value": .null]
    #expect(
      ResultTable.scores(results, metrics: ["mig"]).text().contains("undefined in 1 of 2"))
  }

  @Test("take directions from records, which known metrics complete, and never from a name")
  func directions() {
    var result = results[0]
    result.metrics = [
      "fid": ["value": 3], "infomec": ["value": 0.5, "infom": 0.5], "weight": ["value": 1],
      "mine": ["value": 1, "higher_is_better": false], "dci@pca": ["value": 0.2],
      "rate": ["value": 3, "higher_is_better": false],
    ]
    #expect(MetricDirection.of("fid", in: [result]) == nil)
    let known = MetricVocabulary([
      MetricDescription(name: "fid", direction: .lowerIsBetter, unit: "squared distance"),
      MetricDescription(name: "infomec"), MetricDescription(name: "dci", protocolID: "dlib"),
      MetricDescription(name: "mine"), MetricDescription(name: "rate", direction: nil),
    ])
    result = result.described(by: known)
    #expect(MetricDirection.of("fid", in: [result]) == .lowerIsBetter)
    #expect(MetricDirection.of("infomec.infom", in: [result]) == .higherIsBetter)
    #expect(MetricDirection.of("dci@pca", in: [result]) == .higherIsBetter)
    #expect(MetricDirection.of("mine", in: [result]) == .lowerIsBetter)
    #expect(MetricDirection.of("weight", in: [result]) == nil)
    // A metric that is known to have no better side has none, whatever an older record says.
    #expect(MetricDirection.of("rate", in: [result]) == nil)
    #expect(result.metrics["fid"]?["unit"]?.string == "squared distance")
    // How it was measured is known to who measured it alone.
    #expect(result.protocolID("dci@pca") == RunResult.unstatedProtocol)
    #expect(ResultTable.scores([result], metrics: ["weight"]).text().contains("not ranked"))
  }
}
