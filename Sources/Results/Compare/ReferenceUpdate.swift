import BenchSupport
import FoundationEssentials

/// New references from complete runs, beside the references of other models and seeds.
public struct ReferenceUpdate: Sendable {
  private let runs: [RunResult]
  private let incomplete: [String]

  /// Prepares an update.
  ///
  /// - Parameters:
  ///   - runs: The new results.
  ///   - incomplete: Run folders without a result; any makes the update fail.
  public init(runs: [RunResult], incomplete: [String]) {
    self.runs = runs
    self.incomplete = incomplete
  }

  /// Writes one file per dataset and preset into a folder and reports what changes.
  ///
  /// A run takes the place of the reference of its model and seed; all others of the file stay.
  ///
  /// - Parameters:
  ///   - folder: The folder; created if it is not there.
  ///   - note: Called with each line of the report.
  /// - Throws: ``ResultError/incomplete(reason:)`` before anything is written; `FileError`, and ``ResultError`` for a
  ///   file in the folder that is none of references.
  public func write(to folder: String, note: (String) -> Void) throws {
    try check()
    let files = try files(in: folder)
    for file in files { try checkConditions(of: file.new, beside: file.kept) }
    try createFolder(folder)
    for file in files {
      for line in changes(from: file.old, to: file.kept + file.new) { note(line) }
      try ReferenceFile.write(file.kept + file.new, to: file.path)
      note("\(file.path): \(file.new.count) results written, \(file.kept.count) others kept")
    }
  }

  /// What becomes of one file of references.
  private struct File {
    let path: String
    let old: [RunResult]
    let new: [RunResult]

    /// The references whose place no run takes.
    var kept: [RunResult] {
      let names = Set(new.map(\.name))
      return old.filter { !names.contains($0.name) }
    }
  }

  /// The files that change, one per dataset and preset.
  private func files(in folder: String) throws -> [File] {
    let groups = Dictionary(grouping: runs) { [$0.dataset.name, $0.preset] }
    return try groups.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { key in
      let path = "\(folder)/\(ReferenceFile.name(dataset: key[0], preset: key[1]))"
      let old =
        FileManager.default.fileExists(atPath: path)
        ? try ResultCollection(paths: [path]).reference : []
      return File(path: path, old: old, new: groups[key, default: []])
    }
  }

  /// Refuses runs that would make a poor reference.
  private func check() throws(ResultError) {
    guard !runs.isEmpty else { throw .incomplete(reason: "there are no results") }
    var seen: Set<String> = []
    for run in runs where !seen.insert(run.name).inserted { throw .duplicate(run: run.name) }
    if let first = incomplete.first {
      throw .incomplete(
        reason: "\(first) has no result" + (incomplete.count > 1 ? " (and others)" : ""))
    }
    for run in runs {
      guard let provenance = run.provenance, provenance.commit != "unknown" else {
        throw .incomplete(reason: "\(run.name) does not say from which commit it is")
      }
      for name in run.metrics.keys.sorted()
      where run.value(name)?.isFinite != true && run.metrics[name]?["reason"] == nil {
        throw .incomplete(reason: "\(run.name) has no value for \(name)")
      }
    }
    for group in Dictionary(grouping: runs, by: { [$0.dataset.name, $0.preset] }).values {
      let models = Dictionary(grouping: group, by: \.model)
      let seeds = Set(group.map(\.seed))
      for model in models.keys.sorted() {
        let missing = seeds.subtracting(models[model, default: []].map(\.seed)).sorted()
        if let seed = missing.first, let run = models[model]?.first {
          throw .incomplete(
            reason: "\(run.dataset.name)/\(model)/\(run.preset) lacks seed \(seed), which other "
              + "models have")
        }
      }
    }
  }

  /// Refuses runs of one dataset and preset whose data or budget differ from one another or from the
  /// references that stay.
  private func checkConditions(
    of new: [RunResult], beside kept: [RunResult]
  ) throws(ResultError) {
    var first: [String: (text: String, run: String)] = [:]
    for run in kept + new {
      for (name, text) in run.conditions.sorted(by: { $0.key < $1.key }) {
        let known = first[name, default: (text, run.name)]
        guard known.text == text else {
          throw .incomplete(
            reason: "the \(name) of \(run.name) is \(text), that of \(known.run) \(known.text)")
        }
        first[name] = known
      }
    }
  }

  /// One line per metric whose mean changes, appears or disappears.
  private func changes(from old: [RunResult], to new: [RunResult]) -> [String] {
    (old + new).map(\.model).uniqued().sorted().flatMap { model -> [String] in
      let (former, latter) = (
        old.filter { $0.model == model }, new.filter { $0.model == model }
      )
      let metrics = (former + latter).flatMap { $0.metrics.keys.sorted() }.uniqued().sorted()
      return metrics.compactMap { metric in
        let texts = [former, latter].map { Sample($0, metric: metric)?.text ?? "none" }
        guard texts[0] != texts[1], let result = latter.first else { return nil }
        return
          "\(result.dataset.name)/\(model)/\(result.preset) \(metric): \(texts[0]) -> \(texts[1])"
      }
    }
  }
}
