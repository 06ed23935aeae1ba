import BenchSupport
import Results
import TestSupport
import Testing

/// Runs of one model whose metric takes the given values over seeds 0, 1, …; records of `odd` do not
/// say what the others do: protocol and direction.
func runs(
  _ model: String, dataset: String = "shapes3d", preset: String = "quick", metric: String = "mig",
  _ values: [Double?], details: [String: JSONValue] = [:]
) -> [RunResult] {
  let stated: [String: JSONValue] =
    metric == "odd"
    ? [:] : ["protocol": "dlib", "higher_is_better": .bool(!["fid", "mse"].contains(metric))]
  return values.enumerated().map { seed, value in
    let number: JSONValue = value.map { .number($0) } ?? .null
    return RunResult(
      dataset: .init(name: dataset), model: model, preset: preset, seed: seed,
      metrics: [
        metric: .object(
          stated.merging(details) { $1 }.merging(["value": number]) { $1 })
      ], provenance: nil)
  }
}

/// A published mean of a dlib-protocol metric.
func published(
  _ method: String, _ mean: Double?, _ deviation: Double?, count: Int? = 10,
  dataset: String = "Shapes3D", metric: String = "MIG", protocolID: String? = "dlib",
  spread: String = "runs"
) -> PublishedRow {
  var row = PublishedRow(
    dataset: dataset, method: method, metric: metric, mean: mean, standardDeviation: deviation,
    count: count, direction: .higherIsBetter, source: "Somebody 2020")
  row.median = mean == nil ? 0.4 : nil
  row.spread = spread
  row.protocolID = protocolID
  return row
}

@Suite("Verdicts") struct VerdictTests {
  private func claim(_ new: [RunResult], _ old: [RunResult]) throws -> Claim {
    let comparison = Comparison(runs: new, reference: old, published: [])
    return try #require(comparison.tables.first?.rows.first?.claim)
  }

  private func claim(_ ours: [RunResult], _ row: PublishedRow) throws -> Claim {
    let comparison = Comparison(runs: ours, reference: [], published: [row])
    return try #require(comparison.tables.first?.rows.first?.claim)
  }

  private let low: [Double?] = [0.10, 0.11, 0.12, 0.11]
  private let high: [Double?] = [0.50, 0.51, 0.52, 0.50]

  @Test("follow the metric's direction")
  func direction() throws {
    #expect(try claim(runs("m", high), runs("m", low)).verdict == .better)
    #expect(try claim(runs("m", low), runs("m", high)).verdict == .worse)
    #expect(
      try claim(runs("m", metric: "fid", low), runs("m", metric: "fid", high)).verdict == .better)
    let stated: [String: JSONValue] = ["higher_is_better": false]
    #expect(
      try claim(
        runs("m", metric: "odd", low, details: stated),
        runs("m", metric: "odd", high, details: stated)
      ).verdict == .better)
    #expect(
      try claim(runs("m", metric: "odd", low), runs("m", metric: "odd", high)).verdict
        == .notComparable)
  }

  @Test("are equivalence only where the margin is shown to hold")
  func equivalence() throws {
    let wide: [Double?] = [0.1, 0.9, 0.2, 0.8, 0.5, 0.4, 0.6, 0.3, 0.7, 0.5]
    let near = wide.map { $0.map { $0 + 0.001 } }
    #expect(try claim(runs("m", near + near), runs("m", wide + wide)).verdict == .equivalent)
    let few = try claim(runs("m", [0.1, 0.9]), runs("m", [0.2, 0.7]))
    #expect(few.verdict == .notDistinguishable)
    #expect((few.seedsNeeded ?? 0) > 2)
  }

  @Test("of one seed are none")
  func oneSeed() throws {
    let claim = try claim(runs("m", [0.9]), runs("m", low))
    #expect(claim.verdict == .notDistinguishable && claim.reason == "one seed is no evidence")
  }

  @Test("need the same protocol")
  func protocols() throws {
    let other = runs("m", high, details: ["protocol": "disdiff-pca"])
    let claim = try claim(other, runs("m", low))
    #expect(claim.verdict == .notComparable)
    #expect(claim.reason == "protocol disdiff-pca against dlib")
  }

  @Test("are refused for undefined values and for values selected on labels")
  func refused() throws {
    #expect(try claim(runs("m", [0.1, nil]), runs("m", low)).verdict == .notComparable)
    let picked = runs("m", high, details: ["selection": "selected-on-labels"])
    #expect(try claim(picked, runs("m", low)).reason == "one of them was selected on labels")
    #expect(try claim(picked, ResultsTests.published("m", 0.1, 0.1)).reason == "selected on labels")
    let free = runs("m", high, details: ["selection": "label-free"])
    #expect(try claim(free, runs("m", low)).verdict == .better)
  }

  @Test("against published numbers use what the source states")
  func published() throws {
    let ours = runs("beta-vae", high)
    #expect(try claim(ours, Self.row(0.11, 0.02)).verdict == .better)
    #expect(try claim(ours, Self.row(0.9, 0.02)).verdict == .worse)
    #expect(try claim(ours, Self.row(0.11, 0.02, protocolID: nil)).verdict == .notComparable)
    #expect(try claim(ours, Self.row(0.11, 0.02, spread: "folds")).verdict == .notComparable)
    #expect(try claim(ours, Self.row(nil, nil)).reason == "no published mean")
    let exact = try claim(ours, Self.row(0.11, nil))
    #expect(exact.verdict == .better && exact.reason.contains("taken as exact"))
    let assumed = try claim(ours, Self.row(0.11, 0.02, count: nil))
    #expect(assumed.reason == "3 published runs assumed")
  }

  private static func row(
    _ mean: Double?, _ deviation: Double?, count: Int? = 10, protocolID: String? = "dlib",
    spread: String = "runs"
  ) -> PublishedRow {
    ResultsTests.published(
      "beta-VAE", mean, deviation, count: count, protocolID: protocolID, spread: spread)
  }

  @Test("on a variant of a dataset are not those of the family")
  func variant() throws {
    let ours = runs("beta-vae", dataset: "mpi3d-toy", high)
    let claim = try claim(
      ours, ResultsTests.published("beta-VAE", 0.1, 0.01, dataset: "MPI3D"))
    #expect(claim.verdict == .notComparable && claim.reason.contains("variant"))
  }

  @Test("are corrected over the table")
  func holm() throws {
    let models = ["a", "b", "c"]
    let comparison = Comparison(
      runs: models.flatMap { runs($0, [0.5, 0.52, 0.56]) },
      reference: models.flatMap { runs($0, [0.45, 0.47, 0.5]) }, published: [])
    let claims = comparison.tables[0].rows.compactMap(\.claim)
    #expect(claims.count == 3)
    let first = try #require(claims.first)
    let (p, adjusted) = (first.pValue ?? .nan, first.adjustedPValue ?? .nan)
    #expect(abs(adjusted - min(1, 3 * p)) < 1e-12)
  }

  @Test("can be against one model of the same runs")
  func versus() throws {
    var options = Comparison.Options()
    options.versus = "a"
    let comparison = Comparison(
      runs: runs("a", low) + runs("b", high), reference: [], published: [], options: options)
    let rows = comparison.tables[0].rows
    #expect(rows.first { $0.method == "b" }?.claim?.verdict == .better)
    #expect(rows.first { $0.method == "a" }?.claim == nil)
  }
}

@Suite("Comparison tables") struct ComparisonTableTests {
  @Test("show every published row once, also without runs")
  func everyRow() {
    let rows = [
      published("A", 0.1, 0.01), published("B", 0.2, 0.01), published("C", 3, nil, metric: "FID"),
    ]
    let comparison = Comparison(runs: [], reference: [], published: rows)
    #expect(comparison.tables.map(\.metric) == ["MIG", "FID"])
    #expect(comparison.tables[0].rows.map(\.method) == ["B", "A"])
    #expect(comparison.tables.flatMap(\.rows).compactMap(\.published).count == 3)
  }

  @Test("rank models over datasets and test the best against the others")
  func ranks() throws {
    let datasets = (0..<6).map { "d\($0)" }
    let results = datasets.enumerated().flatMap { index, dataset in
      runs("a", dataset: dataset, [0.5 + 0.01 * Double(index)])
        + runs("b", dataset: dataset, [0.4 + 0.02 * Double(index)])
        + runs("c", dataset: dataset, [0.1])
    }
    let comparison = Comparison(runs: results, reference: [], published: [])
    let ranks = try #require(comparison.ranks.first)
    #expect(ranks.models == ["a", "b", "c"])
    #expect(ranks.analysis.meanRanks == [1, 2, 3])
    // Six differences of one sign: 2 / 2⁶ each, Holm doubles the smallest.
    #expect(ranks.pairs.map { $0.test?.pValue } == [0.03125, 0.03125])
    #expect(ranks.pairs.map(\.adjustedPValue) == [0.0625, 0.0625])
  }

  @Test(
    "stand below a publication's as each model is read without labels, the standard preset first")
  func headline() throws {
    func both(_ model: String, _ preset: String, raw: Double, readout: Double) -> [RunResult] {
      zip(
        runs(model, dataset: "scenes3d", preset: preset, [raw, raw]),
        runs(model, dataset: "scenes3d", preset: preset, metric: "mig@readout", [readout, readout])
      ).map { first, second in
        RunResult(
          dataset: first.dataset, model: model, preset: preset, seed: first.seed,
          metrics: first.metrics.merging(second.metrics) { $1 }, provenance: nil)
      }
    }
    var row = published("Somebody's", 0.4, 0.1)
    row.isPrimary = true
    let results =
      both("m", "quick", raw: 0.11, readout: 0.21) + both("m", "standard", raw: 0.12, readout: 0.32)
      + runs("plain", dataset: "scenes3d", preset: "standard", [0.13, 0.13])
    let text = try ComparisonReport(
      comparison: Comparison(runs: results, reference: [], published: [row])
    ).text(.markdown)
    let lines = text.split(separator: "\n").filter { $0.contains("ours: ") && $0.contains("|") }
    #expect(lines.count == 3)
    #expect(lines.first?.contains("m/standard") == true && lines.first?.contains("0.32") == true)
    #expect(lines.last?.contains("m/quick") == true && lines.last?.contains("0.21") == true)
    #expect(lines.contains { $0.contains("plain/standard") && $0.contains("0.13") })
    #expect(text.contains("chosen without labels"))
  }

  @Test("are the same on every call")
  func deterministic() throws {
    let results = ["x", "y", "z"].flatMap { runs($0, [0.1, 0.2, 0.35]) }
    let texts = try (0..<3).map { _ in
      try ComparisonReport(
        comparison: Comparison(runs: results, reference: results, published: [])
      ).text(.json)
    }
    #expect(Set(texts).count == 1)
  }
}

@Suite("Threshold rules") struct ThresholdTests {
  private func statuses(
    _ rule: (inout Thresholds.Rule) -> Void, new: [RunResult], old: [RunResult]
  ) -> [ThresholdCheck.Status] {
    var first = Thresholds.Rule(metric: "*")
    rule(&first)
    return Thresholds(rules: [first]).checks(runs: new, reference: old).map(\.status)
  }

  @Test("allow being better, and worse within every limit")
  func limits() {
    let old = runs("m", [0.4, 0.5, 0.6])
    let worse = runs("m", [0.35, 0.45, 0.55])
    #expect(statuses({ $0.absolute = 0.06 }, new: worse, old: old) == [.passed])
    #expect(statuses({ $0.absolute = 0.04 }, new: worse, old: old) == [.failed])
    #expect(statuses({ $0.relative = 0.11 }, new: worse, old: old) == [.passed])
    #expect(statuses({ $0.relative = 0.09 }, new: worse, old: old) == [.failed])
    #expect(statuses({ $0.sigma = 0.6 }, new: worse, old: old) == [.passed])
    #expect(statuses({ $0.sigma = 0.4 }, new: worse, old: old) == [.failed])
    #expect(
      statuses(
        {
          $0.sigma = 0.6
          $0.absolute = 0.04
        }, new: worse, old: old) == [.failed])
    #expect(statuses({ $0.absolute = 0 }, new: old, old: worse) == [.passed])
    #expect(
      statuses(
        {
          $0.absolute = 0
          $0.isTwoSided = true
        }, new: old, old: worse) == [.failed])
    #expect(statuses({ $0.minimum = 0.5 }, new: worse, old: []) == [.failed])
    #expect(statuses({ $0.maximum = 0.5 }, new: worse, old: []) == [.passed])
  }

  @Test("turn round for metrics where less is better")
  func lowerIsBetter() {
    let (low, high) = (runs("m", metric: "fid", [10]), runs("m", metric: "fid", [12]))
    #expect(statuses({ $0.absolute = 1 }, new: high, old: low) == [.failed])
    #expect(statuses({ $0.absolute = 1 }, new: low, old: high) == [.passed])
  }

  @Test("fail what is missing, undefined, of another protocol, or of too few seeds")
  func failures() {
    let old = runs("m", [0.4, 0.5])
    #expect(statuses({ $0.absolute = 1 }, new: [], old: old) == [.missing])
    #expect(statuses({ $0.absolute = 1 }, new: runs("m", [0.4, nil]), old: old) == [.undefined])
    let other = runs("m", [0.4], details: ["protocol": "x"])
    #expect(statuses({ $0.absolute = 1 }, new: other, old: old) == [.differentProtocol])
    #expect(
      statuses(
        {
          $0.absolute = 1
          $0.minimumSeeds = 3
        }, new: old, old: old) == [.missing])
    #expect(statuses({ $0.sigma = 9 }, new: old, old: runs("m", [0.4])) == [.failed])
    #expect(statuses({ $0.model = "other*" }, new: old, old: old) == [.missing])
  }

  @Test("leave runs without a reference alone")
  func extra() {
    let new = runs("m", [0.4]) + runs("new", [0.2])
    #expect(statuses({ $0.absolute = 1 }, new: new, old: runs("m", [0.4])) == [.passed, .extra])
  }

  @Test(
    "match names with stars",
    arguments: [
      ("*", "mig", true), ("m*", "mig", true), ("*g", "mig", true), ("m*g", "mig", true),
      ("mig", "mig", true), ("mi", "mig", false), ("m*i*g", "mig", true), ("*x*", "mig", false),
      ("mig*mig", "mig", false), ("beta-*", "beta-tcvae", true),
    ])
  func patterns(pattern: String, name: String, matches: Bool) {
    let results = runs("m", metric: name, [0.1])
    var rule = Thresholds.Rule(metric: pattern)
    rule.absolute = 1
    let status = Thresholds(rules: [rule]).checks(runs: results, reference: results)[0].status
    #expect((status == .passed) == matches)
  }

  @Test(
    "are refused when misspelt",
    arguments: [
      "", "rules: []", "schema: 1", "schema: 1\nrules: []", "schema: 1\nrules: [{metric: mig}]",
      "schema: 1\nrules: [{metric: mig, absolut: 0.1}]", "schema: 1\nrules: [{absolute: 0.1}]",
      "schema: 1\nrules: [{metric: mig, absolute: -0.1}]", "schema: 2\nrules: [{metric: mig}]",
      "schema: 1\nrules: [{metric: mig, absolute: high}]", "[", "a: &a [*a, *a]",
      "a: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
        + "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
        + "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e]",
    ])
  func refused(text: String) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/t.yaml"
    try AtomicFile.write(Array(text.utf8), to: path)
    let error = #expect(throws: ResultError.self) { try Thresholds(path: path) }
    #expect(error?.description.hasPrefix(path) == true)
  }
}
