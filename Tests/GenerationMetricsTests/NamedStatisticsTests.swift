import Datasets
import Foundation
import GenerationMetrics
import LinearAlgebra
import TestSupport
import Testing

@Suite("Named statistics") struct NamedStatisticsTests {
  /// Installs a pickle as EDM2's statistics and reads what comes of it.
  private func installed(_ file: String, as name: String) throws -> GenerationSide {
    let cache = try TemporaryFolder()
    let statistics = try NamedStatistics.known(name)
    let (path, wasPresent) = try statistics.fetch(
      cacheRoot: cache.path, from: .file(GoldenFile.path(file)))
    #expect(!wasPresent && path == statistics.path(cacheRoot: cache.path))
    #expect(try statistics.fetch(cacheRoot: cache.path).wasPresent)
    return try GenerationSide(path: path)
  }

  @Test(
    "of a pickle are numpy's numbers",
    arguments: ["statistics_4.pkl", "statistics_5.pkl", "statistics_numpy1.pkl"])
  func pickle(file: String) throws {
    let side = try installed(file, as: "edm2-imagenet64")
    #expect(side.width == 6 && side.count == 1_281_167)
    #expect(side.givenStatistics?.mean[0] == -0.030646128432273385)
    #expect(side.givenStatistics?.covariance[0, 1] == 0.22796413450439357)
    #expect(side.protocolID == "tf1/inception-2015-12-05@*/2048/no-crop")
    #expect(try installed(file, as: "edm2-imagenet64-dinov2").width == 4)
  }

  @Test("of a pickle that asks for anything but arrays are refused, and nothing is run")
  func forbidden() throws {
    #expect(throws: WeightError.self) {
      try installed("statistics_forbidden.pkl", as: "edm2-imagenet512")
    }
  }

  @Test("of a damaged pickle are refused wherever it ends, and whatever byte is wrong")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let whole = Array(
      try Data(contentsOf: URL(filePath: GoldenFile.path("statistics_4.pkl"))))
    let path = "\(folder.path)/damaged.pkl"
    for count in stride(from: 0, to: whole.count, by: 7) {
      try Data(whole.prefix(count)).write(to: URL(filePath: path))
      #expect(throws: (any Error).self) {
        try NamedStatistics.known("edm2-imagenet64").fetch(
          cacheRoot: "\(folder.path)/\(count)", from: .file(path))
      }
    }
    // Some bytes are numbers: what matters is that no byte ends the process.
    for index in whole.indices {
      var bytes = whole
      bytes[index] ^= 0x55
      try Data(bytes).write(to: URL(filePath: path))
      _ = try? NamedStatistics.known("edm2-imagenet64").fetch(
        cacheRoot: "\(folder.path)/b\(index)", from: .file(path))
    }
  }

  @Test("with another checksum than the published one are refused")
  func checksum() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/ffhq-64x64.npz"
    try Data("not statistics".utf8).write(to: URL(filePath: path))
    #expect(throws: DatasetError.self) {
      try NamedStatistics.known("edm-ffhq").fetch(cacheRoot: folder.path, from: .file(path))
    }
  }

  @Test("have one name each, a place, terms and a protocol")
  func registry() throws {
    #expect(Set(NamedStatistics.all.map(\.name)).count == NamedStatistics.all.count)
    for item in NamedStatistics.all {
      #expect(item.file.urls.allSatisfy { $0.hasPrefix("https://") } && !item.file.urls.isEmpty)
      #expect(!item.licence.isEmpty && item.protocolID.split(separator: "/").count == 4)
    }
    let error = #expect(throws: GenerationError.self) {
      try NamedStatistics.known("adm-imagenet25")
    }
    #expect("\(try #require(error))".contains("did you mean adm-imagenet256"))
  }

  @Test("made by another protocol are refused, whatever the weights' checksum")
  func protocols() throws {
    func side(_ protocolID: String) throws -> GenerationSide {
      GenerationSide(
        statistics: try FeatureStatistics(
          name: "s", features: .init(rowCount: 2, columnCount: 1, elements: [1.0, 2.0])),
        protocolID: protocolID)
    }
    let registered = try side("tf1/inception-2015-12-05@*/2048/no-crop")
    try registered.requireProtocol("tf1/inception-2015-12-05@0123456789ab/2048/no-crop", of: "b")
    for other in [
      "pytorch-fid/inception-2015-12-05@0123456789ab/2048/no-crop",
      "tf1/inception-2015-12-05@0123456789ab/768/no-crop",
      "tf1/inception-2015-12-05@random:1/2048/no-crop", "bench-features-1",
    ] {
      #expect(throws: GenerationError.self) { try registered.requireProtocol(other, of: "b") }
    }
  }
}
