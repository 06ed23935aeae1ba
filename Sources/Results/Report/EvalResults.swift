import BenchSupport

/// The results of one model in the format of Hugging Face's `.eval_results/`, which a model's repository
/// carries and the Hub shows beside the model and on the dataset's leaderboard.
///
/// One entry per dataset and metric, with the mean over the seeds; how it was measured is in its `notes`.
/// Values that were selected on labels, and metrics that a seed has no value for, are left out.
public struct EvalResults: Sendable, Equatable {
  /// The entries, a list.
  let json: JSONValue
  /// Number of entries.
  public let count: Int

  /// Takes the results of runs.
  ///
  /// - Parameters:
  ///   - results: All seeds of one model with one preset per dataset.
  ///   - datasets: By the name of a dataset, the id of the Hub's dataset that has the leaderboard, for
  ///     instance `owner/name`; under an empty name, that of all.
  ///   - sourceURL: Where the results can be looked at; nil for nowhere.
  /// - Throws: ``ResultError/notOneModel(found:)``, ``ResultError/noHubDataset(dataset:)``, or
  ///   ``ResultError/noValues(model:)``.
  public init(
    _ results: [RunResult], datasets: [String: String], sourceURL: String? = nil
  ) throws(ResultError) {
    let models = results.map(\.model).uniqued()
    guard models.count == 1 else { throw .notOneModel(found: models) }
    var entries: [JSONValue] = []
    for dataset in results.map(\.dataset.name).uniqued() {
      let runs = results.filter { $0.dataset.name == dataset }
      let presets = runs.map(\.preset).uniqued()
      guard presets.count == 1 else {
        throw .notOneModel(found: presets.map { "\(models[0]) with preset \($0)" })
      }
      guard let id = datasets[dataset] ?? datasets[""] else {
        throw .noHubDataset(dataset: dataset)
      }
      for metric in runs.flatMap(\.metrics.keys).uniqued().sorted() {
        guard let sample = Sample(runs, metric: metric), let summary = sample.summary,
          sample.undefinedCount == 0, sample.seeds.count == runs.count, !sample.isSelectedOnLabels
        else { continue }
        var entry: [String: JSONValue] = [
          "dataset": ["id": .string(id), "task_id": .string(metric)],
          "value": .number(summary.mean),
          "notes": .string(Self.notes(runs, sample, summary)),
        ]
        entry["date"] = runs.compactMap(\.provenance?.date).max().map { .string($0) }
        if let sourceURL { entry["source"] = ["url": .string(sourceURL), "name": "bench"] }
        entries.append(.object(entry))
      }
    }
    guard !entries.isEmpty else {
      throw .noValues(model: models[0])
    }
    json = .array(entries)
    count = entries.count
  }

  /// The file's text.
  ///
  /// - Throws: `YamlError` if the entries cannot be written.
  public func yaml() throws -> String { try yamlText(json) }

  private static func notes(_ runs: [RunResult], _ sample: Sample, _ summary: Summary) -> String {
    let seeds = summary.count == 1 ? "seed \(sample.seeds[0])" : "mean of \(summary.count) seeds"
    let spread = summary.standardDeviation.map { ", standard deviation \($0)" } ?? ""
    let commits = runs.compactMap(\.provenance?.commit).uniqued().joined(separator: ", ")
    return "\(runs[0].model), preset \(runs[0].preset), \(seeds)\(spread), protocol "
      + sample.protocols.joined(separator: ", ") + "; bench \(benchVersion)"
      + (commits.isEmpty ? "" : ", commit \(commits)")
  }
}
