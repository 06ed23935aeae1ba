public import BenchSupport
import FoundationEssentials

/// Everything that result files under some paths say.
public struct ResultCollection: Sendable, Equatable {
  /// Results of run folders, in the order of their paths.
  public var runs: [RunResult] = []
  /// Results of reference files.
  public var reference: [RunResult] = []
  /// Rows of published tables.
  public var published: [PublishedRow] = []
  /// Run folders without a result: begun or planned, not finished.
  public var incomplete: [String] = []

  /// Creates a collection of nothing.
  public init() {}

  /// The results of runs and reference files together.
  public var results: [RunResult] { runs + reference }

  /// Drops results and incomplete runs of other presets and datasets; empty lists drop nothing.
  public mutating func keep(presets: [String], datasets: [String]) {
    func isKept(_ result: RunResult) -> Bool {
      (presets.isEmpty || presets.contains(result.preset))
        && (datasets.isEmpty
          || datasets.map(DatasetName.family).contains(DatasetName.family(result.dataset.name)))
    }
    runs = runs.filter(isKept)
    reference = reference.filter(isKept)
    incomplete = incomplete.filter { path in
      // .../<dataset>/<model>/<preset>/seed-<n>
      let parts = path.split(separator: "/").suffix(4).map(String.init)
      guard parts.count == 4 else { return true }
      return (presets.isEmpty || presets.contains(parts[2]))
        && (datasets.isEmpty
          || datasets.map(DatasetName.family).contains(DatasetName.family(parts[0])))
    }
  }

  /// Reads files and, for folders, every file of results in them.
  ///
  /// Within folders, `result.json` is a run and other `.json` files with a `schema` are references
  /// or published tables; checkpoints and files of other programs are passed over.
  ///
  /// - Parameters:
  ///   - paths: The files and folders.
  ///   - known: The metrics whose direction and unit are filled in where a record does not say them.
  /// - Throws: `FileError` or ``ResultError`` for what cannot be read,
  ///   ``ResultError/nothingFound(path:expected:)`` if a path holds no results at all.
  public init(paths: [String], known: MetricVocabulary = MetricVocabulary([])) throws {
    for path in paths { try read(path) }
    runs = runs.map { $0.described(by: known) }
    reference = reference.map { $0.described(by: known) }
    published = published.filter(\.isPrimary) + published.filter { !$0.isPrimary }
    for results in [runs, reference] {
      var seen: Set<String> = []
      for result in results where !seen.insert(result.name).inserted {
        throw ResultError.duplicate(run: result.name)
      }
    }
  }

  private mutating func read(_ path: String) throws {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.cannotRead(path: path, reason: "there is no such file or folder")
    }
    guard isFolder else {
      guard try readFileOfResults(path) else {
        throw ResultError.missingField(path: path, field: "schema")
      }
      return
    }
    let before = self
    let root = path.count > 1 ? path.trimmingSuffix { $0 == "/" } : path
    let names = try FileManager.default.subpathsOfDirectory(atPath: root).sorted()
    for name in names where !Self.isSkipped(name) {
      if name.hasSuffix(".json") { _ = try readFileOfResults("\(root)/\(name)") }
      if name.split(separator: "/").last?.hasPrefix("seed-") == true {
        let run = RunDirectory(path: "\(root)/\(name)")
        if !run.isComplete { incomplete.append(run.path) }
      }
    }
    guard self != before else {
      throw ResultError.nothingFound(path: path, expected: "result.json or baseline files")
    }
  }

  private static func isSkipped(_ name: String) -> Bool {
    name.split(separator: "/").contains {
      $0 == "checkpoint" || $0 == "images" || $0.hasPrefix(".")
    }
  }

  /// Reads one file.
  ///
  /// - Returns: Whether it is a file of results.
  private mutating func readFileOfResults(_ path: String) throws -> Bool {
    let value = try readJSON(path)
    guard let schema = value["schema"], case .object = value else { return false }
    if case .integer(let number) = schema, number > RunResult.schema {
      throw ResultError.unsupportedSchema(path: path, found: number, supported: RunResult.schema)
    }
    switch value["kind"]?.string {
    case nil: runs.append(try RunResult(value, path: path))
    case "published": published += try PublishedRow.rows(of: value, path: path)
    case "reference": reference += try ReferenceFile.results(of: value, path: path)
    case let kind?:
      throw ResultError.invalidField(
        path: path, field: "kind", expected: "'published' or 'reference'", found: "'\(kind)'")
    }
    return true
  }
}

/// Files of results that new runs are compared with: one per dataset and preset.
public enum ReferenceFile {
  static func results(of value: JSONValue, path: String) throws(ResultError) -> [RunResult] {
    let reader = try FieldReader(value, path: path)
    guard let items = try reader.required("results").array else {
      throw reader.invalid("results", expected: "a list")
    }
    var results: [RunResult] = []
    for (index, item) in items.enumerated() {
      results.append(try RunResult(item, path: "\(path), results[\(index)]"))
    }
    return results
  }

  /// The name of the file for a dataset and preset.
  public static func name(dataset: String, preset: String) -> String {
    "\(dataset)-\(preset).json"
  }

  /// Writes results of one dataset and preset, without curves and long lists.
  ///
  /// - Throws: `FileError`.
  public static func write(_ results: [RunResult], to path: String) throws {
    let sorted = results.sorted { ($0.model, $0.seed) < ($1.model, $1.seed) }
    let value: JSONValue = [
      "schema": .integer(RunResult.schema), "kind": "reference",
      "results": .array(sorted.map { $0.forReference().json }),
    ]
    try AtomicFile.write(Array((value.text() + "\n").utf8), to: path)
  }
}

extension RunResult {
  /// The result with what a comparison needs and no more, and the rank among rotations, a test that cannot be made again
  /// without the run.
  fileprivate func forReference() -> RunResult {
    var result = self
    result.curves = [:]
    result.metrics = metrics.mapValues { metric in
      guard case .object(let members) = metric else { return metric }
      return .object(
        members.filter { $0.key == "value" || $0.key == "rotations" || $0.value.isScalar })
    }
    return result
  }
}

extension JSONValue {
  fileprivate var isScalar: Bool {
    switch self {
    case .bool, .integer, .number, .string: true
    case .null, .array, .object: false
    }
  }
}
