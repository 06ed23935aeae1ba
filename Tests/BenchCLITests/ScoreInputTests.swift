import BenchSupport
import Datasets
import Foundation
import TestSupport
import Testing

/// Codes and labels in the files that other programs write.
@Suite("bench score on files of other programs") struct ScoreInputTests {
  /// 24 samples, three latents; a shape of three kinds, a size of four and a colour that never changes.
  private static let shapes = (0..<24).map { $0 % 3 }
  private static let sizes = (0..<24).map { $0 / 3 % 4 }
  private static let codes: NPYArray = {
    var values: [Float] = []
    for row in 0..<24 {
      values.append(Float(shapes[row]))
      values.append(Float(sizes[row]) + Float(row % 5) / 10)
      values.append(Float(row * 7 % 11))
    }
    return NPYArray(values, shape: [24, 3])
  }()
  private static let factors: NPYArray = {
    let values: [Int] = zip(shapes, sizes).flatMap { [$0, $1] }
    return NPYArray(values, shape: [24, 2])
  }()

  private func run(_ folder: String, _ arguments: String...) async throws -> BenchProcess {
    try await BenchProcess.run(["score"] + arguments, in: folder)
  }

  private func mig(_ run: BenchProcess) throws -> Double {
    #expect(run.exitCode == 0, "\(run.errors)")
    return try #require(JSONValue(parsing: run.output.utf8)["metrics"]?["mig"]?["value"]?.double)
  }

  private func expected(in folder: String) async throws -> Double {
    try NPZWriter.write(["codes": Self.codes, "factors": Self.factors], to: "\(folder)/plain.npz")
    return try mig(try await run(folder, "plain.npz", "--metrics", "mig", "--json"))
  }

  @Test("arrays, archives and tables of the same numbers give the same score")
  func containers() async throws {
    let folder = try TemporaryFolder()
    let expected = try await expected(in: folder.path)
    try Self.codes.write(to: "\(folder.path)/z.npy")
    try Self.factors.write(to: "\(folder.path)/y.npy")
    try NPZWriter.write(["arr_0": Self.factors], to: "\(folder.path)/y.npz")
    try NPYArray(Self.codes.floats(), shape: [24, 3, 1, 1]).write(to: "\(folder.path)/maps.npy")
    let numbers = try Self.codes.floats()
    for (name, separator) in [("z.csv", ","), ("z.tsv", "\t"), ("z.txt", " ")] {
      var lines: [String] = []
      for row in 0..<24 {
        let cells: [String] = numbers[3 * row..<3 * row + 3].map { "\($0)" }
        lines.append(cells.joined(separator: separator))
      }
      try write(lines, to: "\(folder.path)/\(name)")
    }
    // A byte order mark, quotes, carriage returns and pandas' unnamed column of row numbers.
    var lines = ["\u{FEFF},\"the shape\",size"]
    for row in 0..<24 {
      let shape = ["b", "c", "d"][Self.shapes[row]]
      lines.append("\(row),\(shape),\(10 * Self.sizes[row])\r")
    }
    try write(lines, to: "\(folder.path)/y.csv")
    for codes in ["z.npy", "maps.npy", "z.csv", "z.tsv", "z.txt"] {
      for factors in ["y.npy", "y.npz", "y.csv"] {
        let found = try mig(
          try await run(folder.path, codes, "--factors", factors, "--metrics", "mig", "--json"))
        #expect(abs(found - expected) < 1e-6, "\(codes), \(factors)")
      }
    }
    let table = try await run(folder.path, "z.npy", "--factors", "y.csv", "--metrics", "mig")
    #expect(
      table.errors.contains("note: factor 'the shape': its texts were numbered in their order"))
  }

  @Test(
    "arrays under the names of other libraries are found",
    arguments: [
      ("representations", "factors_of_variation"), ("mus", "ys"), ("z", "y"), ("latents", "labels"),
      ("mus_train", "ys_train"), ("embeddings", "latents_classes"),
    ])
  func names(codes: String, factors: String) async throws {
    let folder = try TemporaryFolder()
    let expected = try await expected(in: folder.path)
    try NPZWriter.write(
      [(codes, Self.codes), (factors, Self.factors), ("extra", Self.codes)],
      to: "\(folder.path)/theirs.npz")
    #expect(
      try mig(try await run(folder.path, "theirs.npz", "--metrics", "mig", "--json")) == expected)
  }

  @Test("a test sample under other names is one")
  func testSample() async throws {
    let folder = try TemporaryFolder()
    try NPZWriter.write(
      [
        "mus_train": Self.codes, "ys_train": Self.factors, "mus_test": Self.codes,
        "ys_test": Self.factors,
      ], to: "\(folder.path)/split.npz")
    let run = try await run(folder.path, "split.npz", "--metrics", "sap", "--json")
    #expect(run.exitCode == 0, "\(run.errors)")
    let config = try JSONValue(parsing: run.output.utf8)["provenance"]?["config"]
    #expect(config?["test_samples"]?.integer == 24)
  }

  @Test("arrays that may each be the codes are named, and one can be chosen")
  func ambiguous() async throws {
    let folder = try TemporaryFolder()
    let expected = try await expected(in: folder.path)
    try NPZWriter.write(
      ["z": Self.codes, "mean": Self.codes, "y": Self.factors, "labels": Self.factors],
      to: "\(folder.path)/two.npz")
    try await run(folder.path, "two.npz")
      .expectFailure("two.npz: 'z', 'mean' may each be the codes; say which with --codes")
    try await run(folder.path, "two.npz", "--codes", "mean")
      .expectFailure("may each be the factors; say which with --factors")
    try await run(folder.path, "two.npz", "--codes", "mean", "--factors", "x")
      .expectFailure("there is no such file, and two.npz has no such array but z, mean")
    let chosen = try await run(
      folder.path, "two.npz", "--codes", "mean", "--factors", "y", "--metrics", "mig", "--json")
    #expect(try mig(chosen) == expected)
  }

  @Test("numbers with decimals are classes where they occur again, else continuous")
  func decimals() async throws {
    let folder = try TemporaryFolder()
    let expected = try await expected(in: folder.path)
    try Self.codes.write(to: "\(folder.path)/z.npy")
    // As Shapes3D's labels: a hue in tenths, an angle from -30.
    var labels: [Double] = []
    for row in 0..<24 {
      labels.append(Double(Self.shapes[row]) / 10)
      labels.append(Double(Self.sizes[row] - 2) * 15)
    }
    try NPYArray(labels, shape: [24, 2]).write(to: "\(folder.path)/y.npy")
    let run = try await run(
      folder.path, "z.npy", "--factors", "y.npy", "--metrics", "mig", "--json")
    #expect(abs(try mig(run) - expected) < 1e-12)
    #expect(
      run.errors.contains(
        "factor 'factor_0': its numbers with decimals were numbered in their order, 3 classes")
        && run.errors.contains("factor 'factor_1': its negative numbers were numbered"))
    try NPYArray((0..<48).map { Double($0) / 7 }, shape: [24, 2])
      .write(to: "\(folder.path)/y.npy")
    let continuous = try await self.run(folder.path, "z.npy", "--factors", "y.npy", "--json")
    #expect(continuous.exitCode == 0, "\(continuous.errors)")
    #expect(continuous.errors.contains("factors are continuous"))
    let result = try JSONValue(parsing: continuous.output.utf8)
    for name in ["mcc", "r2:linear", "dci:lasso", "sap:continuous"] {
      #expect(result["metrics"]?[name]?["value"]?.double != nil, "\(name)")
    }
    #expect(result["metrics"]?["mig"] == nil)
    let reason = "mig: not applicable: it needs classes, and factor 'factor_0' has values"
    #expect(result["skipped"]?["mig"]?.string?.hasPrefix(reason) == true)
    let named = try await self.run(
      folder.path, "z.npy", "--factors", "y.npy", "--metrics", "mig,mcc")
    #expect(named.exitCode == 2 && named.output.contains(reason))
    #expect(!continuous.errors.contains("without which"))
    // One such column among classes is named.
    try NPYArray(
      (0..<24).flatMap { [Double(Self.shapes[$0]), Double($0) / 7] }, shape: [24, 2]
    ).write(to: "\(folder.path)/y.npy")
    let mixed = try await self.run(folder.path, "z.npy", "--factors", "y.npy", "--metrics", "mcc")
    #expect(mixed.errors.contains("that is factor_1, without which the others have classes"))
  }

  @Test("whole numbers that double precision does not tell apart are numbered")
  func largeNumbers() async throws {
    let folder = try TemporaryFolder()
    try Self.codes.write(to: "\(folder.path)/z.npy")
    func mcc(_ stamps: [Int]) async throws -> BenchProcess {
      try NPYArray(stamps, shape: [24, 1]).write(to: "\(folder.path)/y.npy")
      return try await run(
        folder.path, "z.npy", "--factors", "y.npy", "--metrics", "mcc", "--json")
    }
    func value(_ run: BenchProcess) throws -> Double {
      let metrics = try JSONValue(parsing: run.output.utf8)["metrics"]
      return try #require(metrics?["mcc"]?["value"]?.double, "\(run.errors)")
    }
    let small = try await mcc(Self.sizes)
    // Nanoseconds: neighbours that are 8 apart there would be one number.
    let large = try await mcc(Self.sizes.map { (1 << 60) + $0 })
    #expect(try value(small) == value(large))
    #expect(large.errors.contains("numbers above 2^53 were numbered in their order, 4 classes"))
  }

  @Test("continuous factors have an array of their own, with a test sample")
  func factorValues() async throws {
    let folder = try TemporaryFolder()
    let values = NPYArray(
      (0..<48).map { Double($0 % 2 == 0 ? Self.shapes[$0 / 2] : Self.sizes[$0 / 2]) + 0.5 },
      shape: [24, 2])
    try NPZWriter.write(["codes": Self.codes, "factor_values": values], to: "\(folder.path)/a.npz")
    let alone = try await run(folder.path, "a.npz", "--metrics", "mcc,r2:linear", "--json")
    #expect(alone.exitCode == 0, "\(alone.errors)")
    let result = try JSONValue(parsing: alone.output.utf8)
    #expect((result["metrics"]?["mcc"]?["value"]?.double ?? 0) > 0.9)
    try NPZWriter.write(
      [
        "codes": Self.codes, "factor_values": values, "test_codes": Self.codes,
        "test_factor_values": values,
      ], to: "\(folder.path)/b.npz")
    let both = try await run(folder.path, "b.npz", "--metrics", "mcc:out-of-sample", "--json")
    let found = try JSONValue(parsing: both.output.utf8)
    #expect(found["metrics"]?["mcc:out-of-sample"]?["value"] == result["metrics"]?["mcc"]?["value"])
    #expect(found["provenance"]?["config"]?["test_samples"] == 24)
    try NPZWriter.write(
      ["codes": Self.codes, "factor_values": values, "factors": Self.factors],
      to: "\(folder.path)/two.npz")
    try await run(folder.path, "two.npz").expectFailure("two.npz", "factor_values", "--factors")
    try NPZWriter.write(
      ["codes": Self.codes, "factor_values": values, "test_codes": Self.codes],
      to: "\(folder.path)/half.npz")
    try await run(folder.path, "half.npz").expectFailure("half.npz", "test_factor_values")
  }

  @Test("attributes may be -1 and 1")
  func attributes() async throws {
    let folder = try TemporaryFolder()
    try Self.codes.write(to: "\(folder.path)/z.npy")
    let present = (0..<24).map { $0 % 2 }
    var outputs: [JSONValue?] = []
    for values in [present, present.map { 2 * $0 - 1 }] {
      try NPYArray(values, shape: [24]).write(to: "\(folder.path)/a.npy")
      let run = try await run(
        folder.path, "z.npy", "--attributes", "a.npy", "--metrics", "tad", "--json")
      #expect(run.exitCode == 0, "\(run.errors)")
      #expect(run.errors.contains("-1 was read as absent") == values.contains(-1))
      outputs.append(try JSONValue(parsing: run.output.utf8)["metrics"])
    }
    #expect(outputs[0] != nil && outputs[0] == outputs[1])
  }

  @Test("a factor with one value is left out of all metrics alike, and named")
  func constant() async throws {
    let folder = try TemporaryFolder()
    var values: [Int] = []
    for row in 0..<24 { values += [Self.shapes[row], 2, Self.sizes[row]] }
    let dead = NPYArray(values, shape: [24, 3])
    try NPZWriter.write(
      ["codes": Self.codes, "factors": Self.factors], to: "\(folder.path)/plain.npz")
    try NPZWriter.write(
      [
        "codes": Self.codes, "factors": dead,
        "factor_names": NPYArray(texts: ["shape", "colour", "size"]),
      ], to: "\(folder.path)/dead.npz")
    let plain = try await run(folder.path, "plain.npz", "--json")
    let other = try await run(folder.path, "dead.npz", "--json")
    let (first, second) = (
      try JSONValue(parsing: plain.output.utf8), try JSONValue(parsing: other.output.utf8)
    )
    #expect(first["metrics"]?["factorvae"]?["value"]?.double != nil)
    for metric in ["mig", "factorvae", "modularity", "dci", "sap", "betavae", "irs"] {
      #expect(
        first["metrics"]?[metric]?["value"] == second["metrics"]?[metric]?["value"], "\(metric)")
    }
    #expect(second["constant_factors"] == ["colour"])
    let table = try await run(folder.path, "dead.npz", "--metrics", "mig")
    #expect(
      table.output.contains(
        "factor 'colour' has one class in these samples and is left out of all metrics"))
  }

  @Test("names that cannot be read cost only the names")
  func unreadableNames() async throws {
    let folder = try TemporaryFolder()
    try NPZWriter.write(
      [
        "codes": Self.codes, "factors": Self.factors, "factor_names": NPYArray([1, 2], shape: [2]),
      ],
      to: "\(folder.path)/codes.npz")
    let run = try await run(folder.path, "codes.npz", "--metrics", "mig")
    #expect(
      run.exitCode == 0 && run.errors.contains("'factor_names' was left out"), "\(run.errors)")
  }

  @Test(
    "a file of another kind is called what it is",
    arguments: [
      (
        "a.pkl", [0x80, 4, 0x95, 0x2E] as [UInt8],
        "is a Python pickle, expected a .npz file of NumPy"
      ),
      (
        "a.npz", Array("\u{93}NUMPY".unicodeScalars.map { UInt8($0.value) }), "is a NumPy .npy file"
      ),
      (
        "a.h5", [0x89] + Array("HDF\r\n\u{1A}\n".utf8),
        "is an HDF5 file, expected a .npz file of NumPy"
      ),
      ("b.npz", [], "is empty"),
      ("c.csv", Array("<!DOCTYPE html>".utf8), "is a web page, expected a text table"),
      (
        "d.csv", Array("1,2\n3\n".utf8),
        "d.csv, line 2: not a valid table file: 1 cell where the first line has 2"
      ),
      (
        "e.csv", Array("1,2\n3,x\n4,5\n".utf8),
        "e.csv, column 1, row 1: found 'x', expected a number"
      ),
    ])
  func otherKinds(name: String, bytes: [UInt8], words: String) async throws {
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(filePath: "\(folder.path)/\(name)"))
    try await run(folder.path, name).expectFailure(name, words)
  }

  private func write(_ lines: [String], to path: String) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
  }
}
