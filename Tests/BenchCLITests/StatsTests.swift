import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

@Suite("bench stats") struct StatsTests {
  /// A file of statistics of three features.
  private func write(mean: [Double], protocolID: String? = nil, to path: String) throws {
    var arrays = [
      (name: "mu", array: NPYArray(mean, shape: [3])),
      (
        name: "sigma",
        array: NPYArray([1.0, 0, 0, 0, 1, 0, 0, 0, 1], shape: [3, 3])
      ),
    ]
    if let protocolID { arrays.append(("protocol", NPYArray(texts: [protocolID]))) }
    try NPZWriter.write(arrays, to: path)
  }

  @Test("lists what is known, and says all of one")
  func list() async throws {
    let list = try await BenchProcess.run(["stats", "list", "--json"])
    let items = try JSONValue(parsing: list.output.utf8)["statistics"]?.array ?? []
    #expect(items.contains { $0["name"]?.string == "adm-imagenet256" })
    let info = try await BenchProcess.run(["stats", "info", "edm-ffhq"])
    for text in ["70000", "sha256:c78359df", "CC BY-NC-SA", "bench stats fetch edm-ffhq"] {
      #expect(info.output.contains(text), "\(info.output)")
    }
    try await BenchProcess.run(["stats", "info", "adm-imagenet25"])
      .expectFailure("did you mean adm-imagenet256")
  }

  @Test("gives files names that bench fid takes")
  func names() async throws {
    let folder = try TemporaryFolder()
    let environment = ["BENCH_CACHE": "\(folder.path)/cache"]
    func fid(_ words: String...) async throws -> BenchProcess {
      try await BenchProcess.run(
        ["fid"] + words + ["--metrics", "fid", "--json"], environment: environment,
        in: folder.path)
    }
    try write(mean: [0, 0, 0], to: "\(folder.path)/cifar10-32x32.npz")
    try write(
      mean: [2, 0, 0], protocolID: "tf1/inception-2015-12-05@0123456789ab/2048/no-crop",
      to: "\(folder.path)/tf1.npz")
    try write(
      mean: [2, 0, 0], protocolID: "pytorch-fid/inception-2015-12-05@0123456789ab/2048/no-crop",
      to: "\(folder.path)/other.npz")
    try await fid("edm-cifar10", "tf1.npz")
      .expectFailure("edm-cifar10", "bench stats fetch edm-cifar10")
    let fetched = try await BenchProcess.run(
      ["stats", "fetch", "edm-cifar10", "--from", folder.path], environment: environment)
    #expect(fetched.exitCode == 0, "\(fetched.errors)")
    #expect(fetched.output.contains("no checksum is published, its SHA-256 is "))
    let run = try await fid("edm-cifar10", "tf1.npz")
    #expect(run.exitCode == 0, "\(run.errors)")
    let value = try JSONValue(parsing: run.output.utf8)["metrics"]?["fid"]?["value"]?.double
    #expect(abs((value ?? 0) - 4) < 1e-9)
    // The file does not say how it was made; the registry does.
    try await fid("edm-cifar10", "other.npz").expectFailure("protocol", "tf1/inception")
    try write(mean: [0, 1, 0], to: "\(folder.path)/cache/statistics/mine.npz")
    let own = try await fid("mine", "tf1.npz")
    #expect(own.exitCode == 0, "\(own.errors)")
    try await fid("edm-cifar", "tf1.npz").expectFailure("edm-cifar")
  }
}

@Suite("bench cache") struct CacheTests {
  private func writePictures(_ count: Int, seed: UInt64, to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0..<count {
      var random = Philox(seed: seed, stream: UInt64(index))
      let pixels = (0..<16 * 16 * 3).map { _ in UInt8(random.integer(below: 256)) }
      try PNG.write(
        RasterImage(height: 16, width: 16, channelCount: 3, pixels: pixels),
        to: "\(folder)/\(100 + index).png")
    }
  }

  @Test("features of pictures are computed once, with the same values, until the pictures change")
  func features() async throws {
    let folder = try TemporaryFolder()
    try writePictures(40, seed: 1, to: "\(folder.path)/a")
    try writePictures(40, seed: 2, to: "\(folder.path)/b")
    let environment = ["BENCH_CACHE": "\(folder.path)/cache"]
    func fid(_ extra: String...) async throws -> JSONValue {
      let run = try await BenchProcess.run(
        ["fid", "a", "b", "--features", "builtin", "--json"] + extra, environment: environment,
        in: folder.path)
      #expect(run.exitCode == 0, "\(run.errors)")
      return try JSONValue(parsing: run.output.utf8)
    }
    func list() async throws -> [JSONValue] {
      let run = try await BenchProcess.run(["cache", "list", "--json"], environment: environment)
      return try JSONValue(parsing: run.output.utf8)["features"]?.array ?? []
    }
    let without = try await fid("--no-cache")
    #expect(without["from_cache"] == nil)
    #expect(try await list().isEmpty)
    let first = try await fid()
    #expect(first["from_cache"] == nil && first["metrics"] == without["metrics"])
    #expect(try await list().count == 2)
    let second = try await fid()
    #expect(second["from_cache"] == ["a", "b"] && second["metrics"] == first["metrics"])
    #expect(second["protocol"] == first["protocol"])
    // Another protocol, and another picture of the same name and size.
    #expect(try await fid("--batch-size", "7")["from_cache"] == nil)
    try writePictures(1, seed: 3, to: "\(folder.path)/b")
    let third = try await fid()
    #expect(third["from_cache"] == ["a"] && third["metrics"] != first["metrics"])
    let cleared = try await BenchProcess.run(["cache", "clear"], environment: environment)
    #expect(cleared.output.hasPrefix("5 sets of features removed"), "\(cleared.output)")
    #expect(try await list().isEmpty)
  }

  @Test("a damaged entry is passed over")
  func damaged() async throws {
    let folder = try TemporaryFolder()
    try writePictures(40, seed: 1, to: "\(folder.path)/a")
    let environment = ["BENCH_CACHE": "\(folder.path)/cache"]
    let words = ["fid", "a", "a", "--features", "builtin", "--json", "--metrics", "fid"]
    let first = try await BenchProcess.run(words, environment: environment, in: folder.path)
    let entries = "\(folder.path)/cache/features"
    for name in try FileManager.default.contentsOfDirectory(atPath: entries) {
      try Data("damaged".utf8).write(to: URL(filePath: "\(entries)/\(name)"))
    }
    let second = try await BenchProcess.run(words, environment: environment, in: folder.path)
    #expect(second.exitCode == 0, "\(second.errors)")
    #expect(
      try JSONValue(parsing: first.output.utf8)["metrics"]
        == JSONValue(parsing: second.output.utf8)["metrics"])
  }
}
