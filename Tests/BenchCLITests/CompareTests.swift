import BenchSupport
import Foundation
import FoundationXML
import Results
import TestSupport
import Testing

@Suite("bench compare") struct CompareTests {
  private static let thresholds = """
    schema: 1
    rules:
      - {dataset: scenes3d, preset: smoke, metric: mig, absolute: 0.05}
    """

  /// Runs `bench compare` on new values of one model against reference values.
  private func compare(
    _ new: [Double?], reference: [Double?] = [0.30, 0.31, 0.32], thresholds: String = thresholds,
    details: [String: JSONValue] = [:], extra: [String] = [],
    prepare: (String) throws -> Void = { _ in }
  ) async throws -> BenchProcess {
    let folder = try TemporaryFolder()
    let root = folder.path
    try FileManager.default.createDirectory(
      atPath: "\(root)/runs", withIntermediateDirectories: true)
    if !reference.isEmpty { try ResultFixture.write(reference, in: "\(root)/reference") }
    try ResultFixture.write([0.5], model: "always-there", in: "\(root)/runs")
    try ResultFixture.write(new, details: details, in: "\(root)/runs")
    try AtomicFile.write(Array(thresholds.utf8), to: "\(root)/thresholds.yaml")
    try prepare(root)
    return try await BenchProcess.run(
      ["compare", "runs", "--against", "reference", "--thresholds", "thresholds.yaml"] + extra,
      in: root)
  }

  @Test("prints the published tables of the repository, every row with its source")
  func publishedTables() async throws {
    let run = try await BenchProcess.run(["compare", "baselines/"], in: ResultFixture.repository)
    #expect(run.exitCode == 0, "\(run.errors)")
    for table in 1...3 {
      #expect(run.output.contains("arXiv:2507.06613, Table \(table)"))
    }
    let json = try await BenchProcess.run(
      ["compare", "baselines/published", "--json"], in: ResultFixture.repository)
    let tables = try JSONValue(parsing: json.output.utf8)["tables"]?.array ?? []
    let rows = tables.flatMap { $0["rows"]?.array ?? [] }
    #expect(rows.count == 242)
    #expect(rows.allSatisfy { $0["published"]?["source"]?.string?.isEmpty == false })
  }

  @Test("an option that takes a list may be repeated")
  func repeatedLists() async throws {
    func tables(_ extra: String...) async throws -> Set<String?> {
      let run = try await BenchProcess.run(
        ["compare", "baselines/published", "--json"] + extra, in: ResultFixture.repository)
      let tables = try JSONValue(parsing: run.output.utf8)["tables"]?.array ?? []
      return Set(tables.map { $0["metric"]?.string })
    }
    let together = try await tables("--metric", "mig,fid")
    #expect(together == ["MIG", "FID"])
    #expect(try await tables("--metric", "mig", "--metric", "fid") == together)
  }

  @Test("ends with 0 when every limit holds")
  func passes() async throws {
    let run = try await compare([0.29, 0.30, 0.28])
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
    #expect(run.output.hasSuffix("Passed.\n"))
  }

  @Test("writes tables for a paper, with all else as comments")
  func latex() async throws {
    let run = try await compare([0.29, 0.30, 0.28], extra: ["--format", "latex"])
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
    let outside = run.output.replacing(/(?s)\\begin\{tabular\}.*?\\end\{tabular\}/, with: "")
      .split(separator: "\n")
    #expect(outside.allSatisfy { $0.hasPrefix("% ") }, "\(outside)")
    #expect(outside.last == "% Passed.")
    #expect(run.output.contains("0.290 $\\pm$ 0.010 (3)"), "\(run.output)")
  }

  @Test("writes comma-separated values with all digits")
  func csv() async throws {
    let run = try await compare([0.25, 0.5, nil], extra: ["--format", "csv", "--metric", "mig"])
    let lines = run.output.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
    #expect(Set(lines.map(\.count)) == [21], "\(run.output)")
    #expect(lines[0].prefix(5) == ["dataset", "metric", "higher_is_better", "method", "preset"])
    let row = try #require(lines.first { $0[3] == "beta-vae" })
    #expect(row[..<5] == ["scenes3d", "mig", "true", "beta-vae", "smoke"])
    #expect(row[9..<12] == ["0.31", "\(Summary([0.30, 0.31, 0.32]).standardDeviation ?? 0)", "3"])
    // One of the values is undefined: there is no mean.
    #expect(row[12..<15] == ["", "", ""])
  }

  @Test("ends with 1 when a limit does not hold")
  func fails() async throws {
    let run = try await compare([0.20, 0.21, 0.20])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("worse by 0.1067, allowed 0.0500 (absolute)"))
    #expect(run.output.hasSuffix("Failed: 1 of the comparisons.\n"))
  }

  @Test("ends with 1 for a missing run")
  func missing() async throws {
    let run = try await compare([])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("missing: the reference has this, the runs do not"))
  }

  @Test("ends with 0 for a run without a reference")
  func extraRun() async throws {
    let run = try await compare([0.31, 0.30])
    #expect(run.exitCode == 0)
    #expect(run.output.contains("extra: no reference for these runs"))
  }

  @Test("a rule about runs that were left out is no failure, one about runs that are not there is")
  func ruleWithoutRuns() async throws {
    let rules = Self.thresholds + "\n  - {preset: paper, metric: mig, absolute: 0.1}\n"
    let run = try await compare([0.31, 0.30], thresholds: rules, extra: ["--preset", "smoke"])
    #expect(run.exitCode == 0, "\(run.output)")
    let missing = try await compare([0.31, 0.30], thresholds: rules)
    #expect(missing.exitCode == 1)
    #expect(missing.output.contains("rule 2 of the thresholds matches no runs"))
  }

  @Test("ends with 1 for an undefined metric")
  func undefined() async throws {
    let run = try await compare([0.31, nil, 0.30])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("undefined in 1 of 3 runs"))
  }

  @Test("ends with 1 for another protocol")
  func otherProtocol() async throws {
    let run = try await compare([0.31, 0.30], details: ["protocol": "disdiff-pca"])
    #expect(run.exitCode == 1)
    #expect(run.output.contains("different protocol: measured by disdiff-pca, reference by dlib"))
  }

  @Test("judges one seed by absolute limits and refuses to by deviations")
  func oneSeed() async throws {
    #expect(try await compare([0.31], reference: [0.30]).exitCode == 0)
    let sigma = Self.thresholds.replacingOccurrences(of: "absolute: 0.05", with: "sigma: 3")
    let run = try await compare([0.31], reference: [0.30], thresholds: sigma)
    #expect(run.exitCode == 1)
    #expect(run.output.contains("needs at least two reference seeds"))
  }

  @Test(
    "ends with 2 for a malformed result",
    arguments: ["{", #"{"schema": 1, "metrics": {"mig": {"value": NaN}}}"#, #"{"schema": 1}"#])
  func malformedResult(text: String) async throws {
    let run = try await compare([0.31]) { root in
      let path = "\(root)/runs/scenes3d/beta-vae/smoke/seed-0/result.json"
      try AtomicFile.write(Array(text.utf8), to: path)
    }
    run.expectFailure("seed-0/result.json")
  }

  @Test("ends with 2 for malformed thresholds")
  func malformedThresholds() async throws {
    try await compare([0.31], thresholds: "schema: [").expectFailure("thresholds.yaml")
    try await compare([0.31], thresholds: "schema: 1\nrules: [{metric: mig, sgma: 3}]")
      .expectFailure("rules[0].sgma")
  }

  @Test("ends with 2 for paths without results, 64 for wrong options")
  func badPaths() async throws {
    let folder = try TemporaryFolder()
    try await BenchProcess.run(["compare", "none"], in: folder.path)
      .expectFailure("there is no such file or folder")
    try await BenchProcess.run(["compare", "."], in: folder.path)
      .expectFailure("nothing to read there")
    for arguments in [["--margin", "0"], ["--update"], ["--format", "pdf"]] {
      let run = try await BenchProcess.run(["compare", "."] + arguments, in: folder.path)
      #expect(run.exitCode == 64)
    }
  }

  @Test("ends with 1 when a run is significantly worse than the reference, without thresholds")
  func worse() async throws {
    let folder = try TemporaryFolder()
    try ResultFixture.write([0.50, 0.51, 0.52], in: "\(folder.path)/old")
    try ResultFixture.write([0.10, 0.11, 0.12], in: "\(folder.path)/new")
    let worse = try await BenchProcess.run(["compare", "new", "--against", "old"], in: folder.path)
    #expect(worse.exitCode == 1)
    #expect(worse.output.contains("worse (vs reference)"))
    let better = try await BenchProcess.run(
      ["compare", "old", "--against", "new"], in: folder.path)
    #expect(better.exitCode == 0)
    #expect(better.output.contains("better (vs reference)"))
  }

  @Test("refuses a model that the results do not have, with the nearest")
  func versus() async throws {
    let folder = try TemporaryFolder()
    try ResultFixture.write([0.5, 0.6], in: folder.path)
    try await BenchProcess.run(["compare", ".", "--versus", "beta-vea"], in: folder.path)
      .expectFailure("did you mean beta-vae?")
  }

  @Test(
    "refuses names that nothing has, and names that nothing has together",
    arguments: [
      (["--metric", "mig,mgi"], "the metric 'mgi': did you mean --metric mig?"),
      (["--metric", "mig.fild"], "the metric 'mig.fild': did you mean --metric mig?"),
      (["--preset", "smok"], "the preset 'smok': did you mean --preset smoke?"),
      (["--dataset", "scens3d"], "the dataset 'scens3d': did you mean --dataset scenes3d?"),
      (["--dataset", "nothing-like-it"], "there are scenes3d, sprites2d"),
      (["--dataset", "sprites2d", "--preset", "smoke"], "together"),
    ])
  func unknownNames(extra: [String], reason: String) async throws {
    let run = try await compare([0.31, 0.30], extra: extra) { root in
      try ResultFixture.write([0.2], dataset: "sprites2d", preset: "quick", in: "\(root)/runs")
    }
    run.expectFailure(reason)
  }

  @Test("takes names of metrics in capitals, and fields", arguments: ["MIG", "mig.half"])
  func knownNames(metric: String) async throws {
    let run = try await compare(
      [0.31, 0.30], details: ["half": 0.15], extra: ["--metric", metric])
    #expect(run.exitCode == 0, "\(run.output)\(run.errors)")
  }

  @Test("shows little unasked, and says of a metric on own axes how models are read")
  func headlines() async throws {
    let all = try await BenchProcess.run(
      ["compare", "baselines/reference"], in: ResultFixture.repository)
    #expect(!all.output.contains("@pca"), "\(all.output)")
    // One table of mean ranks, the tests of pairs when a metric is asked for.
    #expect(all.output.components(separatedBy: "Mean ranks over ").count == 2, "\(all.output)")
    #expect(!all.output.contains("Ranks by "), "\(all.output)")
    let one = try await BenchProcess.run(
      ["compare", "baselines/reference", "--metric", "dci@readout"], in: ResultFixture.repository)
    #expect(one.output.contains("Ranks by dci@readout"), "\(one.output)")
    let own = try await BenchProcess.run(
      ["compare", "baselines/reference", "--versus", "beta-tcvae", "--metric", "dci"],
      in: ResultFixture.repository)
    #expect(own.output.contains("as they are read: --metric dci@readout"), "\(own.output)")
  }

  @Test("finds the committed references comparable with themselves, and the smoke study's whole")
  func committedReferences() async throws {
    let all = try await BenchProcess.run(
      [
        "compare", "baselines/reference", "--against", "baselines/reference", "--metric", "mse",
        "--json",
      ], in: ResultFixture.repository)
    let tables = try JSONValue(parsing: all.output.utf8)["tables"]?.array ?? []
    let claims = tables.flatMap { $0["rows"]?.array ?? [] }.compactMap { $0["claim"] }
    #expect(claims.count >= 12)
    #expect(claims.allSatisfy { $0["verdict"]?.string != "not comparable" }, "\(all.output)")

    let path = "baselines/reference/scenes3d-smoke.json"
    let limits = ["--thresholds", "baselines/thresholds.yaml", "--preset", "smoke"]
    let whole = try await BenchProcess.run(
      ["compare", path, "--against", path] + limits, in: ResultFixture.repository)
    #expect(whole.exitCode == 0, "\(whole.output)\(whole.errors)")
    let folder = try TemporaryFolder()
    let results = try ResultCollection(paths: ["\(ResultFixture.repository)/\(path)"]).reference
    let part = "\(folder.path)/part.json"
    try ReferenceFile.write(results.filter { $0.seed == 0 }, to: part)
    let lacking = try await BenchProcess.run(
      ["compare", part, "--against", path] + limits, in: ResultFixture.repository)
    #expect(lacking.exitCode == 1)
    #expect(
      lacking.output.contains("1 seeds of the 2 the rule wants, without seed 1 of the reference"))
  }

  @Test("has no better side for the rate, whatever committed references say")
  func rate() async throws {
    let run = try await BenchProcess.run(
      ["compare", "baselines/reference", "--metric", "rate", "--json"],
      in: ResultFixture.repository)
    let tables = try JSONValue(parsing: run.output.utf8)["tables"]?.array ?? []
    #expect(tables.count >= 2 && tables.allSatisfy { $0["higher_is_better"] == JSONValue.null })
  }

  // MARK: - Formats

  @Test("writes JUnit that a strict parser and JUnit's schema accept")
  func junit() async throws {
    let run = try await compare([0.20, 0.21], extra: ["--format", "junit"])
    #expect(run.exitCode == 1)
    let document = JUnitDocument()
    #expect(document.parse(run.output), "\(run.output)")
    #expect(document.problems == [])
    #expect(document.elements["testcase"] == 2 && document.elements["failure"] == 1)
    #expect(document.elements["skipped"] == 1)
  }

  @Test("writes one JSON object with the failures")
  func json() async throws {
    let run = try await compare([0.20, 0.21], extra: ["--json"])
    #expect(run.exitCode == 1)
    let value = try JSONValue(parsing: run.output.utf8)
    #expect(value["failures"]?.array?.count == 1)
    #expect(value["checks"]?.array?.count == 2)
  }

  @Test("writes GitHub's workflow commands")
  func github() async throws {
    let run = try await compare([0.20, 0.21], extra: ["--format", "github"])
    let lines = run.output.split(separator: "\n")
    #expect(
      lines.count == 2 && lines[0].hasPrefix("::error title=bench compare::scenes3d/beta-vae"))
    #expect(lines[1].hasPrefix("::notice "))
  }

  @Test("writes markdown")
  func markdown() async throws {
    let run = try await compare([0.30, 0.31], extra: ["--format", "markdown"])
    #expect(run.output.contains("## scenes3d: mig ↑\n\n| method "))
  }

  // MARK: - Updates

  @Test("writes new references and shows what changes")
  func update() async throws {
    let folder = try TemporaryFolder()
    let root = folder.path
    let rank: JSONValue = ["p": 0.6, "rotations": 199]
    try ResultFixture.write(
      [0.30, 0.32], details: ["rotations": rank, "per_factor": [0.1, 0.5]], in: "\(root)/runs")
    let arguments = ["compare", "runs", "--against", "reference", "--update"]
    let first = try await BenchProcess.run(arguments, in: root)
    #expect(first.exitCode == 0, "\(first.errors)")
    #expect(first.errors.contains("scenes3d/beta-vae/smoke mig: none -> 0.310 ± 0.014 (2)"))
    let path = "\(root)/reference/scenes3d-smoke.json"
    let written = try ResultCollection(paths: [path]).reference
    #expect(written.count == 2)
    #expect(written.allSatisfy { $0.metrics["mig"]?["rotations"] == rank })
    #expect(written.allSatisfy { $0.metrics["mig"]?["per_factor"] == nil })

    try ResultFixture.write([0.40, 0.42], in: "\(root)/runs")
    let second = try await BenchProcess.run(arguments, in: root)
    #expect(second.errors.contains("mig: 0.310 ± 0.014 (2) -> 0.410 ± 0.014 (2)"))
    #expect(try ResultCollection(paths: [path]).reference.map { $0.value("mig") } == [0.4, 0.42])

    // Later runs of other seeds and of another model take nobody's place.
    try ResultFixture.write([0.50, 0.52], model: "other", in: "\(root)/later")
    let third = try await BenchProcess.run(
      ["compare", "later", "--against", "reference", "--update"], in: root)
    #expect(third.exitCode == 0, "\(third.errors)")
    #expect(third.errors.contains("2 results written, 2 others kept"))
    #expect(!third.errors.contains("beta-vae"))
    #expect(
      try ResultCollection(paths: [path]).reference.map { $0.value("mig") }
        == [0.4, 0.42, 0.5, 0.52])
    // The same run twice has no one value.
    let twice = try await BenchProcess.run(
      ["compare", "later", "reference", "--against", "reference", "--update"], in: root)
    #expect(twice.exitCode == 2 && twice.errors.contains("other/smoke/seed-0"))
  }

  @Test("leaves the references as they are if the runs are not complete")
  func incompleteUpdate() async throws {
    let folder = try TemporaryFolder()
    let root = folder.path
    let arguments = ["compare", "runs", "--against", "reference", "--update"]
    try ResultFixture.write([0.30, 0.32], in: "\(root)/runs")
    _ = try await BenchProcess.run(arguments, in: root)
    let path = "\(root)/reference/scenes3d-smoke.json"
    let before = try String(contentsOfFile: path, encoding: .utf8)

    let begun = "\(root)/runs/scenes3d/beta-vae/smoke/seed-2"
    try FileManager.default.createDirectory(atPath: begun, withIntermediateDirectories: true)
    var run = try await BenchProcess.run(arguments + ["--quiet"], in: root)
    #expect(run.exitCode == 2 && run.errors.contains("seed-2 has no result"))
    try FileManager.default.removeItem(atPath: begun)

    try ResultFixture.write([0.2], model: "other", in: "\(root)/runs")
    run = try await BenchProcess.run(arguments + ["--quiet"], in: root)
    #expect(run.exitCode == 2 && run.errors.contains("other/smoke lacks seed 1"))
    try FileManager.default.removeItem(atPath: "\(root)/runs/scenes3d/other")

    try ResultFixture.write([0.30, nil], in: "\(root)/runs")
    run = try await BenchProcess.run(arguments + ["--quiet"], in: root)
    #expect(run.exitCode == 2 && run.errors.contains("has no value for mig"))

    try ResultFixture.write([0.30, 0.32], commit: "unknown", in: "\(root)/runs")
    run = try await BenchProcess.run(arguments + ["--quiet"], in: root)
    #expect(run.exitCode == 2 && run.errors.contains("from which commit"))
    #expect(try String(contentsOfFile: path, encoding: .utf8) == before)
  }
}

/// JUnit XML, checked against the rules of its schema (the Jenkins xUnit plug-in's junit-10.xsd):
/// which element may lie in which, which attributes each must have, and that the counts add up.
private final class JUnitDocument: NSObject, XMLParserDelegate {
  private(set) var problems: [String] = []
  private(set) var elements: [String: Int] = [:]
  private var path: [String] = []
  private var counts: [(expected: [Int], found: [Int])] = []

  private static let parents = [
    "testsuites": [""], "testsuite": ["testsuites"], "testcase": ["testsuite"],
    "failure": ["testcase"], "skipped": ["testcase"],
  ]
  private static let required = [
    "testsuites": ["name", "tests", "failures"], "testsuite": ["name", "tests", "failures"],
    "testcase": ["name", "classname"], "failure": ["message"], "skipped": ["message"],
  ]

  func parse(_ text: String) -> Bool {
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    return parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    elements[name, default: 0] += 1
    if Self.parents[name]?.contains(path.last ?? "") != true {
      problems.append("\(name) within \(path)")
    }
    for attribute in Self.required[name] ?? [] where attributes[attribute] == nil {
      problems.append("\(name) without \(attribute)")
    }
    let kinds = ["testcase", "failure", "skipped"]
    if name == "testsuite" || name == "testsuites" {
      let expected = ["tests", "failures", "skipped"].map { Int(attributes[$0] ?? "") ?? -1 }
      counts.append((expected, [0, 0, 0]))
    }
    if let kind = kinds.firstIndex(of: name) {
      for index in counts.indices { counts[index].found[kind] += 1 }
    }
    path.append(name)
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    path.removeLast()
    if name == "testsuite" || name == "testsuites", let last = counts.popLast(),
      last.expected != last.found
    {
      problems.append("\(name) says \(last.expected), has \(last.found)")
    }
  }
}
