import BenchSupport
import Results
import TestSupport
import Testing

/// Runs that record their data and their configuration.
private func recorded(
  _ runs: [RunResult], checksum: String? = "sha256:00", _ config: JSONValue = ["latent_count": 10]
) -> [RunResult] {
  runs.map { run in
    var run = run
    run.dataset.checksum = checksum
    run.provenance = Provenance(
      commit: "abc", versions: [:],
      host: Host(cpu: "x", coreCount: 1, memoryBytes: 1 << 30, gpu: nil, system: "Linux"),
      threadCount: 1, wallSeconds: 1, peakMemoryBytes: nil, date: "2026-01-31T12:00:00Z",
      commandLine: [], config: config)
    return run
  }
}

@Suite("Runs of other data or budgets") struct ConditionTests {
  private let low: [Double?] = [0.10, 0.11, 0.12, 0.11]
  private let high: [Double?] = [0.50, 0.51, 0.52, 0.50]

  private func claim(_ new: [RunResult], _ old: [RunResult]) throws -> Claim {
    let comparison = Comparison(runs: new, reference: old, published: [])
    return try #require(comparison.tables.first?.rows.first?.claim)
  }

  /// The verdict on the first model against the second, which has other values.
  private func versus(
    _ model: String, _ config: JSONValue, _ other: String, _ otherConfig: JSONValue
  ) -> Verdict? {
    var options = Comparison.Options()
    options.versus = other
    let results = recorded(runs(model, high), config) + recorded(runs(other, low), otherConfig)
    let comparison = Comparison(runs: results, reference: [], published: [], options: options)
    return comparison.tables[0].rows.first { $0.method == model }?.claim?.verdict
  }

  private static let budget: JSONValue = [
    "latent_count": 10, "sample_count": 1000, "training": ["stepCount": 100],
    "generation": ["sample_count": 5000, "denoiser_training": ["stepCount": 200]],
  ]

  static let otherBudgets: [(JSONValue, String)] = [
    (["latent_count": 6], "the number of latents differs: 6 against 10"),
    (["training": ["stepCount": 50]], "the number of training steps differs: 50 against 100"),
    (["generation": ["sample_count": 500]], "the number of samples differs: 500 against 5000"),
    (
      ["samples_from": "folder", "sample_count": 500],
      "the number of samples differs: 500 against 5000"
    ),
    (
      ["generation": ["denoiser_training": ["stepCount": 20]]],
      "the number of second-stage steps differs: 20 against 200"
    ),
  ]

  @Test("are not comparable, and the reason is named", arguments: otherBudgets)
  func budgets(config: JSONValue, reason: String) throws {
    let old = recorded(runs("m", low), Self.budget)
    let claim = try claim(recorded(runs("m", high), config), old)
    #expect(claim.verdict == .notComparable && claim.reason == reason)
  }

  @Test("are not comparable on data of another checksum, nor among themselves")
  func checksums() throws {
    let old = recorded(runs("m", low))
    let others = recorded(runs("m", high), checksum: "sha256:01")
    #expect(
      try claim(others, old).reason
        == "the dataset checksum differs: sha256:01 against sha256:00")
    let mixed = Array(recorded(runs("m", high)).prefix(2) + others.suffix(2))
    #expect(
      try claim(mixed, old).reason
        == "among the runs the dataset checksum differs: sha256:00, sha256:01")
  }

  @Test("are told by what both record alone")
  func unrecorded() throws {
    let old = recorded(runs("m", low), Self.budget)
    #expect(try claim(runs("m", high), old).verdict == .better)
    #expect(try claim(recorded(runs("m", high), checksum: nil, [:]), old).verdict == .better)
    // The images that a model is measured on are not samples of its own.
    #expect(try claim(recorded(runs("m", high), ["sample_count": 500]), old).verdict == .better)
  }

  @Test("are not those whose steps fit into the same time, or were another run's")
  func sameTime() throws {
    func config(_ steps: JSONValue, _ generation: JSONValue) -> JSONValue {
      ["training": ["stepCount": steps], "generation": generation]
    }
    func verdict(_ config: JSONValue, _ other: JSONValue) throws -> Verdict {
      try claim(recorded(runs("m", high), config), recorded(runs("m", low), other)).verdict
    }
    let hour: JSONValue = ["minutes": 60]
    #expect(try verdict(config(120, hour), config(100, hour)) == .better)
    #expect(try verdict(config(120, hour), config(120, [:])) == .notComparable)
    #expect(try verdict(config(120, ["checkpoint": "a"]), config(100, [:])) == .better)
  }

  @Test("are not models that take a share of the steps that the preset's name says")
  func share() {
    let (half, whole): (JSONValue, JSONValue) = (
      ["metrics": ["mig"], "training": ["stepCount": 50]],
      ["metrics": ["mig"], "training": ["stepCount": 100]]
    )
    #expect(versus("factor-vae:updates=half", half, "beta-vae", whole) == .better)
    // The name of a preset that only generates says nothing of them.
    let (few, many): (JSONValue, JSONValue) = (
      ["metrics": [], "training": ["stepCount": 50]],
      ["metrics": [], "training": ["stepCount": 100]]
    )
    #expect(versus("ddpm", few, "multi-beta-vae", many) == .notComparable)
  }

  @Test("fail thresholds")
  func thresholds() throws {
    var rule = Thresholds.Rule(metric: "mig")
    rule.absolute = 1
    let check = try #require(
      Thresholds(rules: [rule]).checks(
        runs: recorded(runs("m", low), ["latent_count": 6]), reference: recorded(runs("m", low))
      ).first)
    #expect(check.status == .notComparable && check.isFailure)
    #expect(check.message == "the number of latents differs: 6 against 10")
  }

  @Test("have no best score")
  func best() {
    let old = recorded(runs("a", low))
    func text(_ config: JSONValue) -> String {
      ResultTable.scores(old + recorded(runs("b", [0.5, 0.5]), config), metrics: ["mig"]).text()
    }
    #expect(text(["latent_count": 10]).contains("0.500 ± 0.000*"))
    #expect(!text(["latent_count": 6]).contains("0.500 ± 0.000*"))
  }

  @Test("do not become references beside others, unless they take the place of all")
  func updates() throws {
    let folder = try TemporaryFolder()
    let root = folder.path
    func update(_ runs: [RunResult]) throws {
      try ReferenceUpdate(runs: runs, incomplete: []).write(to: root) { _ in }
    }
    try update(recorded(runs("a", [0.1, 0.2])))
    let path = "\(root)/shapes3d-quick.json"
    let before = try ResultCollection(paths: [path]).reference
    let other: JSONValue = ["latent_count": 6]
    let kept = #expect(throws: ResultError.self) {
      try update(recorded(runs("b", [0.1, 0.2]), other))
    }
    #expect(
      kept?.description.contains(
        "the number of latents of shapes3d/b/quick/seed-0 is 6, that of shapes3d/a/quick/seed-0 10")
        == true)
    let mixed = #expect(throws: ResultError.self) {
      try update(
        recorded(runs("a", [0.1, 0.2])) + recorded(runs("b", [0.1, 0.2]), checksum: "sha256:01"))
    }
    #expect(mixed?.description.contains("the dataset checksum of") == true)
    #expect(try ResultCollection(paths: [path]).reference == before)
    try update(recorded(runs("a", [0.1, 0.2]), other))
    #expect(try ResultCollection(paths: [path]).reference != before)
  }
}
