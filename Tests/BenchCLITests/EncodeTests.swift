import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

/// Codes written by `bench encode`.
@Suite("bench encode", .serialized) struct EncodeTests {
  private static func succeed(_ arguments: [String]) async throws -> JSONValue {
    let run = try await BenchProcess.run(arguments + ["--threads", "1", "--quiet", "--json"])
    #expect(run.exitCode == 0, "\(run.errors)")
    return try JSONValue(parsing: Data(run.output.utf8))
  }

  @Test("then bench score gives the scores of bench disentangle to the last digit")
  func scores() async throws {
    let folder = try TemporaryFolder()
    let (runs, file) = ("\(folder.path)/runs", "\(folder.path)/codes.npz")
    let names = "mig,sap,factorvae,betavae,modularity,explicitness,irs"
    let study = try await Self.succeed([
      "disentangle", "--preset", "smoke", "--steps", "8", "--model", "multi-beta-vae", "--metrics",
      names, "--out", runs,
    ])
    let metrics = try #require(study["runs"]?.array?.first?["metrics"])
    let run = "\(runs)/scenes3d/multi-beta-vae/smoke:steps=8/seed-0"
    let encoded = try await Self.succeed([
      "encode", "--checkpoint", run, "--count", "2000", "--out", file, "--spectrum",
    ])
    #expect(encoded["codes"]?["point"] == metrics["mig"]?["point"])
    // Naming the checkpoint names the run.
    let named = try await Self.succeed([
      "encode", "--checkpoint", "\(run)/checkpoint/", "--count", "2000", "--out",
      "\(folder.path)/named.npz",
    ])
    #expect(named["codes"]?["point"] == encoded["codes"]?["point"])
    let scored = try await Self.succeed(["score", file, "--metrics", names])
    for name in names.split(separator: ",").map(String.init) {
      let score = try #require(scored["metrics"]?[name])
      #expect(score["value"] != nil && score["value"] == metrics[name]?["value"], "\(name)")
      #expect(score["protocol"] == metrics[name]?["protocol"], "\(name)")
    }
    let archive = try NPZArchive(path: file)
    #expect(try archive.array("codes").shape == [2000, 10])
    #expect(try archive.array("test_codes").shape == [1000, 10])
    #expect(try archive.array("factor_names").texts().count == 6)
    let spectrum = try archive.array("spectrum")
    let points = try archive.array("points").texts()
    #expect(spectrum.shape == [points.count, 2000, 10] && points.count == 16)
    let place = try archive.array("point").integers()[0]
    let all = try spectrum.floats()
    #expect(
      Array(all[place * 20_000..<(place + 1) * 20_000]) == (try archive.array("codes").floats()))
    // The images are those that the indices name.
    let indices = try archive.array("indices").integers()
    let factors = try archive.array("factors").integers()
    let scenes = Scenes3D()
    #expect(Array(factors.prefix(6)) == scenes.factors(at: indices[0]))
    // Another point by its number and by its label.
    for point in ["3", points[3]] {
      let other = try await Self.succeed([
        "encode", "--checkpoint", run, "--count", "20", "--out", file, "--point", point,
      ])
      #expect(other["codes"]?["point"]?.string == points[3])
    }
    try await BenchProcess.run([
      "encode", "--checkpoint", run, "--out", file, "--count", "20", "--point", "t=7",
    ]).expectFailure("--point 't=7': expected a number from 0 to 15")
    try await BenchProcess.run([
      "encode", "--checkpoint", "\(folder.path)/nothing", "--out", file,
    ]).expectFailure("nothing")
  }
}
