import BenchSupport
import Foundation
import Results
import TestSupport

/// Folders with results like those that runs leave behind.
enum ResultFixture {
  /// Writes one run per value, with seeds 0, 1, ….
  static func write(
    _ values: [Double?], metric: String = "mig", model: String = "beta-vae",
    dataset: String = "scenes3d", preset: String = "smoke", details: [String: JSONValue] = [:],
    commit: String = "0123456789abcdef", in root: String
  ) throws {
    for (seed, value) in values.enumerated() {
      let run = try RunDirectory(
        root: root, dataset: dataset, model: model, preset: preset, seed: seed)
      try FileManager.default.createDirectory(
        atPath: run.imagesPath, withIntermediateDirectories: true)
      let number: JSONValue = value.map { .number($0) } ?? .null
      var provenance = Provenance.now(gpu: nil, wallSeconds: 12.5)
      provenance.commit = commit
      let result = RunResult(
        dataset: .init(name: dataset), model: model, preset: preset, seed: seed,
        metrics: [
          metric: .object(
            details.merging(["value": number, "protocol": "dlib"]) { stated, _ in stated })
        ],
        provenance: provenance)
      try result.write(to: run.resultPath)
    }
  }

  /// The root of the repository.
  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
}
