import BenchSupport
import FoundationEssentials

/// Results of disentanglement_lib, as its `results/aggregate/evaluation.json` files and the JSON of
/// its `aggregate_results_to_json` have them.
public enum DisentanglementLibImport {
  /// Reads one file, or every `aggregate/evaluation.json` under a folder.
  ///
  /// Scores of the same training run are joined into one result; its preset names the
  /// hyperparameter that the study varies, for instance `vae.beta=4.0`.
  ///
  /// - Parameter path: A file or a folder.
  /// - Returns: The results, in the order of their names, without provenance.
  /// - Throws: `FileError` or ``ResultError``.
  public static func results(path: String) throws -> [RunResult] {
    var results: [String: RunResult] = [:]
    for file in try files(path) {
      for record in try records(readPythonJSON(file), path: file) {
        let result = try result(record, path: file)
        guard let earlier = results[result.name] else {
          results[result.name] = result
          continue
        }
        results[result.name]?.metrics = earlier.metrics.merging(result.metrics) { $1 }
      }
    }
    guard !results.isEmpty else {
      throw ResultError.nothingFound(path: path, expected: "results of disentanglement_lib")
    }
    return results.keys.sorted().compactMap { results[$0] }
  }

  private static func files(_ path: String) throws -> [String] {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw FileError.cannotRead(path: path, reason: "there is no such file or folder")
    }
    guard isFolder else { return [path] }
    return try FileManager.default.subpathsOfDirectory(atPath: path).sorted()
      .filter { $0.hasSuffix("aggregate/evaluation.json") }.map { "\(path)/\($0)" }
  }

  /// One flat object per evaluation: the file itself, or the rows of a table stored by columns.
  private static func records(
    _ value: JSONValue, path: String
  ) throws(ResultError) -> [[String: JSONValue]] {
    guard case .object(let members) = value else {
      throw .invalidField(
        path: path, field: "(top level)", expected: "an object", found: value.kind)
    }
    guard members.values.contains(where: { if case .object = $0 { true } else { false } }) else {
      return [members]
    }
    var rows: [String: [String: JSONValue]] = [:]
    for (column, cells) in members {
      guard case .object(let cells) = cells else { continue }
      for (row, cell) in cells { rows[row, default: [:]][column] = cell }
    }
    return rows.keys.sorted().compactMap { rows[$0] }
  }

  private static func result(
    _ record: [String: JSONValue], path: String
  ) throws(ResultError) -> RunResult {
    func setting(_ name: String) -> String? {
      for step in ["train_config", "postprocess_config", "evaluation_config"] {
        guard let value = record["\(step).\(name)"], value != .null else { continue }
        let text = value.string ?? (try? value.line()) ?? ""
        return text.filter { !"'\"@()".contains($0) }
      }
      return nil
    }
    guard let dataset = setting("dataset.name") else {
      throw .missingField(path: path, field: "train_config.dataset.name")
    }
    guard let model = setting("model.model") else {
      throw .missingField(path: path, field: "train_config.model.model")
    }
    guard let seed = setting("model.random_seed").flatMap({ Int($0) }), seed >= 0 else {
      throw .missingField(path: path, field: "train_config.model.random_seed")
    }
    let function = setting("evaluation.evaluation_fn") ?? ""
    var scores: [String: JSONValue] = [:]
    for (name, value) in record where name.hasPrefix("evaluation_results.") {
      scores[String(name.dropFirst("evaluation_results.".count))] = value
    }
    let hyperparameter = studied.first { setting($0) != nil }
    return RunResult(
      dataset: .init(name: DatasetName.canonical(dataset)), model: models[model] ?? model,
      preset: hyperparameter.map { "\($0)=\(setting($0) ?? "")" } ?? "default", seed: seed,
      metrics: metrics(scores, function: function), provenance: nil)
  }

  /// The hyperparameters that the study *Challenging Common Assumptions* (arXiv:1811.12359) varies.
  private static let studied = [
    "vae.beta", "annealed_vae.c_max", "factor_vae.gamma", "dip_vae.lambda_od", "beta_tc_vae.beta",
  ]

  private static let models = [
    "vae": "beta-vae", "annealed_vae": "annealed-vae", "factor_vae": "factor-vae",
    "dip_vae": "dip-vae", "beta_tc_vae": "beta-tcvae",
  ]

  /// Names of scores, the metric they are of, and the field they become there.
  private static let fields: [(score: String, metric: String, field: String)] = [
    ("discrete_mig", "mig", "value"), ("SAP_score", "sap", "value"), ("IRS", "irs", "value"),
    ("disentanglement", "dci", "value"), ("completeness", "dci", "completeness"),
    ("informativeness_train", "dci", "informativeness_train"),
    ("informativeness_test", "dci", "informativeness_test"),
    ("modularity_score", "modularity", "value"),
    ("explicitness_score_test", "explicitness", "value"),
    ("explicitness_score_train", "explicitness", "train"),
    ("gaussian_total_correlation", "gaussian_total_correlation", "value"),
    ("gaussian_wasserstein_correlation", "gaussian_wasserstein_correlation", "value"),
    ("mutual_info_score", "mutual_info_score", "value"),
  ]

  private static func metrics(
    _ scores: [String: JSONValue], function: String
  ) -> [String: JSONValue] {
    var metrics: [String: [String: JSONValue]] = [:]
    for (score, metric, field) in fields {
      if let value = scores[score] { metrics[metric, default: [:]][field] = value }
    }
    // Two metrics give an accuracy; which one it is, only the configuration says.
    if let accuracy = scores["eval_accuracy"], function.contains("vae") {
      let metric = function.contains("factor") ? "factorvae" : "betavae"
      metrics[metric] = ["value": accuracy, "train": scores["train_accuracy"] ?? .null]
    }
    return metrics.filter { $0.value["value"] != nil }.mapValues { members in
      .object(members.merging(["protocol": "dlib"]) { $1 })
    }
  }
}
