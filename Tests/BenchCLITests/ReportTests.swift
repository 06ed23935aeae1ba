import BenchSupport
import Foundation
import Results
import TestSupport
import Testing

@Suite("bench report") struct ReportTests {
  /// A folder with runs of two models, their logs, curves and a picture.
  private static func study(_ root: String) throws {
    for (model, offset) in [("beta-vae", 0.1), ("multi-beta-vae", 0.2)] {
      for seed in 0..<3 {
        let run = try RunDirectory(
          root: "\(root)/runs", dataset: "scenes3d", model: model, preset: "smoke", seed: seed)
        try FileManager.default.createDirectory(
          atPath: run.imagesPath, withIntermediateDirectories: true)
        let rates = (0..<8).map { Double($0) + 0.1 * Double(seed) }
        let result = RunResult(
          dataset: .init(name: "scenes3d", checksum: "sha256:00112233445566"), model: model,
          preset: "smoke", seed: seed,
          metrics: [
            "mig": ["value": .number(offset + 0.01 * Double(seed)), "protocol": "dlib"]
          ],
          curves: [
            "mig": Curve(
              xLabel: "rate (nats)", yLabel: "MIG <raw>", x: rates,
              y: rates.map { offset + $0 / 50 })
          ], provenance: .now(gpu: nil, wallSeconds: 60, config: ["beta": 4]))
        try result.write(to: run.resultPath)
        let log = (1...600).map {
          "{\"step\":\($0),\"terms\":{\"loss\":\(1000.0 / Double($0))}}\n"
        }
        try Data((log.joined() + "{\"step\":60").utf8).write(to: URL(filePath: run.logPath))
        try Data(repeating: 7, count: 30_000).write(
          to: URL(filePath: "\(run.imagesPath)/traversals.png"))
      }
    }
  }

  @Test("writes one page that names no other place")
  func html() async throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.path)
    let run = try await BenchProcess.run(
      ["report", "runs", "--title", "A & <B>", "--out", "report.html"], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let page = try String(contentsOfFile: "\(folder.path)/report.html", encoding: .utf8)
    #expect(page.contains("<h1>A &amp; &lt;B&gt;</h1>"))
    #expect(page.contains("multi-beta-vae (3 seeds)") && page.contains("training step"))
    #expect(page.contains("MIG &lt;raw&gt;") && page.contains("data:image/png;base64,"))
    #expect(page.contains("sha256:001122334455"))
    for outside in ["http://", "https://", "src=\"/", "@import", "url("] {
      let text = page.replacingOccurrences(of: "xmlns=\"http://www.w3.org/2000/svg\"", with: "")
      #expect(!text.contains(outside), "\(outside)")
    }
    #expect(page.utf8.count < 5_000_000)
  }

  @Test("writes one model's results as Hugging Face's .eval_results")
  func evalResults() async throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.path)
    let run = try await BenchProcess.run(
      [
        "report", "runs/scenes3d/beta-vae", "--format", "eval-results", "--hub-dataset",
        "owner/scenes3d", "--source-url", "https://example.org/runs",
      ], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let text = try String(
      contentsOfFile: "\(folder.path)/.eval_results/bench.yaml", encoding: .utf8)
    for line in [
      "id: owner/scenes3d", "task_id: mig", "value: 0.11", "url: https://example.org/runs",
      "notes: beta-vae, preset smoke, mean of 3 seeds, standard deviation 0.0",
    ] {
      #expect(text.contains(line), "\(text)")
    }
  }

  @Test(
    "refuses results that no one entry could be about",
    arguments: [
      (["runs", "--hub-dataset", "owner/name"], "beta-vae, multi-beta-vae"),
      (["runs/scenes3d/beta-vae"], "--hub-dataset scenes3d=OWNER/NAME"),
    ])
  func notOneModel(arguments: [String], reason: String) async throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.path)
    let run = try await BenchProcess.run(
      ["report", "--format", "eval-results"] + arguments, in: folder.path)
    run.expectFailure(reason)
  }

  @Test("keeps within the budget for pictures and says what it left out")
  func budget() async throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.path)
    let run = try await BenchProcess.run(
      ["report", "runs", "--picture-megabytes", "0.05", "--out", "r.html"], in: folder.path)
    #expect(run.exitCode == 0)
    let page = try String(contentsOfFile: "\(folder.path)/r.html", encoding: .utf8)
    #expect(page.components(separatedBy: "data:image").count == 2)
    #expect(page.contains("Pictures left out to keep the page small: runs/scenes3d/multi-beta-vae"))
  }

  @Test("has verdicts against references and published numbers of the same data")
  func verdicts() async throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.path)
    try ResultFixture.write([0.5, 0.51, 0.52], in: "\(folder.path)/old")
    let run = try await BenchProcess.run(
      [
        "report", "runs", "--against", "old", "--against",
        "\(ResultFixture.repository)/baselines/published",
        "--out", "r.html",
      ], in: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let page = try String(contentsOfFile: "\(folder.path)/r.html", encoding: .utf8)
    #expect(page.contains("worse (vs reference)") && !page.contains("CelebA-HQ"))
  }

  @Test("writes markdown by the name's ending")
  func markdown() async throws {
    let folder = try TemporaryFolder()
    try Self.study(folder.path)
    let run = try await BenchProcess.run(
      ["report", "runs", "--out", "report.md", "--json"], in: folder.path)
    #expect(run.exitCode == 0)
    #expect(try JSONValue(parsing: run.output.utf8)["report"]?.string == "report.md")
    let page = try String(contentsOfFile: "\(folder.path)/report.md", encoding: .utf8)
    #expect(page.hasPrefix("# Study report\n\n6 runs of 2 models on 1 dataset"))
    #expect(page.contains("| **0.210 ± 0.010** |"))
  }

  @Test("refuses folders without runs, files that cannot be written, wrong names")
  func refused() async throws {
    let folder = try TemporaryFolder()
    try await BenchProcess.run(["report", "."], in: folder.path).expectFailure("nothing to read")
    try Self.study(folder.path)
    try await BenchProcess.run(["report", "runs", "--out", "none/r.html"], in: folder.path)
      .expectFailure("none/r.html", "cannot be written")
    #expect(
      try await BenchProcess.run(["report", "runs", "--out", "r.pdf"], in: folder.path).exitCode
        == 64)
  }
}
