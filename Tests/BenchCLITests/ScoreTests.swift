import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

@Suite("bench score") struct ScoreTests {
  /// Writes arrays to a `.npz` file and scores it.
  private func score(
    _ arrays: KeyValuePairs<String, NPYArray>, _ options: String...
  ) async throws -> BenchProcess {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/codes.npz"
    try NPZWriter.write(arrays, to: path)
    return try await BenchProcess.run(["score", path, "--quiet"] + options)
  }

  /// 24 samples, three latents, two factors and an attribute.
  private static let codes: [Float] = (0..<24).flatMap { (sample: Int) -> [Float] in
    let second = Float(sample / 4 % 3) + Float(sample % 2) / 10
    return [Float(sample % 4), second, Float(sample * 7 % 11)]
  }
  private static let factors: [Int] = (0..<24).flatMap { (sample: Int) -> [Int] in
    [sample % 4, sample / 4 % 3]
  }
  private static let codesArray = NPYArray(codes, shape: [24, 3])
  private static let factorsArray = NPYArray(factors, shape: [24, 2])

  @Test("prints one JSON object with metrics and provenance")
  func json() async throws {
    let run = try await score(
      ["codes": Self.codesArray, "factors": Self.factorsArray], "--metrics", "mig,sap", "--json")
    #expect(run.exitCode == 0 && run.errors == "")
    let value = try JSONValue(parsing: run.output.utf8)
    guard case .object(let metrics)? = value["metrics"] else {
      Issue.record("no metrics: \(run.output)")
      return
    }
    #expect(metrics.keys.sorted() == ["mig", "sap"])
    #expect(metrics["mig"]?["value"]?.double.map { (0...1).contains($0) } == true)
    #expect(metrics["mig"]?["estimator"]?.string?.contains("20 histogram bins") == true)
    #expect(value["provenance"]?["config"]?["samples"]?.double == 24)
    #expect(value["provenance"]?["config"]?["precision"]?.string == "float32")
  }

  @Test("ranks scores among rotations of the codes")
  func rotations() async throws {
    let arrays: KeyValuePairs<String, NPYArray> = [
      "codes": Self.codesArray, "factors": Self.factorsArray,
    ]
    let run = try await score(arrays, "--metrics", "mig", "--rotations", "19", "--json")
    let rank = try #require(JSONValue(parsing: run.output.utf8)["rotations"]?["mig"])
    #expect(rank["rotations"]?.integer == 19)
    // The first two latents are the factors: no rotation does better.
    #expect(rank["p"]?.double == 0.05)
    let table = try await score(arrays, "--metrics", "mig", "--rotations", "19")
    #expect(table.output.contains("rotated") && table.output.contains("0.050"))
    #expect(try await score(arrays, "--rotations", "-1").exitCode == 64)
    // A metric of counted codes has no value on rotated ones, and keeps no other from its rank.
    let rows = 300
    let digits: [Int] = (0..<rows).flatMap { (row: Int) -> [Int] in
      let state = row * 2531 % 4096
      return [state % 8, state / 8 % 8, state / 64 % 8, state / 512]
    }
    let mixed = try await score(
      [
        "codes": NPYArray(digits.map { Float($0) }, shape: [rows, 4]),
        "factors": NPYArray(digits, shape: [rows, 4]),
      ], "--metrics", "mig,infomec:discrete", "--rotations", "5", "--json")
    #expect(mixed.exitCode == 0, "\(mixed.errors)")
    let found = try JSONValue(parsing: mixed.output.utf8)
    #expect(found["metrics"]?["infomec:discrete"] != nil)
    #expect(found["rotations"]?["mig"] != nil)
    #expect(found["rotations"]?["infomec:discrete"] == nil, "\(mixed.output)")
  }

  @Test("a score whose halves cannot be scored has no interval, and stays")
  func scoresWithoutIntervals() async throws {
    // Every state once: half of the states are no grid.
    let codes: [Float] = (0..<12).flatMap { (state: Int) -> [Float] in
      [Float(state % 4), Float(state / 4), Float(state * 7 % 5)]
    }
    let factors: [Int] = (0..<12).flatMap { (state: Int) -> [Int] in [state % 4, state / 4] }
    let run = try await score(
      [
        "codes": NPYArray(codes, shape: [12, 3]), "factors": NPYArray(factors, shape: [12, 2]),
        "factor_sizes": NPYArray([4, 3], shape: [2]),
      ], "--metrics", "flatness,factorvae", "--ci", "--ci-resamples", "5", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let metrics = try JSONValue(parsing: run.output.utf8)["metrics"]
    for name in ["flatness", "factorvae"] {
      let value = try #require(metrics?[name]?["value"]?.double)
      let interval = metrics?[name]?["ci"]?["value"]?.array ?? []
      let ends = interval.compactMap(\.double)
      try #require(ends.count == 2, "\(name)")
      #expect(ends[0] <= value + 1e-9 && value <= ends[1] + 1e-9, "\(name)")
    }
  }

  @Test("without a factor that varies, or a second latent, there is nothing to score")
  func nothingToScore() async throws {
    let constant = NPYArray([Int](repeating: 1, count: 48), shape: [24, 2])
    for metric in ["irs", "factorvae", "betavae", "modularity", "mig"] {
      let run = try await score(
        ["codes": Self.codesArray, "factors": constant], "--metrics", metric)
      #expect(run.exitCode == 2, "\(metric): \(run.output)")
    }
    let one = NPYArray((0..<24).map { Float($0 % 2) + Float($0) / 100 }, shape: [24, 1])
    let attribute = NPYArray((0..<24).map { $0 % 2 }, shape: [24, 1])
    let tad = try await score(["codes": one, "attributes": attribute], "--metrics", "tad")
    #expect(tad.exitCode == 2 && tad.errors.contains("at least 2"), "\(tad.output)\(tad.errors)")
  }

  @Test("prints a table, and says which metrics the file cannot serve")
  func table() async throws {
    let run = try await score(["codes": Self.codesArray])
    #expect(run.exitCode == 0)
    #expect(run.output.contains("24 samples, 3 latents"))
    #expect(run.output.contains("gaussian_total_correlation"))
    #expect(run.output.contains("left out: mig: factors are needed"))
  }

  @Test("names, sizes, attributes and a test sample are read")
  func everything() async throws {
    let run = try await score(
      [
        "codes": Self.codesArray, "factors": Self.factorsArray,
        "test_codes": Self.codesArray, "test_factors": Self.factorsArray,
        "factor_names": NPYArray(texts: ["hue", "größe"]),
        "factor_sizes": NPYArray([4, 3], shape: [2]),
        "attributes": NPYArray((0..<24).map { $0 % 2 }, shape: [24, 1]),
        "attribute_names": NPYArray(texts: ["odd"]),
      ], "--metrics", "sap,explicitness", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let value = try JSONValue(parsing: run.output.utf8)
    #expect(value["provenance"]?["config"]?["test_samples"]?.double == 24)
    #expect(value["metrics"]?["explicitness"]?["train"]?.double != nil)
  }

  @Test("intervals and aligned axes stand beside the raw scores")
  func intervalsAndAxes() async throws {
    let run = try await score(
      ["codes": Self.codesArray, "factors": Self.factorsArray], "--metrics", "mig", "--ci",
      "--ci-resamples", "20", "--align", "pca,rotation", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let value = try JSONValue(parsing: run.output.utf8)
    let interval = value["metrics"]?["mig"]?["ci"]?["value"]?.array?.compactMap(\.double) ?? []
    #expect(interval.count == 2 && interval[0] <= interval[1])
    for axes in ["pca", "rotation"] {
      #expect(value["aligned"]?[axes]?["metrics"]?["mig"]?["value"]?.double != nil)
    }
  }

  @Test("the same seed gives the same numbers on any number of threads")
  func threads() async throws {
    let arrays: KeyValuePairs = ["codes": Self.codesArray, "factors": Self.factorsArray]
    var outputs: [JSONValue?] = []
    for threads in ["1", "2"] {
      let run = try await score(
        arrays, "--metrics", "mig,factorvae,infomec,betavae", "--seed", "3", "--threads", threads,
        "--json")
      #expect(run.exitCode == 0, "\(run.errors)")
      outputs.append(try JSONValue(parsing: run.output.utf8)["metrics"])
    }
    #expect(outputs[0] != nil && outputs[0] == outputs[1])
  }

  @Test("a protocol's numbers can be set, and are recorded")
  func settings() async throws {
    let arrays: KeyValuePairs = ["codes": Self.codesArray, "factors": Self.factorsArray]
    let run = try await score(
      arrays, "--metrics", "mig,factorvae", "--set", "mig.num_bins=5", "--set",
      "factorvae.num_eval=40", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let value = try JSONValue(parsing: run.output.utf8)
    let mig = value["metrics"]?["mig"]
    #expect(mig?["bin_edges"]?.array?.first?.array?.count == 6)
    #expect(mig?["estimator"]?.string?.contains(", 5 histogram bins") == true)
    #expect(value["metrics"]?["factorvae"]?["estimator"]?.string?.contains("40 eval") == true)
    #expect(value["provenance"]?["config"]?["settings"]?["mig.num_bins"]?.double == 5)
    for (setting, words) in [
      ("mig.num_bins=0", "whole number from 1 to 100000"), ("mig.num_bins=2.5", "whole number"),
      ("mig.bins=5", "expected one of num_bins"), ("sap.num_bins=5", "no parameters"),
      ("migg.num_bins=5", "did you mean mig"), ("num_bins", "METRIC.PARAMETER=VALUE"),
      ("factorvae.prune_threshold=nan", "number from 0"),
    ] {
      let run = try await BenchProcess.run(["score", "codes.npz", "--set", setting])
      #expect(run.exitCode == 64 && run.errors.contains(words), "\(setting): \(run.errors)")
    }
  }

  @Test(
    "a metric asked for by name that has no value costs the others nothing, and the exit code 2")
  func missingValue() async throws {
    let arrays: KeyValuePairs = ["codes": Self.codesArray, "factors": Self.factorsArray]
    let run = try await score(arrays, "--metrics", "tad,mig,infomec:discrete", "--json")
    #expect(run.exitCode == 2)
    let metrics = try #require(try JSONValue(parsing: run.output.utf8)["metrics"])
    #expect(metrics["mig"]?["value"]?.double != nil)
    #expect(metrics["tad"]?["value"] == .null)
    #expect(metrics["tad"]?["reason"]?.string?.contains("attributes are needed") == true)
    let table = try await score(arrays, "--metrics", "tad,mig")
    #expect(table.exitCode == 2 && table.output.contains("no value: tad: attributes are needed"))
  }

  @Test("rows to train and to test on are drawn, counted, and recorded")
  func split() async throws {
    let arrays: KeyValuePairs = ["codes": Self.codesArray, "factors": Self.factorsArray]
    let run = try await score(
      arrays, "--metrics", "sap", "--train", "12", "--test", "6", "--seed", "4", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let sap = try #require(try JSONValue(parsing: run.output.utf8)["metrics"]?["sap"])
    #expect(sap["protocol"]?.string == "dlib:train=12,test=6")
    #expect(
      sap["estimator"]?.string?.hasSuffix(
        "12 training and 6 test samples, drawn at random (seed 4)") == true)
    let ordered = try await score(arrays, "--metrics", "sap", "--split", "ordered", "--json")
    #expect(ordered.output.contains("in the order of the rows"))
    let tooMany = try await score(arrays, "--metrics", "sap", "--train", "20", "--test", "6")
    #expect(tooMany.exitCode == 2 && tooMany.errors.contains("at least 26 are needed"))
    let given = try await score(
      [
        "codes": Self.codesArray, "factors": Self.factorsArray, "test_codes": Self.codesArray,
        "test_factors": Self.factorsArray,
      ], "--train", "12")
    #expect(given.exitCode == 2 && given.errors.contains("leave out --train and --test"))
  }

  @Test("bad options end with code 64")
  func options() async throws {
    for options in [
      ["--metrics", "migg"], ["--align", "pcs"], ["--ci-resamples", "1"], ["--metrics", ""],
      ["--seed", "5000000000"], ["--train", "0"], ["--split", "sorted"],
    ] {
      let run = try await BenchProcess.run(["score", "codes.npz"] + options)
      #expect(run.exitCode == 64, "\(options)")
      #expect(run.output == "")
    }
    let run = try await BenchProcess.run(["score", "codes.npz", "--metrics", "migg"])
    #expect(run.errors.contains("did you mean mig"))
  }

  // MARK: - Bad files

  @Test("a missing, an empty and a truncated file are refused")
  func brokenFiles() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/codes.npz"
    try await BenchProcess.run(["score", path]).expectFailure("codes.npz")
    try NPZWriter.write(["codes": Self.codesArray, "factors": Self.factorsArray], to: path)
    let whole = try Data(contentsOf: URL(filePath: path))
    for count in [0, 1, 30, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: URL(filePath: path))
      try await BenchProcess.run(["score", path]).expectFailure("codes.npz")
    }
  }

  @Test("pickled Python objects are refused")
  func pickles() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/codes.npz"
    try NPZWriter.write(["codes": Self.codesArray], to: path)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    // Only the header's text changes; the archive's checksum no longer holds either.
    let type = Array("'<f4'".utf8)
    let place = try #require(
      bytes.indices.first { bytes[$0...].starts(with: type) }, "no element type in the header")
    bytes.replaceSubrange(place..<place + type.count, with: Array("'|O' ".utf8))
    try Data(bytes).write(to: URL(filePath: path))
    try await BenchProcess.run(["score", path]).expectFailure("codes.npz")
  }

  /// Arrays that break one rule each, and a word of the message.
  private static let badArrays:
    [(arrays: KeyValuePairs<String, NPYArray>, words: String, metrics: String)] = [
      (["factors": factorsArray], "'codes'", "mig"),
      (["codes": NPYArray([Float(1), 2], shape: [2])], "[samples, latents]", "unsupervised"),
      (["codes": NPYArray([Float(1)], shape: [])], "[samples, latents]", "unsupervised"),
      (["codes": NPYArray([Float](), shape: [0, 3])], "empty", "unsupervised"),
      (["codes": NPYArray([Float](), shape: [3, 0])], "empty", "unsupervised"),
      (["codes": NPYArray(texts: ["a", "b"])], "codes", "unsupervised"),
      (
        ["codes": NPYArray([1, Double.nan, 3, 4], shape: [2, 2])], "row 0, column 1",
        "unsupervised"
      ),
      (
        [
          "codes": codesArray, "factors": factorsArray, "test_factors": factorsArray,
          "test_codes": NPYArray([Float(1), .infinity, 3], shape: [1, 3]),
        ], "test_codes: row 0, column 1", "sap"
      ),
      (
        ["codes": codesArray, "factors": NPYArray([0, 1], shape: [2, 1])], "factors: 2 rows",
        "mig"
      ),
      (
        [
          "codes": codesArray,
          "factors": NPYArray([Int](repeating: -1, count: 24), shape: [24, 1]),
        ],
        "one class", "mig"
      ),
      (
        [
          "codes": codesArray, "factor_sizes": NPYArray([2], shape: [1]),
          "factors": NPYArray([Int](repeating: -1, count: 24), shape: [24, 1]),
        ],
        "row 0 is -1", "mig"
      ),
      (
        [
          "codes": codesArray,
          "factors": NPYArray((0..<24).map { Double($0) + 0.5 }, shape: [24, 1]),
        ], "it needs classes, and factor 'factor_0' has values", "mig"
      ),
      (
        [
          "codes": codesArray, "factors": factorsArray,
          "factor_sizes": NPYArray([4, 2], shape: [2]),
        ], "below its size 2", "mig"
      ),
      (
        [
          "codes": codesArray, "factors": factorsArray, "factor_names": NPYArray(texts: ["one"]),
        ], "factor_names", "mig"
      ),
      (
        ["codes": codesArray, "attributes": NPYArray((0..<24).map { $0 }, shape: [24, 1])],
        "expected 0 or 1", "unsupervised"
      ),
      (
        ["codes": codesArray, "factors": factorsArray, "test_codes": codesArray], "test_factors",
        "mig"
      ),
      (["codes": codesArray], "factors are needed", "mig"),
      (
        [
          "codes": codesArray, "factors": NPYArray([Int](repeating: 2, count: 24), shape: [24, 1]),
        ],
        "one class", "mig"
      ),
    ]

  @Test("bad arrays end with code 2 and one sentence", arguments: badArrays.indices)
  func refusesArrays(index: Int) async throws {
    let bad = Self.badArrays[index]
    let run = try await score(bad.arrays, "--metrics", bad.metrics)
    run.expectFailure("codes.npz", bad.words)
  }
}
