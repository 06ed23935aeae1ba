import BenchSupport
import Results
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

  @Test("can be against a model of this very name, its runs or else its references, or say so")
  func versusExactly() {
    func claims(_ new: [RunResult], _ old: [RunResult] = []) -> [String: Claim] {
      var options = Comparison.Options()
      options.versus = "b:x=2"
      let rows = Comparison(runs: new, reference: old, published: [], options: options)
        .tables.flatMap(\.rows)
      return rows.reduce(into: [:]) { found, row in found[row.label] = row.claim }
    }
    let together = claims(runs("a", low) + runs("b", low) + runs("b:x=2", high))
    #expect(together.mapValues(\.against) == ["a/quick": "b:x=2", "b/quick": "b:x=2"])
    #expect(together.values.allSatisfy { $0.verdict == .worse })
    #expect(claims(runs("a", low), runs("b:x=2", high))["a/quick"]?.verdict == .worse)
    let elsewhere = runs("b:x=2", preset: "standard", high)
    let missing = claims(runs("a", low) + elsewhere)["a/quick"]
    #expect(missing?.verdict == .notComparable)
    #expect(missing?.reason == "it has no runs with this metric and preset on shapes3d")
  }

  @Test("that are not distinguishable need more seeds than there are, at the corrected level")
  func seedsNeeded() {
    // One such claim alone has p = 0.0106, and d = 4.13: three seeds have a power of 96 %.
    let models = (0..<6).map { "m\($0)" }
    let comparison = Comparison(
      runs: models.flatMap { runs($0, [0.50, 0.51, 0.53]) },
      reference: models.flatMap { runs($0, [0.45, 0.46, 0.47]) }, published: [])
    let claims = comparison.tables[0].rows.compactMap(\.claim)
    #expect(claims.count == 6 && claims.allSatisfy { $0.verdict == .notDistinguishable })
    #expect(claims.allSatisfy { $0.seedsNeeded == 4 })
  }

  @Test("against a number taken as exact need the seeds of a test of one sample")
  func seedsNeededOfOneSample() throws {
    // d = 0.5: 34 seeds; two samples with the same standard error would need 33 each.
    let claim = try claim(runs("beta-vae", [0.4, 0.5, 0.6]), Self.row(0.45, nil))
    #expect(claim.verdict == .notDistinguishable && claim.seedsNeeded == 34)
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

  @Test("rank models by no metric of which they have values of several protocols")
  func protocolsOfRanks() {
    func ranks(_ id: JSONValue) -> [RankSummary] {
      let results = ["d0", "d1"].flatMap { dataset in
        runs("a", dataset: dataset, [0.5])
          + runs("b", dataset: dataset, [0.4], details: ["protocol": id])
      }
      return Comparison(runs: results, reference: [], published: []).ranks
    }
    #expect(ranks("dlib").map(\.models) == [["a", "b"]])
    #expect(ranks("disdiff-pca").isEmpty)
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
