import BenchSupport
import FoundationEssentials
import Results
import TestSupport
import Testing

@Suite("Run results") struct RunResultTests {
  static let complete = RunResult(
    dataset: .init(name: "scenes3d", checksum: "sha256:00ff"), model: "beta-vae", preset: "quick",
    seed: 3,
    metrics: [
      "mig": ["value": 0.25, "per_factor": [0.1, 0.4]],
      "dci": ["value": .null, "disentanglement": 0.5, "protocol": "gbt"],
    ],
    curves: ["mig": Curve(xLabel: "rate (nats)", yLabel: "MIG", x: [1, 2], y: [0.1, 0.2])],
    provenance: Provenance(
      commit: "abc", versions: ["bench": "0.1.0"],
      host: Host(cpu: "x", coreCount: 2, memoryBytes: 1 << 30, gpu: nil, system: "Linux"),
      threadCount: 2, wallSeconds: 1.5, peakMemoryBytes: 1 << 20, date: "2026-01-31T12:00:00Z",
      commandLine: ["bench", "disentangle"], config: ["beta": 4.5]))

  @Test("come back from the file as they were written")
  func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/result.json"
    try Self.complete.write(to: path)
    #expect(try RunResult(path: path) == Self.complete)
  }

  @Test("give values, fields of metrics, and NaN where a metric is undefined")
  func values() throws {
    #expect(Self.complete.value("mig") == 0.25)
    #expect(Self.complete.value("dci")?.isNaN == true)
    #expect(Self.complete.value("sap") == nil)
    #expect(Self.complete.protocolID("dci") == "gbt")
    #expect(Self.complete.protocolID("mig") == RunResult.unstatedProtocol)
  }

  @Test("give fields that are undefined, picked on labels and measured as their metric is")
  func fields() {
    var result = Self.complete
    result.metrics["dci@best"] = [
      "value": 0.5, "completeness": 0.4, "protocol": "gbt", "selection": "selected-on-labels",
    ]
    #expect(result.value("dci@best.completeness") == 0.4)
    #expect(result.value("dci@best.modularity") == nil)
    #expect(result.isSelectedOnLabels("dci@best.completeness"))
    #expect(result.protocolID("dci@best.completeness") == "gbt")
    #expect(result.value("dci.disentanglement")?.isNaN == true)
    #expect(!result.isSelectedOnLabels("dci.disentanglement"))
  }

  static let wrongFields: [(String, JSONValue)] = [
    ("schema", "one"), ("dataset", "scenes3d"), ("model", 3), ("seed", -1),
    ("metrics", ["mig": 0.2]), ("metrics", ["mig": ["values": 0.2]]),
    ("metrics", ["mig": ["value": "high"]]), ("provenance", ["commit": 1]),
    ("curves", ["mig": ["x": [1], "y": [1, 2], "x_label": "a", "y_label": "b"]]),
    ("curves", ["mig": ["x": [1], "y": [1], "x_label": "a", "y_label": "b", "log_x": "yes"]]),
  ]

  @Test("are refused with the field's name", arguments: wrongFields)
  func refusal(field: String, value: JSONValue) throws {
    guard case .object(var members) = Self.complete.json else { return }
    members[field] = value
    let error = #expect(throws: ResultError.self) {
      try RunResult(.object(members), path: "r.json")
    }
    #expect(error?.description.hasPrefix("r.json: the field '\(field)") == true)
  }

  @Test("of a newer schema ask for a newer program")
  func newerSchema() throws {
    guard case .object(var members) = Self.complete.json else { return }
    members["schema"] = 99
    #expect(throws: ResultError.unsupportedSchema(path: "r.json", found: 99, supported: 1)) {
      try RunResult(.object(members), path: "r.json")
    }
  }

  @Test("that are not JSON are called damaged", arguments: ["", "{", "[1, NaN]", "\u{0}\u{1}"])
  func damaged(text: String) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/result.json"
    try AtomicFile.write(Array(text.utf8), to: path)
    let error = #expect(throws: ResultError.self) { try RunResult(path: path) }
    #expect(error?.description.contains("cannot be parsed: it is not JSON") == true)
    #expect(throws: FileError.self) { try RunResult(path: "\(folder.path)/none.json") }
    #expect(throws: FileError.self) { try RunResult(path: folder.path) }
  }

  @Test("record this process")
  func provenance() throws {
    let record = Provenance.now(versions: ["libtorch": "2.11.0"], gpu: nil, wallSeconds: 2)
    #expect(record.versions["libtorch"] == "2.11.0")
    #expect(record.versions["bench"] == benchVersion)
    #expect((record.peakMemoryBytes ?? 0) > 1 << 20)
    #expect(record.host.coreCount >= 1 && record.host.memoryBytes > 1 << 28)
    #expect(record.commit == "unknown" || record.commit.count >= 7)
    #expect(try Provenance(record.json, path: "p") == record)
    var unknown = record
    unknown.peakMemoryBytes = nil
    #expect(try Provenance(unknown.json, path: "p") == unknown)
  }
}

@Suite("Run folders") struct RunDirectoryTests {
  @Test("have the documented layout")
  func layout() throws {
    let run = try RunDirectory(
      root: "runs/", dataset: "scenes3d", model: "beta-vae", preset: "quick", seed: 4)
    #expect(run.path == "runs/scenes3d/beta-vae/quick/seed-4")
    #expect(run.resultPath == "runs/scenes3d/beta-vae/quick/seed-4/result.json")
  }

  @Test("have no names that lead elsewhere", arguments: ["", "..", "a/b", "a b", ".hidden", "é"])
  func names(name: String) {
    #expect(throws: ResultError.invalidName(name)) {
      try RunDirectory(root: "runs", dataset: "d", model: name, preset: "p", seed: 0)
    }
  }

  @Test("belong to one holder at a time")
  func lock() throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(
      root: folder.path, dataset: "d", model: "m", preset: "p", seed: 0)
    do {
      let lock = try run.lock()
      let error = #expect(throws: ResultError.self) { _ = try run.lock() }
      #expect(error?.description.contains("is in use by process ") == true)
      // Nor is it taken away from under its holder.
      #expect(throws: ResultError.self) { try run.remove() }
      #expect(FileManager.default.fileExists(atPath: run.imagesPath))
      _ = consume lock
    }
    _ = try run.lock()
    try run.remove()
    #expect(!FileManager.default.fileExists(atPath: run.path))
    try run.remove()
  }

  @Test("that cannot be created are refused")
  func unwritable() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write([1], to: "\(folder.path)/file")
    for root in ["\(folder.path)/file", "/proc/bench-runs"] {
      let run = try RunDirectory(root: root, dataset: "d", model: "m", preset: "p", seed: 0)
      let error = #expect(throws: ResultError.self) { _ = try run.lock() }
      #expect(error?.description.contains("cannot be used as a run folder") == true)
    }
  }

  @Test("with results are found")
  func complete() throws {
    let folder = try TemporaryFolder()
    for seed in [1, 0] {
      let run = try RunDirectory(
        root: folder.path, dataset: "d", model: "m", preset: "p", seed: seed)
      _ = try run.lock()
      #expect(!run.isComplete)
      if seed == 0 { try RunResultTests.complete.write(to: run.resultPath) }
    }
    #expect(
      RunDirectory.complete(under: folder.path).map { $0.path.hasSuffix("/seed-0") } == [true])
  }
}
