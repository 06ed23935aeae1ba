import BenchSupport
import Datasets
import Foundation
import Results
import TestSupport
import Testing

/// The tables and plots of `bench disentangle`, on runs that are already finished.
@Suite("bench disentangle") struct DisentangleTests {
  /// A finished run; with rates, a model with a curve over them.
  private static func write(
    _ model: String, seed: Int, mig: Double, rate: Double, mse: Double, curve: [Double] = [],
    preset: String = "quick", in root: String
  ) throws {
    let run = try RunDirectory(
      root: root, dataset: "scenes3d", model: model, preset: preset, seed: seed)
    try FileManager.default.createDirectory(
      atPath: run.imagesPath, withIntermediateDirectories: true)
    func metric(_ value: Double) -> JSONValue {
      ["value": value.isFinite ? .number(value) : .null]
    }
    var readout: [String: JSONValue] = ["value": metric(mig)["value"] ?? .null, "alignment": "raw"]
    if !curve.isEmpty {
      readout["selection"] = "label-free:fullest"
      readout["point"] = .string("σ=0.\(4 + seed)3")
    }
    let curves = [
      "distortion": Curve(
        xLabel: "rate", yLabel: "mse", x: curve, y: curve.map { 0.05 - 0.001 * $0 }),
      "mig@raw": Curve(xLabel: "rate", yLabel: "mig", x: curve, y: curve.map { 0.01 * $0 }),
    ]
    try RunResult(
      dataset: .init(name: "scenes3d"), model: model, preset: preset, seed: seed,
      metrics: [
        "dci": metric(1 - mig), "dci@readout": metric(1 - mig), "mig": metric(mig),
        "mig@pca": metric(mig), "mig@ica": metric(mig / 2), "mig@readout": .object(readout),
        "mig@rotation": metric(0.01), "rate": metric(rate), "mse": metric(mse),
      ], curves: curve.isEmpty ? [:] : curves, provenance: .now(gpu: nil, wallSeconds: 1)
    ).write(to: run.resultPath)
  }

  private static func runs(in root: String) throws {
    for seed in 0..<3 {
      let shift = Double(seed) * 0.01
      try write("beta-vae", seed: seed, mig: 0.2 + shift, rate: 10, mse: 0.02, in: root)
      try write("beta-vae:beta=1", seed: seed, mig: 0.5 + shift, rate: 30, mse: 0.01, in: root)
      try write(
        "multi-beta-vae", seed: seed, mig: 0.1 + shift, rate: 12, mse: 0.005,
        curve: [5, 10, 20], in: root)
    }
  }

  @Test("ranks, marks what is significantly best, and compares at each baseline's rate")
  func tables() async throws {
    let folder = try TemporaryFolder()
    try Self.runs(in: folder.path)
    let arguments = [
      "disentangle", "--model", "multi-beta-vae,beta-vae,beta-vae:beta=1", "--seeds", "0,1,2",
      "--out", folder.path, "--quiet",
    ]
    let run = try await BenchProcess.run(arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let first = try #require(lines.firstIndex { $0.hasPrefix("model") })
    let names = lines[(first + 2)..<(first + 5)].map { $0.split(separator: " ")[0] }
    #expect(names == ["beta-vae:beta=1", "beta-vae", "multi-beta-vae"])
    #expect(lines[first + 2].contains("0.510 ± 0.010*"))
    #expect(!lines[first + 3].contains("0.210 ± 0.010*"))
    // One number per model and metric, with where it was read; other axes only where asked for.
    #expect(lines[first].contains("read on") && !run.output.contains("mig ica"))
    #expect(lines[first + 2].contains(" own "))
    #expect(lines[first + 4].contains("own, σ=0.43 … σ=0.63"))
    let all = try await BenchProcess.run(arguments + ["--all-axes"])
    #expect(all.output.contains("mig rotation") && all.output.contains("mig ica"))
    let matched = try #require(
      lines.last { $0.hasPrefix("beta-vae ") && $0.contains("10.00") })
    #expect(
      matched.split(separator: " ").map(String.init).suffix(4)
        == ["0.0200", "0.0400", "0.210", "0.100"])
    // The curve ends at 20 nats and says nothing about 30.
    let outside = try #require(
      lines.last { $0.hasPrefix("beta-vae:beta=1") && $0.contains("30.00") })
    #expect(outside.split(separator: " ").count { $0 == "–" } == 2)
    for name in ["rate-distortion-quick", "rate-mig-quick"] {
      let plot = try String(
        contentsOfFile: "\(folder.path)/scenes3d/\(name).svg", encoding: .utf8)
      #expect(plot.contains("multi-beta-vae (3 seeds)") && plot.contains("rate (nats)"))
    }
    let json = try JSONValue(
      parsing: try await BenchProcess.run(arguments + ["--json"]).output.utf8)
    let row = try #require(json["at_baseline_rates"]?.array?.first)
    #expect(row["baseline"]?.string == "beta-vae")
    #expect(abs((row["distortion"]?["multi-beta-vae"]?.double ?? 0) - 0.04) < 1e-12)
  }

  @Test("a model with an undefined seed has no mean of the others, and ranks last")
  func undefinedSeed() async throws {
    let folder = try TemporaryFolder()
    for seed in 0..<3 {
      try Self.write(
        "beta-vae", seed: seed, mig: seed < 2 ? 0.9 : .nan, rate: 10, mse: 0.02, in: folder.path)
      try Self.write("factor-vae", seed: seed, mig: 0.2, rate: 10, mse: 0.02, in: folder.path)
    }
    let run = try await BenchProcess.run([
      "disentangle", "--model", "beta-vae,factor-vae", "--seeds", "0,1,2", "--metrics", "mig",
      "--out", folder.path, "--quiet",
    ])
    #expect(run.exitCode == 0, "\(run.errors)")
    let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
    let first = try #require(lines.firstIndex { $0.hasPrefix("model") })
    #expect(lines[first + 2].hasPrefix("factor-vae "))
    #expect(lines[first + 3].contains("undefined in 1 of 3") && !run.output.contains("0.900 ±"))
    let twice = try await BenchProcess.run([
      "disentangle", "--model", "beta-vae", "--seeds", "0,1,0", "--out", folder.path,
    ])
    #expect(twice.exitCode == 64 && twice.errors.contains("a seed is one run and counts once"))
  }

  @Test("ranks by the first metric named and keeps the order of the names")
  func order() async throws {
    let folder = try TemporaryFolder()
    try Self.runs(in: folder.path)
    for (metrics, best, columns) in [
      ("mig,dci", "beta-vae:beta=1", "mig  "), ("dci,mig", "multi-beta-vae", "dci  "),
    ] {
      let run = try await BenchProcess.run([
        "disentangle", "--model", "beta-vae,multi-beta-vae,beta-vae:beta=1", "--seeds", "0,1,2",
        "--out", folder.path, "--quiet", "--metrics", metrics,
      ])
      #expect(run.exitCode == 0, "\(run.errors)")
      let lines = run.output.split(separator: "\n", omittingEmptySubsequences: false)
      let first = try #require(lines.firstIndex { $0.hasPrefix("model") })
      #expect(lines[first + 2].hasPrefix("\(best) "))
      let header = lines[first].split(separator: " ").dropFirst(4).map(String.init)
      #expect(header.first == columns.trimmingCharacters(in: .whitespaces))
      #expect(run.output.contains("ranked by \(header.first ?? "")"))
    }
  }

  @Test(
    "files runs with other settings than the preset's under another name",
    arguments: [
      ["--steps", "20", "--latents", "6"], ["--preset", "quick:steps=20,latents=6"],
      ["--preset", "quick:steps=30,latents=6", "--steps", "20"],
    ])
  func otherSettings(arguments: [String]) async throws {
    let folder = try TemporaryFolder()
    try Self.write(
      "beta-vae", seed: 0, mig: 0.25, rate: 1, mse: 0.1, preset: "quick:steps=20,latents=6",
      in: folder.path)
    let run = try await BenchProcess.run(
      ["disentangle", "--model", "beta-vae", "--out", folder.path, "--quiet"] + arguments)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("preset quick:steps=20,latents=6") && run.output.contains("0.250"))
  }

  @Test("an imported result is not taken for a run of ours")
  func foreignResult() async throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(
      root: folder.path, dataset: "scenes3d", model: "beta-vae", preset: "smoke", seed: 0)
    try FileManager.default.createDirectory(
      atPath: run.imagesPath, withIntermediateDirectories: true)
    try RunResult(
      dataset: .init(name: "scenes3d"), model: "beta-vae", preset: "smoke", seed: 0,
      metrics: ["mig": ["value": 0.99]], provenance: nil
    ).write(to: run.resultPath)
    let refused = try await BenchProcess.run([
      "disentangle", "--model", "beta-vae", "--preset", "smoke", "--out", folder.path, "--quiet",
    ])
    #expect(refused.exitCode == 2 && refused.errors.contains("was imported"), "\(refused.errors)")
    #expect(!FileManager.default.fileExists(atPath: "\(run.path)/config.yaml"))
  }

  @Test("metrics that the codes leave without a value stay in the record, with the reason")
  func undefinedMetrics() async throws {
    let folder = try TemporaryFolder()
    let data = "\(folder.path)/mpi3d-toy"
    try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
    // All images are the same, and so are all codes.
    let pixels = [UInt8](repeating: 0, count: 24 * 64 * 64 * 3)
    try NPZWriter.write(
      ["images": NPYArray(pixels, shape: [24, 64, 64, 3])], to: "\(data)/mpi3d_toy.npz")
    try Data(#"{"factor_sizes": [2, 2, 2, 1, 1, 3, 1]}"#.utf8)
      .write(to: URL(filePath: "\(data)/miniature.json"))
    let run = try await BenchProcess.run([
      "disentangle", "--dataset", "mpi3d-toy", "--data-dir", folder.path, "--model", "beta-vae",
      "--preset", "smoke", "--steps", "2", "--metrics", "mig,explicitness", "--out", folder.path,
      "--quiet",
    ])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("–"))
    let result = try RunResult(
      path: "\(folder.path)/mpi3d-toy-miniature/beta-vae/smoke:steps=2/seed-0/result.json")
    for axes in ["", "@pca", "@ica", "@readout"] {
      let record = try #require(result.metrics["explicitness" + axes])
      #expect(record["value"] == .null && record["reason"]?.string?.isEmpty == false)
      #expect(record["protocol"]?.string == "dlib" && record["higher_is_better"] == true)
    }
    #expect(result.value("mse")?.isFinite == true)
  }

  @Test("a run that fails is reported and the rest goes on")
  func failure() async throws {
    let folder = try TemporaryFolder()
    try Self.runs(in: folder.path)
    let broken = "\(folder.path)/scenes3d/beta-vae/quick/seed-1"
    try "nonsense: [".write(
      toFile: "\(broken)/config.yaml", atomically: true, encoding: .utf8)
    let run = try await BenchProcess.run([
      "disentangle", "--model", "multi-beta-vae,beta-vae", "--seeds", "0,1,2", "--out", folder.path,
      "--quiet",
    ])
    #expect(run.exitCode == 2)
    #expect(run.errors.contains("beta-vae seed 1") && run.errors.contains("1 of 6 runs failed"))
    #expect(run.output.contains("multi-beta-vae") && run.output.contains("read on"))
  }
}

@Suite("bench beta") struct BetaTests {
  @Test("shows a weight in every convention")
  func conversion() async throws {
    let run = try await BenchProcess.run([
      "beta", "4", "--from", "beta-vae", "--deviation", "0.12", "--json",
    ])
    let json = try JSONValue(parsing: run.output.utf8)
    #expect(abs((json["paper"]?.double ?? 0) - 0.99285) < 1e-5)
    #expect(abs((json["mean"]?.double ?? 0) - 0.10155) < 1e-5)
    #expect(json["beta-vae"]?.double == 4)
  }

  @Test(
    "refuses values outside of a convention's range",
    arguments: [["1.5", "--from", "paper"], ["0", "--from", "sum"], ["1", "--from", "nonsense"]])
  func ranges(arguments: [String]) async throws {
    let run = try await BenchProcess.run(["beta"] + arguments)
    #expect(run.exitCode == 64 && run.output == "")
  }
}
