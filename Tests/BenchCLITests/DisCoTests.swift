import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

/// DisCo on a trained model: `bench train --stage disco` and `bench encode --codes`.
@Suite("DisCo on the command line", .serialized) struct DisCoCommandTests {
  private static func run(_ arguments: [String]) async throws -> BenchProcess {
    try await BenchProcess.run(arguments + ["--threads", "1", "--quiet"])
  }

  private static func succeed(_ arguments: [String]) async throws -> JSONValue {
    let run = try await run(arguments + ["--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    return try JSONValue(parsing: Data(run.output.utf8))
  }

  /// Sums of squares by row: what turning the axes leaves as it is.
  private static func squares(_ path: String) throws -> [Float] {
    let array = try NPZArchive(path: path).array("codes")
    let (values, width) = (try array.floats(), array.shape[1])
    return stride(from: 0, to: values.count, by: width).map { start in
      values[start..<start + width].reduce(0) { $0 + $1 * $1 }
    }
  }

  @Test(
    "trains on a finished model, and codes are read with it and scored",
    arguments: ["beta-vae", "multi-beta-vae"])
  func trainAndRead(model: String) async throws {
    let folder = try TemporaryFolder()
    let run = "\(folder.path)/run"
    let train = ["train", "--model", model, "--steps", "3", "--batch-size", "8", "--out", run]
    _ = try await Self.succeed(train)
    let early = try await Self.run([
      "encode", "--checkpoint", run, "--codes", "disco", "--out", "\(folder.path)/early.npz",
    ])
    #expect(early.exitCode != 0)
    #expect(early.errors.contains("train it with bench train --stage disco"), "\(early.errors)")
    let disco = [
      "train", "--stage", "disco", "--steps", "3", "--batch-size", "8", "--disco-codes", "12",
      "--out", run,
    ]
    let report = try await Self.succeed(disco)
    #expect(report["stage"]?.string == "disco" && report["model"]?.string == "disco")
    // Trained stages play no part in what images are drawn with.
    #expect(try await Self.succeed(disco)["steps"]?.integer == 3)
    for (codes, width) in [(nil, 10), ("disco", 12), ("disco-axes", 10)] as [(String?, Int)] {
      let path = "\(folder.path)/\(codes ?? "own").npz"
      let encoded = try await Self.succeed(
        ["encode", "--checkpoint", run, "--count", "40", "--out", path, "--point", "0"]
          + (codes.map { ["--codes", $0] } ?? []))
      #expect(encoded["codes"]?["latents"]?.integer == width)
      #expect(try NPZArchive(path: path).array("test_codes").shape == [20, width])
      let scored = try await Self.succeed(["score", path, "--metrics", "mig"])
      #expect(scored["metrics"]?["mig"]?["value"]?.double != nil)
    }
    let (own, turned) = try (
      Self.squares("\(folder.path)/own.npz"), Self.squares("\(folder.path)/disco-axes.npz")
    )
    #expect(zip(own, turned).allSatisfy { abs($0 - $1) <= 1e-4 * max($0, 1) })
    let paper = try await Self.succeed([
      "train", "--stage", "disco", "--preset", "paper", "--steps", "1", "--batch-size", "4",
      "--dry-run", "--out", run,
    ])
    // Its encoder, and a matrix of ten directions.
    #expect(paper["stages"]?.array?.first?["parameters"]?.integer == 3_893_952 + 100)
    let unknown = try await Self.run([
      "encode", "--checkpoint", run, "--codes", "nothing", "--out", "\(folder.path)/no.npz",
    ])
    #expect(unknown.errors.contains("its own, or disco, disco-axes"), "\(unknown.errors)")
  }

  @Test("starts from what the denoiser makes of noise, where there is one")
  func fromSamples() async throws {
    let folder = try TemporaryFolder()
    let (run, plain) = ("\(folder.path)/run", "\(folder.path)/plain")
    let small = ["--steps", "2", "--batch-size", "8"]
    _ = try await Self.succeed(["train", "--model", "multi-beta-vae", "--out", run] + small)
    let disco = ["train", "--stage", "disco", "--disco-from-samples", "--out"]
    let early = try await Self.run(disco + [run] + small)
    #expect(early.exitCode != 0 && early.errors.contains("there is no stage 2"), "\(early.errors)")
    _ = try await Self.succeed(["train", "--stage", "2", "--out", run] + small)
    _ = try await Self.succeed(disco + [run] + small)
    let codes = try await Self.succeed([
      "encode", "--checkpoint", run, "--codes", "disco-axes", "--count", "20", "--point", "0",
      "--out", "\(folder.path)/codes.npz",
    ])
    #expect(codes["codes"]?["latents"]?.integer == 10)
    _ = try await Self.succeed(["train", "--model", "beta-vae", "--out", plain] + small)
    let prior = try await Self.run(disco + [plain] + small)
    #expect(
      prior.exitCode != 0 && prior.errors.contains("starts from the prior"), "\(prior.errors)")
  }

  @Test("is refused where images are no function of latents, or there are no codes to turn")
  func refused() async throws {
    let folder = try TemporaryFolder()
    let (diffusion, gan) = ("\(folder.path)/diffusion", "\(folder.path)/gan")
    let small = ["--steps", "1", "--batch-size", "8"]
    _ = try await Self.succeed(
      ["train", "--model", "diffae:width=8", "--out", diffusion] + small)
    let none = try await Self.run(["train", "--stage", "disco", "--out", diffusion] + small)
    #expect(none.exitCode != 0 && none.errors.contains("stage of diffae"), "\(none.errors)")
    _ = try await Self.succeed(["train", "--model", "gan", "--out", gan] + small)
    _ = try await Self.succeed(["train", "--stage", "disco", "--out", gan] + small)
    let file = "\(folder.path)/codes.npz"
    let encode = ["encode", "--checkpoint", gan, "--count", "20", "--out", file]
    #expect(try await Self.run(encode).exitCode != 0)
    let turned = try await Self.run(encode + ["--codes", "disco-axes"])
    #expect(turned.errors.contains("directions are not those of codes"), "\(turned.errors)")
    _ = try await Self.succeed(encode + ["--codes", "disco"])
  }
}
