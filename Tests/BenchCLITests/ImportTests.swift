import BenchSupport
import Datasets
import Foundation
import Results
import TestSupport
import Testing

@Suite("bench import") struct ImportTests {
  private func run(
    _ arguments: [String], files: [String: String], check: (String) throws -> Void = { _ in }
  ) async throws -> BenchProcess {
    let folder = try TemporaryFolder()
    for (name, text) in files {
      let url = URL(filePath: "\(folder.path)/\(name)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    let process = try await BenchProcess.run(["import"] + arguments, in: folder.path)
    if process.exitCode == 0 { try check(folder.path) }
    return process
  }

  private func evaluation(_ function: String, _ scores: String, seed: Int = 3) -> String {
    """
    {"train_config.dataset.name": "'dsprites_full'", "train_config.model.model": "@vae()",
     "train_config.model.random_seed": "\(seed)", "train_config.vae.beta": "4.0",
     "evaluation_config.evaluation.evaluation_fn": "@\(function)",
     "evaluation_config.evaluation.random_seed": "0", \(scores)}
    """
  }

  @Test("joins disentanglement_lib's metrics of one training run")
  func disentanglementLib() async throws {
    let files = [
      "a/mig/results/aggregate/evaluation.json": evaluation(
        "mig", #""evaluation_results.discrete_mig": 0.25"#),
      "a/dci/results/aggregate/evaluation.json": evaluation(
        "dci",
        #"""
        "evaluation_results.disentanglement": 0.5, "evaluation_results.completeness": NaN
        """#),
      "a/factor/results/aggregate/evaluation.json": evaluation(
        "factor_vae_score",
        #"""
        "evaluation_results.eval_accuracy": 0.75, "evaluation_results.train_accuracy": 0.8
        """#),
      "b/mig/results/aggregate/evaluation.json": evaluation(
        "mig", #""evaluation_results.discrete_mig": -Infinity"#, seed: 4),
    ]
    let process = try await run(["disentanglement-lib", ".", "--out", "runs"], files: files) {
      root in
      let results = try ResultCollection(paths: ["\(root)/runs"]).runs
      #expect(
        results.map(\.name) == [
          "dsprites/beta-vae/vae.beta=4.0/seed-3", "dsprites/beta-vae/vae.beta=4.0/seed-4",
        ])
      #expect(results[0].value("mig") == 0.25 && results[0].value("dci") == 0.5)
      #expect(results[0].value("factorvae") == 0.75 && results[0].protocolID("mig") == "dlib")
      #expect(results[1].value("mig")?.isNaN == true)
    }
    #expect(process.exitCode == 0, "\(process.errors)")
    #expect(process.output == "2 results imported into runs\n")
  }

  @Test("reads the table of all of disentanglement_lib's results")
  func aggregated() async throws {
    let text = """
      {"train_config.dataset.name": {"0": "'cars3d'", "1": "'cars3d'"},
       "train_config.model.model": {"0": "@factor_vae()", "1": "@factor_vae()"},
       "train_config.model.random_seed": {"0": 0, "1": 1},
       "evaluation_results.discrete_mig": {"0": 0.1, "1": 0.2}}
      """
    let process = try await run(
      ["disentanglement-lib", "all.json", "--out", "runs"], files: ["all.json": text]
    ) { root in
      let results = try ResultCollection(paths: ["\(root)/runs"]).runs
      #expect(results.map { $0.value("mig") } == [0.1, 0.2])
      #expect(results.map(\.model) == ["factor-vae", "factor-vae"])
    }
    #expect(process.exitCode == 0, "\(process.errors)")
  }

  @Test("reads a table of methods, seeds and metrics, quoted cells and undefined values")
  func table() async throws {
    let text = "method,seed,MIG,\"DCI-D\"\r\nours,0,0.5,nan\r\n\"other, v2\",1,,0.25\r\n"
    let refused = try await run(
      ["csv", "t.csv", "--dataset", "shapes3d", "--out", "runs"], files: ["t.csv": text])
    refused.expectFailure("'other, v2' cannot be part of a path")
    let process = try await run(
      ["csv", "t.csv", "--dataset", "shapes3d", "--out", "runs"],
      files: ["t.csv": text.replacingOccurrences(of: "other, v2", with: "other,v2")]
    ) { root in
      let results = try ResultCollection(paths: ["\(root)/runs"]).runs
      #expect(results.map(\.model) == ["other,v2", "ours"])
      #expect(results[0].value("mig") == nil && results[0].value("dci") == 0.25)
      #expect(results[1].value("mig") == 0.5 && results[1].value("dci")?.isNaN == true)
    }
    #expect(process.exitCode == 0, "\(process.errors)")
  }

  @Test("writes which values are better, says where that is not known, and takes it from options")
  func directions() async throws {
    let text = "method,seed,fid,oddness\na,0,3,1\n"
    let arguments = ["csv", "t.csv", "--dataset", "d", "--out", "runs"]
    let unknown = try await run(arguments, files: ["t.csv": text]) { root in
      let result = try ResultCollection(paths: ["\(root)/runs"]).runs[0]
      #expect(result.metrics["fid"]?["higher_is_better"] == false)
      #expect(result.metrics["oddness"]?["higher_is_better"] == nil)
    }
    #expect(unknown.exitCode == 0 && unknown.errors.contains("note: oddness: which values"))
    let stated = try await run(
      arguments + ["--lower-is-better", "oddness"], files: ["t.csv": text]
    ) { root in
      let result = try ResultCollection(paths: ["\(root)/runs"]).runs[0]
      #expect(result.metrics["oddness"]?["higher_is_better"] == false)
    }
    #expect(stated.exitCode == 0 && !stated.errors.contains("note:"))
  }

  @Test(
    "refuses tables that say too little or too much",
    arguments: [
      ("", "no header"), ("method,mig\na,1\n", "'seed' is missing"),
      ("seed,mig\n1,1\n", "'method' is missing"),
      ("method,seed,mig\na,0\n", "line 2: cannot be parsed: 2 cells for 3 columns"),
      ("method,seed,mig\na,-1,0\n", "'seed'"), ("method,seed,mig\na,0,high\n", "'mig'"),
      ("method,seed,mig\na,0,1e999\n", "'mig'"), ("method,seed,mig\na,0,\"1\n", "does not end"),
      ("method,seed,mig,mig\na,0,1,2\n", "same name"),
      ("method,seed,mig\na,0,1\na,0,2\n", "two results"),
    ])
  func refusedTables(text: String, fragment: String) async throws {
    try await run(["csv", "t.csv", "--dataset", "d"], files: ["t.csv": text])
      .expectFailure(fragment)
  }

  @Test("never replaces results unasked")
  func replace() async throws {
    let folder = try TemporaryFolder()
    let table = "\(folder.path)/t.csv"
    let arguments = ["import", "csv", "t.csv", "--dataset", "d", "--out", "runs"]
    try Data("method,seed,mig\na,0,1\n".utf8).write(to: URL(filePath: table))
    #expect(try await BenchProcess.run(arguments, in: folder.path).exitCode == 0)
    try Data("method,seed,mig\na,0,2\n".utf8).write(to: URL(filePath: table))
    try await BenchProcess.run(arguments, in: folder.path).expectFailure("--replace")
    #expect(
      try await BenchProcess.run(arguments + ["--replace"], in: folder.path).exitCode == 0)
    #expect(try ResultCollection(paths: ["\(folder.path)/runs"]).runs[0].value("mig") == 2)
  }

  @Test("computes the FID from pytorch-fid's statistics")
  func pytorchFID() async throws {
    let folder = try TemporaryFolder()
    // Two unit covariances whose means differ by (3, 4): the distance is 25.
    for (name, mean) in [("a.npz", [0.0, 0]), ("b.npz", [3, 4])] {
      let arrays = [
        ("mu", NPYArray(mean, shape: [2])), ("sigma", NPYArray([1.0, 0, 0, 1], shape: [2, 2])),
      ]
      try NPZWriter.write(arrays, to: "\(folder.path)/\(name)")
    }
    let run = try await BenchProcess.run(
      [
        "import", "pytorch-fid", "b.npz", "--reference", "a.npz", "--dataset", "celeba", "--model",
        "ddpm", "--seed", "5", "--out", "runs",
      ], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let results = try ResultCollection(paths: ["\(folder.path)/runs"]).runs
    #expect(results.map(\.name) == ["celeba/ddpm/imported/seed-5"])
    #expect(abs((results[0].value("fid") ?? .nan) - 25) < 1e-9)
    let wrong = try await BenchProcess.run(["import", "pytorch-fid", "b.npz"], in: folder.path)
    #expect(wrong.exitCode == 64)
  }
}
