import BenchSupport
package import Datasets
import FoundationEssentials
package import Results
package import Torch

/// The images of another system, scored as our samples are.
package struct SystemRun {
  /// What the system is called in tables and folders.
  package let name: String
  /// Where its images lie.
  package let path: String
  /// Its images.
  package let samples: any PictureSource
  package let dataset: any ImageDataset
  package let preset: Preset
  package let sampleCount: Int
  package let out: String
  package let seed: Int
  /// Where the images' features are computed.
  package let device: Device
  package let environment: RunEnvironment

  /// Describes the images and how they are to be scored.
  package init(
    name: String, path: String, samples: any PictureSource, dataset: any ImageDataset,
    preset: Preset, sampleCount: Int,
    out: String, seed: Int, device: Device, environment: RunEnvironment
  ) {
    self.name = name
    self.path = path
    self.samples = samples
    self.dataset = dataset
    self.preset = preset
    self.sampleCount = sampleCount
    self.out = out
    self.seed = seed
    self.device = device
    self.environment = environment
  }

  /// The name of samples: the last component of their path, without the ending of an archive.
  package static func name(ofSamples path: String) -> String {
    path.split(separator: "/").last { $0 != "." }
      .map { Pictures.nameWithoutEnding(String($0)) } ?? "samples"
  }

  /// Scores the images, draws pictures and writes the record.
  package func execute(_ scoring: SampleScoring) async throws -> RunResult {
    let (start, memory) = (ContinuousClock.now, PeakMemory())
    let folder = try RunDirectory(
      root: out, dataset: dataset.name, model: name,
      preset: RunConfiguration.generationLabel(preset), seed: seed)
    guard !FileManager.default.fileExists(atPath: folder.configPath) else {
      throw ExperimentError.otherSystem(name: name, folder: folder.path)
    }
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let scores = try await scoring.scores(
      of: samples, name: path, count: sampleCount, seed: UInt64(seed), comparesHeldOut: false)
    try GenerationPictures(folder: folder.imagesPath, dataset: dataset)
      .writeSamples(samples, scores, scoring)
    let result = RunResult(
      dataset: .init(name: dataset.name, checksum: dataset.checksum), model: name,
      preset: RunConfiguration.generationLabel(preset), seed: seed, metrics: scores.metrics,
      provenance: .now(
        gpu: device.graphicsProcessor,
        wallSeconds: (ContinuousClock.now - start) / .seconds(1), peakMemoryBytes: memory.bytes,
        config: [
          "samples_from": .string(path), "sample_count": .integer(sampleCount),
          "features": .string(scoring.protocolID),
        ]))
    try result.write(to: folder.resultPath)
    return result
  }
}
