import BenchSupport

/// New references from complete runs.
public struct ReferenceUpdate: Sendable {
  private let runs: [RunResult]
  private let incomplete: [String]
  private let old: [RunResult]

  /// Prepares an update.
  ///
  /// - Parameters:
  ///   - runs: The new results.
  ///   - incomplete: Run folders without a result; any makes the update fail.
  ///   - old: The references so far.
  public init(runs: [RunResult], incomplete: [String], old: [RunResult]) {
    self.runs = runs
    self.incomplete = incomplete
    self.old = old
  }

  /// Writes one file per dataset and preset into a folder and reports what changes.
  ///
  /// - Parameters:
  ///   - folder: The folder; created if it is not there.
  ///   - note: Called with each line of the report.
  /// - Throws: ``ResultError/incomplete(reason:)`` before anything is written; `FileError`.
  public func write(to folder: String, note: (String) -> Void) throws {
    try check()
    try createFolder(folder)
    let groups = Dictionary(grouping: runs) { [$0.dataset.name, $0.preset] }
    for key in groups.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      let results = groups[key, default: []]
      let path = "\(folder)/\(ReferenceFile.name(dataset: key[0], preset: key[1]))"
      for line in changes(results, dataset: key[0], preset: key[1]) { note(line) }
      try ReferenceFile.write(results, to: path)
      note("\(path): \(results.count) results written")
    }
  }

  /// Refuses runs that would make a poor reference.
  private func check() throws(ResultError) {
    guard !runs.isEmpty else { throw .incomplete(reason: "there are no results") }
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
  private func changes(_ results: [RunResult], dataset: String, preset: String) -> [String] {
    let before = old.filter { $0.dataset.name == dataset && $0.preset == preset }
    let models = (before.map(\.model) + results.map(\.model)).uniqued().sorted()
    return models.flatMap { model -> [String] in
      let (former, new) = (
        before.filter { $0.model == model }, results.filter { $0.model == model }
      )
      let metrics = (former + new).flatMap { $0.metrics.keys.sorted() }.uniqued().sorted()
      return metrics.compactMap { metric in
        let texts = [former, new].map { Sample($0, metric: metric)?.text ?? "none" }
        return texts[0] == texts[1]
          ? nil : "\(dataset)/\(model)/\(preset) \(metric): \(texts[0]) -> \(texts[1])"
      }
    }
  }
}
