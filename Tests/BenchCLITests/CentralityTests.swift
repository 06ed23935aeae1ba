import BenchSupport
import Foundation
import TestSupport
import Testing

/// Runs compared by `bench centrality`.
@Suite("bench centrality", .serialized) struct CentralityTests {
  private static func run(_ arguments: [String]) async throws -> BenchProcess {
    try await BenchProcess.run(arguments + ["--threads", "1", "--quiet"])
  }

  @Test("compares the runs under a folder, GANs and VAEs, and says the same again")
  func runs() async throws {
    let folder = try TemporaryFolder()
    let runs = "\(folder.path)/runs"
    let study = try await Self.run([
      "disentangle", "--preset", "smoke", "--steps", "3", "--model",
      "infogan-cr,beta-vae,factor-vae", "--metrics", "mig", "--out", runs,
    ])
    #expect(study.exitCode == 0, "\(study.errors)")
    let command = [
      "centrality", runs, "--groups", "20", "--group-size", "5", "--free", "50",
    ]
    let first = try await Self.run(command + ["--json"])
    #expect(first.exitCode == 0, "\(first.errors)")
    let found = try JSONValue(parsing: Data(first.output.utf8))
    let entries = try #require(found["runs"]?.array)
    #expect(
      Set(entries.compactMap { $0["model"]?.string }) == ["infogan-cr", "beta-vae", "factor-vae"])
    let scores = entries.compactMap { $0["centrality"]?.double }
    #expect(scores.count == 3 && scores.allSatisfy { (0...1).contains($0) })
    let best = try #require(scores.max())
    #expect(
      entries.first { $0["centrality"]?.double == best }?["run"] == found["pick"])
    let again = try await Self.run(command + ["--json"])
    #expect(again.output == first.output)
    let table = try await Self.run(command)
    #expect(table.output.contains("ModelCentrality on scenes3d"))
    // After three steps no latent says anything.
    let nothing = try await Self.run(["centrality", runs, "--by", "udr", "--observations", "100"])
    #expect(
      nothing.exitCode == 2 && nothing.errors.contains("none of its latents"), "\(nothing.errors)")
    // One run has nothing to be compared with, and a folder without runs is named.
    let single = try #require(entries[0]["run"]?.string)
    #expect(try await Self.run(["centrality", single]).exitCode == 64)
    // Nor has one that is named twice.
    #expect(try await Self.run(["centrality", single, "\(single)/"]).exitCode == 64)
    let empty = try await Self.run(["centrality", "\(folder.path)/nothing"])
    #expect(empty.exitCode != 0 && empty.errors.contains("no trained model"))
  }

  @Test("ranks runs by the codes of the same observations, without drawing images")
  func codes() async throws {
    let folder = try TemporaryFolder()
    let paths = (0..<2).map { "\(folder.path)/\($0)" }
    for (seed, path) in paths.enumerated() {
      let run = try await Self.run([
        "train", "--model", "beta-vae:beta=0.01", "--steps", "80", "--batch-size", "16",
        "--learning-rate", "0.001", "--seed", "\(seed)", "--out", path,
      ])
      #expect(run.exitCode == 0, "\(run.errors)")
    }
    for by in ["udr", "udr-spearman"] {
      let command = ["centrality"] + paths + ["--by", by, "--observations", "200"]
      let ranked = try await Self.run(command + ["--json"])
      #expect(ranked.exitCode == 0, "\(ranked.errors)")
      let ranking = try JSONValue(parsing: Data(ranked.output.utf8))
      let scores = (ranking["runs"]?.array ?? []).compactMap { $0[by]?.double }
      #expect(scores.count == 2 && scores.allSatisfy { $0 > 0 && $0 <= 1 })
      #expect(ranking["observations"] == 200 && ranking["groups"] == nil)
      #expect(try await Self.run(command).output.contains("on scenes3d"))
    }
  }
}
