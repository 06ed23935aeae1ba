import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

/// The command beside the reference implementations.
@Suite("bench score, golden values") struct ScoreGoldenTests {
  /// A published program's case as the command takes it.
  struct GoldenCase {
    /// Name of the metric here.
    let metric: String
    /// The part of the golden values that belongs to it; nil for all.
    var part: String?
    /// Fields here, with the fields of the golden file.
    let fields: KeyValuePairs<String, String>
  }

  /// How the golden file's metrics are called here.
  private static func goldenCase(_ metric: String, _ id: String) -> [GoldenCase] {
    switch metric {
    case "mig", "mig_pca":
      [
        GoldenCase(
          metric: "mig",
          fields: [
            "value": "discrete_mig", "per_factor": "mig_per_factor",
            "mutual_information": "mutual_information", "factor_entropy": "factor_entropy",
          ])
      ]
    case "sap":
      [
        GoldenCase(
          metric: id.contains("continuous") ? "sap:continuous" : "sap",
          fields: ["value": "SAP_score", "score_matrix": "score_matrix"])
      ]
    case "modularity":
      [
        GoldenCase(
          metric: "modularity",
          fields: ["value": "modularity_score", "mutual_information": "mutual_information"])
      ]
    case "explicitness":
      [
        GoldenCase(
          metric: "explicitness",
          fields: ["train": "explicitness_score_train", "test": "explicitness_score_test"])
      ]
    case "irs":
      [
        GoldenCase(
          metric: id.contains("q100") ? "irs:paper" : "irs",
          fields: ["value": "IRS", "matrix": "irs_matrix", "max_deviations": "max_deviations"])
      ]
    case "infomec":
      [
        GoldenCase(
          metric: "infomec" + (id.contains("tripod") ? ":tripod" : "")
            + (id.contains("discrete") ? (id.contains("tripod") ? "-discrete" : ":discrete") : ""),
          fields: ["infom": "infom", "infoc": "infoc", "infoe": "infoe", "nmi": "nmi"])
      ]
    case "unsupervised":
      [
        GoldenCase(
          metric: "unsupervised",
          fields: [
            "gaussian_total_correlation": "gaussian_total_correlation",
            "gaussian_wasserstein_correlation": "gaussian_wasserstein_correlation",
            "gaussian_wasserstein_correlation_norm": "gaussian_wasserstein_correlation_norm",
            "mutual_info_score": "mutual_info_score",
          ])
      ]
    case "review_metrics":
      [
        ("mig:review", "mig"), ("mig-sup", "mig_sup"), ("dcimig", "dcimig"), ("jemmig", "jemmig"),
        ("modularity:review", "modularity"),
      ].map { GoldenCase(metric: $0, fields: ["value": $1]) }
    case "med":
      [
        GoldenCase(
          metric: "med",
          fields: [
            "disentanglement": "disentanglement", "completeness": "completeness",
            "informativeness_train": "informativeness_train",
            "informativeness_test": "informativeness_test",
            "top2_disentanglement": "top2_disentanglement",
            "top2_completeness": "top2_completeness",
          ])
      ]
    case "factor_vae_score":
      [
        GoldenCase(
          metric: "factorvae",
          fields: [
            "value": "eval_accuracy", "train": "train_accuracy",
          ])
      ]
    case "beta_vae_score":
      [
        GoldenCase(
          metric: "betavae", fields: ["value": "eval_accuracy", "train": "train_accuracy"])
      ]
    case "dci":
      [
        GoldenCase(
          metric: "dci",
          fields: [
            "disentanglement": "disentanglement", "completeness": "completeness",
            "informativeness_train": "informativeness_train",
            "informativeness_test": "informativeness_test",
          ])
      ]
    case "dci_random_forest":
      [
        GoldenCase(
          metric: "dci:random-forest",
          fields: ["disentanglement": "D", "completeness": "C", "informativeness_test": "I"])
      ]
    case "tad":
      [("tad", "infodiffusion"), ("tad:nashae", "nashae"), ("tad:disdiff", "disdiff")].map {
        GoldenCase(
          metric: $0, part: $1,
          fields: ["value": "tad", "attributes_captured": "attributes_captured", "auroc": "auroc"])
      }
    case "tad_kfold":
      [
        GoldenCase(
          metric: "tad:infodiffusion-folds",
          fields: [
            "value": "tad_mean", "standard_deviation": "tad_std",
            "attributes_captured": "attributes_mean", "tad_per_fold": "tad_per_fold",
          ])
      ]
    default: []
    }
  }

  /// The options that repeat the case's protocol.
  private static func options(_ golden: JSONValue) throws -> [String] {
    let metric =
      switch golden["metric"]?.string {
      case "factor_vae_score": "factorvae"
      case "beta_vae_score": "betavae"
      default: ""
      }
    guard !metric.isEmpty, let params = golden["params"] else { return [] }
    let settings = [
      "batch_size", "num_train", "num_eval", "num_variance_estimate", "prune_threshold",
    ].flatMap { name in
      params[name]?.double.map { ["--set", "\(metric).\(name)=\($0)"] } ?? []
    }
    let seed = try #require(params["seed"]?.double)
    return settings + ["--seed", String(Int(seed))]
  }

  /// The reference values beside the library's tests.
  private static let goldenFolder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "DisentanglementTests/Golden").path

  @Test("equals the reference implementations on every case that a file can express")
  func golden() async throws {
    let goldens = try ["expected.json", "expected_dci_tad.json"].flatMap { name in
      let file = URL(filePath: "\(Self.goldenFolder)/\(name)")
      return try #require(try JSONValue(parsing: Data(contentsOf: file))["cases"]?.array)
    }
    var checkedCount = 0
    for golden in goldens {
      let id = golden["id"]?.string ?? ""
      let cases = Self.goldenCase(golden["metric"]?.string ?? "", id)
      guard !cases.isEmpty, let inputs = golden["inputs"]?.string else { continue }
      let folder = try TemporaryFolder()
      let path = "\(folder.path)/codes.npz"
      try NPZWriter.write(try Self.scoreArrays("\(Self.goldenFolder)/\(inputs)", golden), to: path)
      let run = try await BenchProcess.run(
        [
          "score", path, "--json", "--metrics", cases.map(\.metric).joined(separator: ","),
        ] + (try Self.options(golden)))
      if id == "mig_single_class_factor" {
        // A factor of one class says nothing: it is left out of every metric, and named.
        #expect(run.exitCode == 0, "\(id): \(run.errors)")
        let report = try JSONValue(parsing: run.output.utf8)
        #expect(report["constant_factors"] == ["factor_1"])
        let reference = golden["expected"]?["mig_per_factor"]?.array?.compactMap(\.double) ?? []
        let gaps = report["metrics"]?["mig"]?["per_factor"]?.array?.compactMap(\.double) ?? []
        let rest = reference.filter(\.isFinite)
        #expect(gaps.count == 2 && zip(gaps, rest).allSatisfy { abs($0 - $1) < 1e-9 })
        continue
      }
      #expect(run.exitCode == 0, "\(id): \(run.errors)")
      let metrics = try #require(try JSONValue(parsing: run.output.utf8)["metrics"])
      for item in cases {
        let values = item.part.map { golden["expected"]?[$0] } ?? golden["expected"]
        for (field, expected) in item.fields {
          checkedCount += Self.check(
            metrics[item.metric]?[field], values?[expected]?["mean"] ?? values?[expected],
            within: Self.tolerance(golden["tolerance"], expected), "\(id) \(item.metric).\(field)")
        }
      }
    }
    #expect(checkedCount > 2000)
  }

  /// The golden arrays under the names that `bench score` reads.
  private static func scoreArrays(
    _ path: String, _ golden: JSONValue
  ) throws -> [(name: String, array: NPYArray)] {
    let isAttributes = golden["metric"]?.string?.hasPrefix("tad") == true
    let names = [
      "z": "codes", "z_train": "codes", "v": "codes", "codebook": "codes",
      "y": isAttributes ? "attributes" : "factors", "y_train": "factors",
      "z_test": "test_codes", "y_test": "test_factors",
    ]
    let archive = try NPZArchive(path: path)
    var arrays = try archive.names.compactMap { name in
      try names[name].map { ($0, try archive.array(name)) }
    }
    if let sizes = golden["params"]?["factor_sizes"]?.array?.compactMap(\.double).map({ Int($0) }) {
      let count = sizes.reduce(1, *)
      // The states of the grid in C order.
      var factors: [Int] = []
      for state in 0..<count {
        var rest = state
        var values: [Int] = []
        for size in sizes.reversed() {
          values.append(rest % size)
          rest /= size
        }
        factors += values.reversed()
      }
      arrays.append(("factors", NPYArray(factors, shape: [count, sizes.count])))
      arrays.append(("factor_sizes", NPYArray(sizes, shape: [sizes.count])))
    }
    return arrays
  }

  private static func tolerance(_ tolerance: JSONValue?, _ field: String) -> Double {
    // Sums of forty differences, and counts, have their own.
    field == "tad"
      ? tolerance?["tad"]?.double ?? 1e-4
      : tolerance?["abs"]?[field]?.double ?? tolerance?["per_key"]?[field]?["abs"]?.double
        ?? tolerance?["abs"]?.double ?? 0
  }

  /// Compares nested lists of numbers and returns how many numbers agreed or were reported.
  private static func check(
    _ found: JSONValue?, _ expected: JSONValue?, within tolerance: Double, _ place: String
  ) -> Int {
    guard let expected, expected != .null else { return 0 }
    if found == .null, let items = expected.array, items.allSatisfy({ $0.string == "NaN" }) {
      return items.count
    }
    if let items = expected.array {
      let others = found?.array ?? []
      #expect(others.count == items.count, "\(place)")
      return zip(others, items).reduce(0) {
        $0 + check($1.0, $1.1, within: tolerance, place)
      }
    }
    guard let wanted = expected.double else {
      // The reference has NaN here; bench has a number.
      #expect(found?.double?.isFinite == true, "\(place)")
      return 1
    }
    #expect(found.flatMap(\.double).map { abs($0 - wanted) <= tolerance } == true, "\(place)")
    return 1
  }
}
