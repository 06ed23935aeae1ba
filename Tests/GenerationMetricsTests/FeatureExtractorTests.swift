import BenchSupport
import Datasets
import Foundation
import GenerationMetrics
import LinearAlgebra
import TestSupport
import Testing

@Suite("Features of folders") struct FeatureExtractorTests {
  private let extractor = FeatureExtractor(network: .benchFeatures)

  /// Writes pictures as `0000.png`, `0001.png` and so on.
  private func write(_ pictures: [RasterImage], to folder: String) throws {
    for (index, picture) in pictures.enumerated() {
      let digits = String(index)
      let name = String(repeating: "0", count: 4 - digits.count) + digits
      try PNG.write(picture, to: "\(folder)/\(name).png")
    }
  }

  @Test("are in the order of the files and the same for every batch size", arguments: [1, 5, 64])
  func batches(size: Int) async throws {
    let folder = try TemporaryFolder()
    let pictures = BenchFeaturesTests.pictures(11, seed: 4)
    try write(pictures, to: folder.path)
    let found = try await extractor.extract(
      Pictures.open(folder.path), name: "pictures", batchSize: size)
    let features = try #require(found.side.features)
    #expect(features.features.elements == pictures.flatMap { BenchFeatures.features(of: $0) })
    #expect(found.skipped.isEmpty)
  }

  @Test("of many pictures, one of them unreadable: stop names it, skip leaves it out")
  func unreadable() async throws {
    let folder = try TemporaryFolder()
    try write(BenchFeaturesTests.pictures(40, seed: 5, side: 16), to: folder.path)
    let bad = "\(folder.path)/0017.png"
    let whole = try Data(contentsOf: URL(filePath: bad))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: bad))
    let images = try Pictures.open(folder.path)
    let error = await #expect(throws: GenerationError.self) {
      try await extractor.extract(images, name: "pictures", batchSize: 8)
    }
    let description = try #require(error?.description)
    #expect(description.hasPrefix("\(bad): ") && description.hasSuffix("--on-error skip."))
    let found = try await extractor.extract(
      images, name: "pictures", batchSize: 8, onError: .skip)
    #expect(found.side.count == 39)
    #expect(found.skipped.count == 1 && found.skipped[0].hasPrefix("\(bad): "))
  }

  @Test("of which none can be read are refused")
  func allUnreadable() async throws {
    let folder = try TemporaryFolder()
    for name in ["a.png", "b.jpg"] {
      try Data("no picture".utf8).write(to: URL(filePath: "\(folder.path)/\(name)"))
    }
    let images = try Pictures.open(folder.path)
    let error = await #expect(throws: GenerationError.self) {
      try await extractor.extract(images, name: "pictures", onError: .skip)
    }
    #expect(error?.description.contains("none of them can be read") == true)
  }

  @Test("of grey, palette, RGBA and 16-bit pictures of all sizes in one folder")
  func mixed() async throws {
    let folder = try TemporaryFolder()
    let names = ["bilevel.png", "gray16.png", "gray8.png", "palette.png", "rgb8.png", "rgba8.png"]
    for name in names {
      try FileManager.default.copyItem(
        atPath: GoldenFile.path("images/\(name)"), toPath: "\(folder.path)/\(name)")
    }
    try FileManager.default.copyItem(
      atPath: GoldenFile.path("images/progressive.jpg"), toPath: "\(folder.path)/z.jpeg")
    let found = try await extractor.extract(Pictures.open(folder.path), name: "pictures")
    let features = try #require(found.side.features)
    #expect(features.count == 7)
    // The values are those of the pictures as RGB, alpha dropped.
    let rgba = try ImageFile.read("\(folder.path)/rgba8.png", channelCount: 3)
    #expect(Array(features.features.row(5)) == BenchFeatures.features(of: rgba))
  }

  @Test("written to a file come back with their protocol, which other protocols refuse")
  func protocols() async throws {
    let folder = try TemporaryFolder()
    let pictures = BenchFeaturesTests.pictures(6, seed: 6, side: 16)
    let side = try await extractor.extract(name: "pictures", count: 6) { pictures[$0] }.side
    let path = "\(folder.path)/features.npz"
    try side.writeFeatures(to: path)
    try side.writeStatistics(to: "\(folder.path)/statistics.npz")
    let read = try GenerationSide(path: path)
    #expect(read.protocolID == "bench-features-v1")
    #expect(read.features?.features.elements == side.features?.features.elements)
    let statistics = try GenerationSide(path: "\(folder.path)/statistics.npz")
    #expect(statistics.protocolID == "bench-features-v1" && statistics.count == 6)
    let features = try #require(side.features)
    let foreign = GenerationSide(features: features, protocolID: "clean-fid/other")
    let error = #expect(throws: GenerationError.self) {
      try GenerationEvaluation(reference: read, generated: foreign, metrics: [.frechet])
    }
    guard case .protocolMismatch = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    // A file that does not say is taken at its word.
    let silent = GenerationSide(features: features)
    _ = try GenerationEvaluation(reference: read, generated: silent, metrics: [.frechet])
  }
}
