import BenchSupport
import Results
import TestSupport
import Testing

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

  @Test("say which seeds of the reference the runs lack, and fail too few")
  func lackingSeeds() {
    let old = runs("m", [0.4, 0.5, 0.6])
    var rule = Thresholds.Rule(metric: "mig")
    rule.absolute = 1
    let passed = Thresholds(rules: [rule]).checks(runs: [old[1]], reference: old)[0]
    #expect(passed.status == .passed)
    #expect(passed.message.hasSuffix(", without seed 0, seed 2 of the reference"))
    rule.minimumSeeds = 3
    let failed = Thresholds(rules: [rule]).checks(runs: [old[1]], reference: old)[0]
    #expect(failed.status == .missing)
    #expect(
      failed.message
        == "1 seeds of the 3 the rule wants, without seed 0, seed 2 of the reference")
  }

  @Test("fail changes to either side of a metric without a better one", arguments: [false, true])
  func undirected(isTwoSided: Bool) {
    let (low, high) = (runs("m", metric: "odd", [10]), runs("m", metric: "odd", [12]))
    for (new, old) in [(low, high), (high, low)] {
      let found = statuses(
        {
          $0.absolute = 1
          $0.isTwoSided = isTwoSided
        }, new: new, old: old)
      #expect(found == [.failed])
    }
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
