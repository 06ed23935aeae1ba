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
    try createFolder(folder)
    let groups = Dictionary(grouping: runs) { [$0.dataset.name, $0.preset] }
    for key in groups.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let path = "\(folder)/\(ReferenceFile.name(dataset: key[0], preset: key[1]))"
      let old =
        FileManager.default.fileExists(atPath: path)
        ? try ResultCollection(paths: [path]).reference : []
      let new = groups[key, default: []]
      let names = Set(new.map(\.name))
      let kept = old.filter { !names.contains($0.name) }
      for line in changes(from: old, to: kept + new) { note(line) }
      try ReferenceFile.write(kept + new, to: path)
      note("\(path): \(new.count) results written, \(kept.count) others kept")
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
