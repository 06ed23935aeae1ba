import BenchSupport
import Datasets
import FoundationEssentials
import Results
import Torch

/// The images of another system, scored as our samples are.
struct SystemRun {
  /// What the system is called in tables and folders.
  let name: String
  /// Its images.
  let samples: String
  let dataset: any ImageDataset
  let preset: Preset
  let sampleCount: Int
  let out: String
  let seed: Int
  /// Where the images' features are computed.
  let device: Device
  let global: GlobalOptions

  /// The name of a folder of samples: its last component.
  static func name(ofFolder path: String) -> String {
    path.split(separator: "/").last { $0 != "." }.map(String.init) ?? "samples"
  }

  /// Scores the images, draws pictures and writes the record.
  func execute(_ scoring: SampleScoring) async throws -> RunResult {
    let (start, memory) = (ContinuousClock.now, PeakMemory())
    let folder = try RunDirectory(
      root: out, dataset: dataset.name, model: name,
      preset: RunConfiguration.generationLabel(preset), seed: seed)
    guard !FileManager.default.fileExists(atPath: folder.configPath) else {
      throw CommandError.otherSystem(name: name, folder: folder.path)
    }
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let scores = try await scoring.scores(
      ofFolder: samples, count: sampleCount, seed: UInt64(seed))
    try GenerationPictures(folder: folder.imagesPath, dataset: dataset)
      .writeSamples(samples, scores, scoring)
    let result = RunResult(
      dataset: .init(name: dataset.name, checksum: dataset.checksum), model: name,
      preset: RunConfiguration.generationLabel(preset), seed: seed, metrics: scores.metrics,
      provenance: .now(
        gpu: device.graphicsProcessor,
        wallSeconds: (ContinuousClock.now - start) / .seconds(1), peakMemoryBytes: memory.bytes,
        config: [
          "samples_from": .string(samples), "sample_count": .integer(sampleCount),
          "features": .string(scoring.protocolID),
        ]))
    try result.write(to: folder.resultPath)
    return result
  }
}
