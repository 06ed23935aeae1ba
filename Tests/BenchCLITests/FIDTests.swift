import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

@Suite("bench fid") struct FIDTests {
  /// Pictures that differ, as PNG files.
  private func writePictures(_ count: Int, side: Int = 24, seed: UInt64, to folder: String) throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for index in 0..<count {
      var random = Philox(seed: seed, stream: UInt64(index))
      let pixels = (0..<side * side * 3).map { _ in UInt8(random.integer(below: 256)) }
      try PNG.write(
        RasterImage(height: side, width: side, channelCount: 3, pixels: pixels),
        to: "\(folder)/\(100 + index).png")
    }
  }

  private func writeFeatures(_ count: Int, shift: Float = 0, seed: UInt64, to path: String) throws {
    var random = Philox(seed: seed)
    let elements = random.normals(count * 5).map { $0 + shift }
    try NPZWriter.write([("features", NPYArray(elements, shape: [count, 5]))], to: path)
  }

  private func json(_ run: BenchProcess) throws -> JSONValue {
    #expect(run.exitCode == 0, "\(run.errors)")
    return try JSONValue(parsing: Data(run.output.utf8))
  }

  @Test("scores features, skips what the sets do not allow and says why")
  func features() async throws {
    let folder = try TemporaryFolder()
    try writeFeatures(60, seed: 1, to: "\(folder.path)/a.npz")
    try writeFeatures(50, shift: 1, seed: 2, to: "\(folder.path)/b.npz")
    let run = try await BenchProcess.run(["fid", "a.npz", "b.npz", "--json"], in: folder.path)
    let result = try json(run)
    #expect((result["metrics"]?["fid"]?["value"]?.double ?? 0) > 3)
    for metric in ["precision", "recall", "density", "coverage"] {
      #expect(result["metrics"]?[metric]?["value"]?.double != nil, "\(metric)")
    }
    #expect(result["metrics"]?["kid"] == nil)
    #expect(run.errors.contains("without kid: a.npz: "))
    #expect(result["protocol"]?["reference"]?["count"]?.double == 60)
    #expect(result["protocol"]?["generated"]?["count"]?.double == 50)
    #expect(result["protocol"]?["id"] == .null)
  }

  @Test("reports metrics that were named and have no value, and computes the others")
  func namedWithoutValue() async throws {
    let folder = try TemporaryFolder()
    try writeFeatures(633, seed: 1, to: "\(folder.path)/a.npz")
    try writeFeatures(640, shift: 1, seed: 2, to: "\(folder.path)/b.npz")
    let words = ["fid", "a.npz", "b.npz", "--metrics", "fid,kid,is,precision"]
    let run = try await BenchProcess.run(words + ["--json"], in: folder.path)
    #expect(run.exitCode == 2)
    let metrics = try #require(try JSONValue(parsing: run.output.utf8)["metrics"])
    #expect((metrics["fid"]?["value"]?.double ?? 0) > 3)
    #expect(metrics["precision"]?["value"]?.double != nil)
    #expect(metrics["kid"]?["value"] == .null && metrics["is"]?["value"] == .null)
    let reason = try #require(metrics["kid"]?["reason"]?.string)
    #expect(reason.contains("a.npz: ") && reason.contains("at least 1000 samples, found 633"))
    #expect(reason.contains("--kid-subset-size 633"))
    #expect(metrics["is"]?["reason"]?.string?.contains("needs logits") == true)
    #expect(run.errors.hasPrefix("bench: no value for kid: a.npz: "), "\(run.errors)")
    #expect(run.errors.contains("no value for is: b.npz: "))
    // The same in the table.
    let table = try await BenchProcess.run(words, in: folder.path)
    #expect(table.exitCode == 2)
    let lines = table.output.split(separator: "\n")
    #expect(lines.contains { $0.hasPrefix("fid  ") && !$0.contains("–") })
    #expect(lines.contains { $0.hasPrefix("kid  ") && $0.contains("– a.npz: ") })
    #expect(lines.contains { $0.hasPrefix("precision ") })
    // The advice helps, and the size is recorded.
    let smaller = try json(
      await BenchProcess.run(
        ["fid", "a.npz", "b.npz", "--metrics", "kid", "--kid-subset-size", "633", "--json"],
        in: folder.path))
    #expect(smaller["metrics"]?["kid"]?["value"]?.double != nil)
    #expect(smaller["metrics"]?["kid"]?["subset_size"] == 633)
    // Nothing at all is reported the same way.
    let nothing = try await BenchProcess.run(
      ["fid", "a.npz", "b.npz", "--metrics", "kid", "--json"], in: folder.path)
    #expect(nothing.exitCode == 2)
    #expect(
      try JSONValue(parsing: nothing.output.utf8)["metrics"]?["kid"]?["value"] == .null)
  }

  @Test("of a set with itself is 0, without a sign")
  func identical() async throws {
    let folder = try TemporaryFolder()
    for seed in 1...8 as ClosedRange<UInt64> {
      try writeFeatures(40 + Int(seed), seed: seed, to: "\(folder.path)/a.npz")
      let words = ["fid", "a.npz", "a.npz", "--metrics", "fid"]
      let text = try await BenchProcess.run(words, in: folder.path)
      #expect(text.output.contains(" 0.000000") && !text.output.contains("-0"), "\(text.output)")
      let value = try json(await BenchProcess.run(words + ["--json"], in: folder.path))
      #expect((value["metrics"]?["fid"]?["value"]?.double ?? -1) >= 0)
    }
  }

  @Test("does not depend on the number of threads")
  func threads() async throws {
    let folder = try TemporaryFolder()
    try writeFeatures(400, seed: 1, to: "\(folder.path)/a.npz")
    try writeFeatures(300, shift: 0.1, seed: 2, to: "\(folder.path)/b.npz")
    var values: [Double] = []
    for threads in ["1", "2", "3"] {
      let run = try await BenchProcess.run(
        ["fid", "a.npz", "b.npz", "--metrics", "fid", "--json", "--threads", threads],
        in: folder.path)
      values.append(try #require(json(run)["metrics"]?["fid"]?["value"]?.double))
    }
    for value in values { #expect(abs(value - values[0]) <= 1e-9 * values[0]) }
  }

  @Test("compares folders without weights by features that are named and cautioned about")
  func builtin() async throws {
    let folder = try TemporaryFolder()
    try writePictures(12, seed: 1, to: "\(folder.path)/real")
    try writePictures(9, side: 17, seed: 2, to: "\(folder.path)/made")
    let result = try json(
      await BenchProcess.run(
        ["fid", "real", "made", "--features", "builtin", "--metrics", "fid,precision", "--json"],
        in: folder.path))
    #expect(result["protocol"]?["id"]?.string == "bench-features-v1")
    #expect(result["caution"]?.string?.contains("not Inception's") == true)
    let fid = try #require(result["metrics"]?["fid"]?["value"]?.double)
    // The same through a file of statistics; another protocol is refused before any work.
    let saved = try await BenchProcess.run(
      ["fid", "real", "--features", "builtin", "--save-stats", "s.npz", "--json"], in: folder.path)
    #expect(try json(saved)["saved"] == ["s.npz"])
    let again = try json(
      await BenchProcess.run(
        ["fid", "s.npz", "made", "--features", "builtin", "--json"], in: folder.path))
    let value = try #require(again["metrics"]?["fid"]?["value"]?.double)
    #expect(abs(value - fid) < 1e-6 * fid)
    try writeFeatures(20, seed: 1, to: "\(folder.path)/other.npz")
    try await BenchProcess.run(["fid", "s.npz", "other.npz", "-q"], in: folder.path)
      .expectFailure("features of width 448", "other.npz of width 5")
  }

  @Test("never takes random weights without being asked, and marks them where it was")
  func weights() async throws {
    let folder = try TemporaryFolder()
    try writePictures(3, seed: 1, to: "\(folder.path)/real")
    let nowhere = [
      "HOME": folder.path, "BENCH_CACHE": "\(folder.path)/cache", "BENCH_WEIGHTS": "",
      "TORCH_HOME": "", "XDG_CACHE_HOME": "",
    ]
    try await BenchProcess.run(["fid", "real", "real"], environment: nowhere, in: folder.path)
      .expectFailure("bench weights fetch inception", "cache/weights/pt_inception")
    try await BenchProcess.run(
      ["fid", "real", "real", "--weights", "random:many"], in: folder.path
    ).expectFailure("random:many")
  }

  @Test("makes features of vision transformers by a protocol that the network has")
  func transformers() async throws {
    let folder = try TemporaryFolder()
    try writePictures(5, seed: 1, to: "\(folder.path)/real")
    try writePictures(4, side: 30, seed: 2, to: "\(folder.path)/made")
    let words = [
      "fid", "real", "made", "--weights", "random:1", "--features", "dinov2-s", "--json",
      "--no-cache", "--k", "1",
    ]
    let usual = try json(await BenchProcess.run(words, in: folder.path))
    #expect(usual["protocol"]?["id"]?.string == "dgm/dinov2-vits14@random:1/cls/224")
    for metric in ["fid", "precision", "recall", "density", "coverage"] {
      #expect(usual["metrics"]?[metric]?["value"]?.double != nil, "\(metric)")
    }
    let other = try json(
      await BenchProcess.run(words + ["--protocol", "torch-fidelity"], in: folder.path))
    #expect(other["protocol"]?["id"]?.string == "torch-fidelity/dinov2-vits14@random:1/cls/224")
    #expect(
      other["metrics"]?["fid"]?["value"]?.double != usual["metrics"]?["fid"]?["value"]?.double)
    let wrong = try await BenchProcess.run(words + ["--protocol", "cmmd"], in: folder.path)
    #expect(wrong.exitCode == 64)
    #expect(wrong.errors.contains("expected dgm, dgm-clean, edm2, torch-fidelity"))
  }

  @Test("refuses a pickle that would run a command, and nothing runs")
  func malicious() async throws {
    let folder = try TemporaryFolder()
    try writePictures(3, seed: 1, to: "\(folder.path)/real")
    let command = Array("touch \(folder.path)/victim".utf8)
    // A legacy checkpoint whose state is os.system("touch victim").
    let start: [UInt8] =
      [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E]
      + [0x80, 2, 0x4D, 0xE9, 0x03, 0x2E, 0x80, 2, 0x7D, 0x2E, 0x80, 2]
    let call =
      Array("cposix\nsystem\nU".utf8) + [UInt8(command.count)] + command + [0x85, 0x52, 0x2E]
    try Data(start + call).write(to: URL(filePath: "\(folder.path)/evil.pth"))
    try await BenchProcess.run(["fid", "real", "real", "--weights", "evil.pth"], in: folder.path)
      .expectFailure("evil.pth", "posix.system", "nothing was run")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/victim"))
  }

  @Test("names the unreadable picture and goes on only where asked to")
  func unreadable() async throws {
    let folder = try TemporaryFolder()
    try writePictures(30, side: 8, seed: 1, to: "\(folder.path)/real")
    try Data("<html>not found</html>".utf8).write(
      to: URL(filePath: "\(folder.path)/real/117.png"))
    let words = ["fid", "real", "--features", "builtin", "--save-features", "f.npz"]
    try await BenchProcess.run(words + ["-q"], in: folder.path)
      .expectFailure("real/117.png", "web page")
    #expect(!FileManager.default.fileExists(atPath: "\(folder.path)/f.npz"))
    let run = try await BenchProcess.run(
      words + ["--on-error", "skip", "--json"], in: folder.path)
    let result = try json(run)
    #expect(result["unreadable"]?.array?.count == 1)
    #expect(result["protocol"]?["reference"]?["count"]?.double == 29)
    #expect(run.errors.contains("left out: real/117.png"))
  }

  @Test("refuses sets that cannot be compared, in one sentence")
  func refused() async throws {
    let folder = try TemporaryFolder()
    try writeFeatures(30, seed: 1, to: "\(folder.path)/a.npz")
    try writeFeatures(1, seed: 2, to: "\(folder.path)/one.npz")
    var damaged = [Float](repeating: 1, count: 50)
    damaged[37] = .nan
    try NPZWriter.write(
      [("features", NPYArray(damaged, shape: [10, 5]))], to: "\(folder.path)/nan.npz")
    func statistics(_ sigma: [Double], to name: String) throws {
      try NPZWriter.write(
        [
          ("mu", NPYArray([0, 0] as [Double], shape: [2])),
          ("sigma", NPYArray(sigma, shape: [2, 2])),
        ], to: "\(folder.path)/\(name)")
    }
    try statistics([1, 0.5, 0.1, 1], to: "skew.npz")
    try statistics([1, 2, 2, 1], to: "indefinite.npz")
    try NPZWriter.write(
      [("codes", NPYArray(damaged, shape: [10, 5]))], to: "\(folder.path)/codes.npz")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/empty", withIntermediateDirectories: true)
    try writePictures(1, seed: 1, to: "\(folder.path)/single")
    let cases: [([String], [String])] = [
      (["a.npz", "one.npz"], ["one.npz", "at least 2 samples, found 1"]),
      (["a.npz", "nan.npz"], ["nan.npz", "row 7, column 2"]),
      (["skew.npz", "skew.npz"], ["skew.npz", "not symmetric", "[1, 0] is 0.1", "[0, 1] is 0.5"]),
      (["indefinite.npz", "indefinite.npz"], ["not a covariance", "eigenvalue"]),
      (["a.npz", "codes.npz"], ["codes.npz", "it holds codes"]),
      (["a.npz", "nowhere.npz"], ["nowhere.npz"]),
      (["empty", "a.npz"], ["empty: found none, expected pictures"]),
      (["single", "single", "--features", "builtin"], ["single", "at least 2 samples, found 1"]),
      (["skew.npz", "a.npz", "--metrics", "kid"], ["skew.npz"]),
    ]
    for (words, fragments) in cases {
      let run = try await BenchProcess.run(["fid", "-q"] + words, in: folder.path)
      run.expectFailure()
      for fragment in fragments { #expect(run.errors.contains(fragment), "\(run.errors)") }
    }
    for words in [
      ["a.npz"], ["a.npz", "a.npz", "--metrics", "fdi"], ["a.npz", "a.npz", "--k", "0"],
    ] {
      #expect(try await BenchProcess.run(["fid"] + words, in: folder.path).exitCode == 64)
    }
  }

  @Test("statistics and features are read in the layouts that other programs write")
  func layouts() async throws {
    let folder = try TemporaryFolder()
    let mean = [0.5, -1, 2]
    let covariance = [2, 0.5, 0, 0.5, 1, 0, 0, 0, 3]
    func write(_ arrays: [(String, NPYArray)], _ name: String) throws {
      try NPZWriter.write(arrays, to: "\(folder.path)/\(name)")
    }
    try write(
      [("mu", NPYArray(mean, shape: [3])), ("sigma", NPYArray(covariance, shape: [3, 3]))], "a.npz")
    try write(
      [("mean", NPYArray(mean, shape: [3])), ("cov", NPYArray(covariance, shape: [3, 3]))], "b.npz")
    try write(
      [("m", NPYArray(mean, shape: [1, 3])), ("s", NPYArray(covariance, shape: [1, 3, 3]))], "c.npz"
    )
    // A protocol and a count that are no text and no number cost nothing but themselves.
    try write(
      [
        ("mu", NPYArray(mean, shape: [3])), ("sigma", NPYArray(covariance, shape: [3, 3])),
        ("protocol", NPYArray([1], shape: [1])), ("count", NPYArray(texts: ["many"])),
      ], "e.npz")
    for other in ["b.npz", "c.npz", "e.npz"] {
      let run = try await BenchProcess.run(["fid", "a.npz", other, "--json"], in: folder.path)
      #expect(try json(run)["metrics"]?["fid"]?["value"]?.double == 0, "\(run.errors)")
    }
    try writeFeatures(40, seed: 1, to: "\(folder.path)/features.npz")
    let features = try NPZArchive(path: "\(folder.path)/features.npz").array("features")
    try NPYArray(features.floats(), shape: features.shape + [1, 1])
      .write(to: "\(folder.path)/maps.npy")
    let run = try await BenchProcess.run(
      ["fid", "features.npz", "maps.npy", "--metrics", "frechet", "--json"], in: folder.path)
    #expect(try json(run)["metrics"]?["fid"]?["value"]?.double == 0, "\(run.errors)")
    try write([("mu", NPYArray(mean, shape: [3])), ("sigma", NPYArray(mean, shape: [3]))], "d.npz")
    try await BenchProcess.run(["fid", "a.npz", "d.npz"], in: folder.path)
      .expectFailure("d.npz: 'sigma' has shape [3], expected two axes")
  }

  @Test("lists and fetches weights")
  func known() async throws {
    let folder = try TemporaryFolder()
    let environment = [
      "HOME": folder.path, "BENCH_CACHE": "\(folder.path)/cache", "BENCH_WEIGHTS": "",
      "TORCH_HOME": "", "XDG_CACHE_HOME": "",
    ]
    let list = try json(
      await BenchProcess.run(["weights", "list", "--json"], environment: environment))
    #expect(
      list["weights"]?.array?.compactMap { $0["name"]?.string } == [
        "inception", "vgg16", "lpips-vgg", "dinov2-s", "dinov2-b", "dinov2-l", "clip-b32",
        "clip-l14", "clip-l14-336",
      ])
    #expect(list["weights"]?.array?.allSatisfy { $0["path"] == .null } == true)
    try Data("not weights".utf8).write(to: URL(filePath: "\(folder.path)/wrong.pth"))
    try await BenchProcess.run(
      ["weights", "fetch", "inception", "--from", "wrong.pth", "-q"], environment: environment,
      in: folder.path
    ).expectFailure("wrong.pth", "95628359")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/cache/weights").isEmpty)
    #expect(
      try await BenchProcess.run(["weights", "fetch", "resnet"], environment: environment)
        .exitCode == 64)
  }

  /// Writes the same pictures as a folder of PNG files and in every other form.
  private func writeEverywhere(_ count: Int, seed: UInt64, below folder: String) throws {
    try writePictures(count, seed: seed, to: "\(folder)/plain")
    let pictures = try (0..<count).map { try ImageFile.read("\(folder)/plain/\(100 + $0).png") }
    let batch = NPYArray(pictures.flatMap(\.pixels), shape: [count, 24, 24, 3])
    try NPZWriter.write(["arr_0": batch], to: "\(folder)/batch.npz", isCompressed: true)
    try batch.write(to: "\(folder)/batch.npy")
    let scaled = NPYArray(batch.bytes.map { 2 * (Float($0) / 255) - 1 }, shape: batch.shape)
    try NPZWriter.write(["samples": scaled], to: "\(folder)/scaled.npz")
    try Data("{\"labels\": null}".utf8).write(to: URL(filePath: "\(folder)/plain/dataset.json"))
    for (name, words) in [
      ("a.zip", ["python3", "-m", "zipfile", "-c"]), ("a.tar", ["tar", "-cf"]),
      ("a.tar.gz", ["tar", "-czf"]),
    ] {
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.currentDirectoryURL = URL(filePath: folder)
      process.arguments = words + [name, "plain"]
      try process.run()
      process.waitUntilExit()
    }
  }

  @Test("takes the same pictures as a folder, archive or array, and gives the same bits")
  func everySource() async throws {
    let folder = try TemporaryFolder()
    try writeEverywhere(12, seed: 1, below: folder.path)
    try writePictures(9, side: 17, seed: 2, to: "\(folder.path)/made")
    var values: [String: JSONValue] = [:]
    let sources = [
      "plain", "batch.npz", "batch.npy", "scaled.npz", "a.zip", "a.tar", "a.tar.gz",
    ]
    for source in sources {
      let words = ["fid", source, "made", "--features", "builtin", "--range", "-1,1", "--json"]
      let run = try await BenchProcess.run(words, in: folder.path)
      let result = try json(run)
      #expect(result["protocol"]?["reference"]?["count"] == 12, "\(source)")
      values[source] = result["metrics"]
      #expect(
        run.errors.contains("that is no picture is left out (.json)")
          == !source.contains("np"), "\(source)")
    }
    for source in sources { #expect(values[source] == values["plain"], "\(source)") }
    let words = ["fid", "scaled.npz", "made", "--features", "builtin"]
    try await BenchProcess.run(words, in: folder.path)
      .expectFailure("scaled.npz:samples", "--range 0,1")
  }

  @Test("takes a dataset's name, and says what is near where there is none")
  func datasetName() async throws {
    let folder = try TemporaryFolder()
    try writePictures(9, side: 17, seed: 2, to: "\(folder.path)/made")
    try writePictures(4, side: 16, seed: 3, to: "\(folder.path)/data/ffhq/images1024x1024")
    try Data("{\"image_count\": 4}".utf8)
      .write(to: URL(filePath: "\(folder.path)/data/ffhq/miniature.json"))
    let words = ["fid", "ffhq@16", "made", "--features", "builtin", "--data-dir", "data", "--json"]
    let result = try json(await BenchProcess.run(words, in: folder.path))
    #expect(result["protocol"]?["reference"]?["count"] == 4)
    for (name, parts) in [
      ("ffhqq", ["ffhqq", "no such folder, file or dataset", "ffhq"]),
      ("real/", ["real/", "no such folder or file"]),
      ("a.pkl", ["a.pkl", "no such folder or file"]),
    ] {
      let run = try await BenchProcess.run(
        ["fid", name, "made", "--features", "builtin", "--data-dir", "data"], in: folder.path)
      #expect(run.exitCode != 0)
      for part in parts { #expect(run.errors.contains(part), "\(run.errors)") }
    }
  }

  @Test("names what a file is that is none of what it takes")
  func otherKinds() async throws {
    let folder = try TemporaryFolder()
    try writeFeatures(20, seed: 1, to: "\(folder.path)/a.npz")
    for (name, start, what) in [
      ("edm.pkl", [0x80, 4, 0x95, 0], "a Python pickle"),
      ("codes.csv", Array("a,b\n1,2\n".utf8), "a text file"),
      (
        "one.png", PNG.encode(RasterImage(height: 1, width: 1, channelCount: 1, pixels: [0])),
        "a PNG"
      ),
    ] as [(String, [UInt8], String)] {
      try Data(start).write(to: URL(filePath: "\(folder.path)/\(name)"))
      try await BenchProcess.run(["fid", "a.npz", name], in: folder.path)
        .expectFailure(name, "is \(what)")
    }
  }

  @Test(
    "serves every metric from ADM's reference batches: statistics as given, the rest from images")
  func referenceBatch() async throws {
    let folder = try TemporaryFolder()
    try writeEverywhere(12, seed: 1, below: folder.path)
    try writePictures(10, side: 17, seed: 2, to: "\(folder.path)/made")
    try writePictures(40, seed: 3, to: "\(folder.path)/more")
    func run(_ words: String...) async throws -> BenchProcess {
      try await BenchProcess.run(
        ["fid"] + words + ["--features", "builtin", "--json"], in: folder.path)
    }
    // The batch: 12 images, and the statistics of 40 others.
    _ = try json(await run("more", "--save-stats", "more.npz"))
    let statistics = try NPZArchive(path: "\(folder.path)/more.npz")
    let images = try NPZArchive(path: "\(folder.path)/batch.npz").array("arr_0")
    try NPZWriter.write(
      ["mu": statistics.array("mu"), "sigma": statistics.array("sigma"), "arr_0": images],
      to: "\(folder.path)/reference.npz")
    let whole = try await run("reference.npz", "made")
    #expect(whole.errors.contains("'mu' and 'sigma' do not say how they were made"))
    let found = try json(whole)["metrics"]
    let ofStatistics = try json(await run("more.npz", "made"))["metrics"]
    let ofImages = try json(await run("plain", "made"))["metrics"]
    #expect(found?["fid"] == ofStatistics?["fid"] && found?["fid"] != ofImages?["fid"])
    for name in ["precision", "recall", "density"] {
      #expect(found?[name] != nil && found?[name] == ofImages?[name], "\(name)")
    }
    // For the Fréchet distance alone no image is looked at.
    let quick = try json(await run("reference.npz", "more.npz", "--metrics", "fid"))
    #expect(quick["images_per_second"] == nil)
    #expect(try #require(quick["metrics"]?["fid"]?["value"]?.double) < 1e-9)
    // Statistics of other features are passed over, with a note.
    try NPZWriter.write(
      [
        "mu": NPYArray([0.0], shape: [1]), "sigma": NPYArray([1.0], shape: [1, 1]), "arr_0": images,
      ],
      to: "\(folder.path)/other.npz")
    let other = try await run("other.npz", "made")
    #expect(other.errors.contains("of 1 features, these are 448; only its images are used"))
    #expect(try json(other)["metrics"]?["fid"] == ofImages?["fid"])
  }

  private func writeSide(
    _ count: Int, seed: UInt64, protocolID: String, to path: String
  ) throws {
    var random = Philox(seed: seed)
    try NPZWriter.write(
      [
        "features": NPYArray(random.normals(count * 5), shape: [count, 5]),
        "logits": NPYArray(random.normals(count * 4), shape: [count, 4]),
        "spatial": NPYArray(random.normals(count * 6), shape: [count, 6]),
        "protocol": NPYArray(texts: [protocolID]),
      ], to: path)
  }

  @Test("--protocol adm is the evaluator's five numbers, of its features alone")
  func adm() async throws {
    let folder = try TemporaryFolder()
    let id = "tf1/inception-2015-12-05@6726825d0af5/2048/no-crop"
    try writeSide(60, seed: 1, protocolID: id, to: "\(folder.path)/a.npz")
    try writeSide(50, seed: 2, protocolID: id, to: "\(folder.path)/b.npz")
    let words = ["fid", "a.npz", "b.npz", "--protocol", "adm"]
    let result = try json(await BenchProcess.run(words + ["--json"], in: folder.path))
    guard case .object(let metrics)? = result["metrics"] else { throw CancellationError() }
    #expect(Set(metrics.keys) == ["fid", "sfid", "is:adm", "precision", "recall"])
    #expect(metrics["precision"]?["inside"] == "inclusive" && metrics["precision"]?["k"] == 3)
    #expect(result["protocol"]?["evaluator"] == "adm")
    let same = try json(
      await BenchProcess.run(
        [
          "fid", "a.npz", "b.npz", "--inside", "inclusive", "--metrics", "precision,sfid", "--json",
        ],
        in: folder.path))
    #expect(same["metrics"]?["precision"] == metrics["precision"])
    #expect(same["metrics"]?["sfid"] == metrics["sfid"])
    #expect(same["protocol"]?["evaluator"] == .null)
    try writeSide(
      50, seed: 2, protocolID: "pytorch-fid/inception-2015-12-05@6726825d0af5/2048/no-crop",
      to: "\(folder.path)/c.npz")
    try await BenchProcess.run(["fid", "c.npz", "c.npz", "--protocol", "adm"], in: folder.path)
      .expectFailure("c.npz was made with protocol pytorch-fid/", "--protocol adm")
    for extra in [["--k", "5"], ["--inside", "strict"], ["--features", "builtin"]] {
      let refused = try await BenchProcess.run(words + extra, in: folder.path)
      #expect(refused.exitCode == 64 && refused.errors.contains("--protocol adm"))
    }
  }

  @Test("computes what is asked for by name of distances on features")
  func distances() async throws {
    let folder = try TemporaryFolder()
    try writeFeatures(60, seed: 1, to: "\(folder.path)/a.npz")
    try writeFeatures(50, shift: 1, seed: 2, to: "\(folder.path)/b.npz")
    let run = try await BenchProcess.run(
      [
        "fid", "a.npz", "b.npz", "--metrics", "mind,kid:rbf,vendi,asw,cmmd", "--kid-subset-size",
        "40", "--mind-directions", "200", "--json",
      ], in: folder.path)
    #expect(run.exitCode == 2)
    let metrics = try #require(try JSONValue(parsing: run.output.utf8)["metrics"])
    for name in ["mind", "kid:rbf", "vendi", "asw"] {
      #expect((metrics[name]?["value"]?.double ?? -1) > 0, "\(name)")
    }
    #expect(metrics["mind"]?["directions"] == 200 && metrics["mind"]?["samples"] == 50)
    #expect(metrics["vendi"]?["reference"]?.double != nil)
    #expect(metrics["cmmd"]?["reason"]?.string?.contains("embeddings of length 1") == true)
  }

  @Test("compares with held-out images, and says where they were not held out")
  func heldOut() async throws {
    let folder = try TemporaryFolder()
    try writeFeatures(90, seed: 1, to: "\(folder.path)/train.npz")
    try writeFeatures(80, seed: 2, to: "\(folder.path)/made.npz")
    try writeFeatures(70, seed: 3, to: "\(folder.path)/test.npz")
    let words = ["fid", "train.npz", "made.npz", "--held-out"]
    let run = try await BenchProcess.run(words + ["test.npz", "--json"], in: folder.path)
    let result = try json(run)
    for name in ["fid", "fid:ratio", "authenticity", "fld", "fld:gap"] {
      #expect(result["metrics"]?[name]?["value"]?.double != nil, "\(name)")
    }
    #expect(result["held_out_overlap"] == 0)
    #expect(result["protocol"]?["held_out"]?["count"] == 70)
    let same = try await BenchProcess.run(
      words + ["train.npz", "--metrics", "fid:ratio,authenticity", "--json"], in: folder.path)
    #expect(same.exitCode == 2)
    #expect(same.errors.contains("90 of 90 held-out images are in train.npz too"))
    let without = try await BenchProcess.run(
      ["fid", "train.npz", "made.npz", "--metrics", "ct"], in: folder.path)
    #expect(without.exitCode == 2 && without.errors.contains("--held-out"))
  }

  @Test("compares pictures of equal names")
  func paired() async throws {
    let folder = try TemporaryFolder()
    try writePictures(3, seed: 1, to: "\(folder.path)/a")
    try writePictures(3, seed: 1, to: "\(folder.path)/b")
    let nowhere = [
      "HOME": folder.path, "BENCH_CACHE": "\(folder.path)/cache", "BENCH_WEIGHTS": "",
      "TORCH_HOME": "", "XDG_CACHE_HOME": "",
    ]
    func run(_ words: String...) async throws -> BenchProcess {
      try await BenchProcess.run(
        ["fid"] + words + ["--paired"], environment: nowhere, in: folder.path)
    }
    // One picture is a little darker.
    var picture = try Pictures.open("\(folder.path)/a").picture(at: 1, channelCount: 3)
    picture = RasterImage(shape: picture.shape, pixels: picture.pixels.map { $0 > 9 ? $0 - 10 : 0 })
    try PNG.write(picture, to: "\(folder.path)/b/101.png")
    let result = try json(await run("a", "b", "--json"))
    #expect(result["pairs"] == 3)
    #expect(
      result["metrics"]?["psnr"]?["reason"]?.string?.hasPrefix("2 of 3 pairs are equal") == true)
    let ratio = try #require(result["metrics"]?["psnr:of-mse"]?["value"]?.double)
    // A third of the pictures is off by at most 10: a mean error of at most 100 / 3.
    #expect(ratio > 32.9 && ratio < 34)
    #expect((result["metrics"]?["ssim"]?["value"]?.double ?? 0) > 0.9)
    #expect(result["metrics"]?["lpips"]?["reason"]?.string?.contains("bench weights fetch") == true)
    try FileManager.default.removeItem(atPath: "\(folder.path)/b/100.png")
    try await run("a", "b").expectFailure("a: 1 of 3 pictures", "'100.png'")
    try writePictures(3, side: 20, seed: 1, to: "\(folder.path)/c")
    try await run("a", "c").expectFailure("c/100.png", "one size")
    let both = try await run("a", "b", "--metrics", "fid")
    #expect(both.exitCode == 64 && both.errors.contains("--paired"))
  }
}
