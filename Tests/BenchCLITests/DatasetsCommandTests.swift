import BenchSupport
import Dispatch
import Foundation
import Glibc
import TestSupport
import Testing

/// The built program on miniature datasets in their official file layouts.
@Suite("bench datasets") struct DatasetsCommandTests {
  /// The miniatures that the tests of the library read; see `scripts/make_miniature_datasets.py`.
  private static let miniatures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "DatasetsTests/Golden/miniatures")

  /// A data folder with copies of miniatures.
  private static func copy(_ names: [String], to folder: borrowing TemporaryFolder) throws {
    for name in names {
      try FileManager.default.copyItem(
        at: miniatures.appending(path: name), to: URL(filePath: "\(folder.path)/\(name)"))
    }
  }

  private static func run(_ arguments: [String], data: String) async throws -> BenchProcess {
    try await BenchProcess.run(["datasets"] + arguments + ["--data-dir", data, "--quiet"])
  }

  @Test("a named pipe is refused, not waited for")
  func namedPipe() async throws {
    let folder = try TemporaryFolder()
    #expect(mkfifo("\(folder.path)/pipe.npy", 0o600) == 0)
    let run = try await BenchProcess.run(["datasets", "read", "pipe.npy"], in: folder.path)
    run.expectFailure("it is not a regular file")
  }

  @Test("list shows every dataset and whether it is there")
  func list() async throws {
    let folder = try TemporaryFolder()
    try Self.copy(["dsprites"], to: folder)
    let run = try await Self.run(["list", "--json"], data: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let rows = try #require(try JSONValue(parsing: run.output.utf8)["datasets"]?.array)
    let states = Dictionary(
      rows.map { ($0["name"]?.string ?? "", $0["state"]?.string ?? "") }
    ) { $1 }
    #expect(states["scenes3d"] == "built in" && states["dsprites"] == "present")
    #expect(states["shapes3d"] == "missing" && states["lsun-bedroom"] == "missing")
    let text = try await Self.run(["list"], data: folder.path)
    #expect(text.output.contains("mpi3d-toy") && text.output.contains(folder.path))
  }

  @Test("info tells factors and draws a sheet")
  func info() async throws {
    let folder = try TemporaryFolder()
    try Self.copy(["cars3d"], to: folder)
    let sheet = "\(folder.path)/sheet.png"
    let run = try await Self.run(["info", "cars3d", "--sheet", sheet, "--json"], data: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    let json = try JSONValue(parsing: run.output.utf8)
    #expect(json["factor_names"] == ["elevation", "azimuth", "object"])
    #expect(json["count"] == 18)
    #expect(try Data(contentsOf: URL(filePath: sheet)).starts(with: [0x89, 0x50, 0x4E, 0x47]))
    // Without the files there is still the description.
    let absent = try await Self.run(["info", "shapes3d"], data: folder.path)
    #expect(absent.exitCode == 0 && absent.output.contains("bench datasets fetch shapes3d"))
  }

  @Test("info says which layout was found and what is missing; a cache may be put elsewhere")
  func layouts() async throws {
    let folder = try TemporaryFolder()
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "python3", "\(root.path)/scripts/make_bring_your_own.py", folder.path, "celeba", "faces",
    ]
    try process.run()
    process.waitUntilExit()
    let kaggle = try await Self.run(["info", "celeba"], data: "\(folder.path)/layouts/kaggle")
    #expect(kaggle.output.contains("layout     Kaggle\n"), "\(kaggle.output)\(kaggle.errors)")
    #expect(kaggle.output.contains("found      attributes: list_attr_celeba.csv (Kaggle)"))
    let mixture = try await Self.run(
      ["info", "celeba", "--json", "--cache-dir", "\(folder.path)/caches"],
      data: "\(folder.path)/layouts/mixture")
    let parts = try #require(try JSONValue(parsing: mixture.output.utf8)["parts"]?.array)
    #expect(parts.map { $0["layout"]?.string } == ["official", "Kaggle", nil])
    #expect(parts[2]["substitute"]?.string?.hasPrefix("pictures 1 to 162,770") == true)
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: "\(folder.path)/caches").contains {
        $0.hasSuffix(".pixels")
      })
    let copy = try await Self.run(["info", "ffhq"], data: "\(folder.path)/layouts/ffhq_zip")
    #expect(copy.output.contains("layout     resized copy in a zip, as StyleGAN's"))
    #expect(copy.output.contains("note       ") && copy.output.contains("how is not known"))
  }

  @Test("fetch copies from a folder and refuses what is not the published file")
  func fetch() async throws {
    let folder = try TemporaryFolder()
    let source = Self.miniatures.appending(path: "mpi3d-toy").path
    let run = try await Self.run(["fetch", "mpi3d-toy", "--from", source], data: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(run.output.contains("no checksum is published"))
    let again = try await Self.run(["fetch", "mpi3d-toy"], data: folder.path)
    #expect(again.output.contains("already there"))
    let wrong = try await Self.run(
      ["fetch", "shapes3d", "--from", Self.miniatures.appending(path: "shapes3d").path],
      data: folder.path)
    wrong.expectFailure("3dshapes.h5", "expected 267573662 bytes")
  }

  /// The first process fails while the second waits for it, and the third comes then.
  ///
  /// No published checksum would notice if two wrote to one file.
  @Test("fetch in several processes is one download, also after the first one failed")
  func fetchTogether() async throws {
    let folder = try TemporaryFolder()
    let data = folder.path
    let signal = DispatchSemaphore(value: 0)
    let contents = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
    let server = try HTTPServer(contents, .onSignal(signal))
    let lock = "\(data)/mpi3d-toy/mpi3d_toy.npz.lock"
    let arguments = ["fetch", "mpi3d-toy", "--from", server.url, "--retries", "0"]
    async let first = Self.run(arguments, data: data)
    #expect(await whenTrue { server.offsets.count == 1 })
    async let second = Self.run(arguments, data: data)
    #expect(await isLockAwaited(lock))
    signal.signal()
    try await first.expectFailure("404")
    #expect(await whenTrue { server.offsets.count == 2 })
    async let third = Self.run(arguments, data: data)
    #expect(await isLockAwaited(lock))
    for _ in 0..<3 { signal.signal() }
    #expect(try await second.exitCode == 0)
    #expect(try await third.exitCode == 0)
    #expect(server.offsets == [0, 0])
    #expect(
      try Data(contentsOf: URL(filePath: "\(data)/mpi3d-toy/mpi3d_toy.npz")) == Data(contents))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(data)/mpi3d-toy") == ["mpi3d_toy.npz"])
  }

  @Test("verify passes what is right and fails what is not")
  func verify() async throws {
    let folder = try TemporaryFolder()
    try Self.copy(["dsprites"], to: folder)
    let run = try await Self.run(["verify", "dsprites", "--json"], data: folder.path)
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(try JSONValue(parsing: run.output.utf8)["is_passed"] == true)
    let file = "\(folder.path)/dsprites/dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"
    let whole = try Data(contentsOf: URL(filePath: file))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: file))
    let damaged = try await Self.run(["verify", "dsprites"], data: folder.path)
    #expect(damaged.exitCode == 2 && damaged.output.contains("failed"))
    #expect(damaged.errors.split(separator: "\n").count == 1)
  }

  @Test("bad input ends with one sentence and the code for it")
  func badInput() async throws {
    let folder = try TemporaryFolder()
    try await Self.run(["info", "shape3d"], data: folder.path).expectFailure(
      "did you mean", "shapes3d")
    try await Self.run(["verify", "cars3d"], data: folder.path)
      .expectFailure("cars3d/nips2015-analogy-data.tar.gz", "bench datasets fetch cars3d")
    try await Self.run(["fetch", "celeba"], data: folder.path)
      .expectFailure("cannot be downloaded by programs")
    try await Self.run(["fetch", "dsprites", "--from", "/nowhere"], data: folder.path)
      .expectFailure("/nowhere")
    try await Self.run(["info", "./nothing"], data: folder.path).expectFailure("./nothing")
    let usage = try await Self.run(["fetch"], data: folder.path)
    #expect(usage.exitCode == 64)
  }

  @Test(
    "disentangle trains and scores on every factor dataset's official layout",
    arguments: ["cars3d", "shapes3d", "mpi3d-toy", "dsprites", "smallnorb"])
  func disentangle(name: String) async throws {
    let folder = try TemporaryFolder()
    try Self.copy([name], to: folder)
    let run = try await BenchProcess.run([
      "disentangle", "--dataset", name, "--model", "beta-vae", "--steps", "2", "--metrics", "mig",
      "--data-dir", folder.path, "--out", "\(folder.path)/runs", "--threads", "1", "--quiet",
      "--json",
    ])
    #expect(run.exitCode == 0, "\(run.errors)")
    #expect(
      FileManager.default.fileExists(
        atPath: "\(folder.path)/runs/\(name)-miniature/beta-vae/quick:steps=2/seed-0/result.json"))
  }
}
