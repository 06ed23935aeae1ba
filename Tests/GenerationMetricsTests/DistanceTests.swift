import BenchSupport
import Datasets
import Foundation
import GenerationMetrics
import LinearAlgebra
import Testing

extension GoldenFile {
  /// The cases of `Golden/distances.json`: distances on features, three sets, ADM's evaluator.
  static let distances = read("distances.json")

  static func distances(_ prefix: String) -> [Case] { distances.filter { $0.id.hasPrefix(prefix) } }
}

extension GoldenFile.Case {
  /// Whether a value is a reference's, to a relative error.
  func agrees(_ value: Double, _ name: String, within relative: Double = 1e-6) throws -> Bool {
    let expected = try number(name)
    return abs(value - expected) <= relative * abs(expected)
  }

  /// Rows of length 1.
  func unitSet(_ name: String) throws -> FeatureSet {
    let set = try self.set(name)
    var features = set.features
    for row in 0..<set.count {
      let length = features.row(row).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      for column in 0..<set.width {
        features[row, column] = Float(Double(features[row, column]) / length)
      }
    }
    return try FeatureSet(name: name, features: features)
  }
}

@Suite("Distances on features") struct DistanceTests {
  @Test("torch's draws are replayed")
  func draws() throws {
    let golden = try #require(GoldenFile.distances("torch_draws").first)
    var random = TorchRandom(seed: 2020)
    let order = try #require(golden.expected["permutation"]?.array).compactMap(\.integer)
    #expect(random.permutation(order.count) == order)
    let normals = try #require(golden.expected["normals"]?.array).compactMap(\.double)
    let found = random.normals(normals.count)
    // Single precision, through a logarithm and a cosine.
    for (value, expected) in zip(found, normals) { #expect(abs(Double(value) - expected) < 1e-6) }
  }

  @Test("equal their references'", arguments: GoldenFile.distances("distances_"))
  func golden(golden: GoldenFile.Case) throws {
    let (x, y) = (try golden.set("x"), try golden.set("y"))
    let directions = try #require(golden.params["directions"]?.integer)
    let sliced = try SlicedDistance(reference: x, generated: y, directionCount: directions)
    #expect(try golden.agrees(sliced.value, "mind"))
    // torch-fidelity's own value is of single precision throughout.
    #expect(try golden.agrees(sliced.value, "mind_torch_fidelity", within: 2e-5))
    let swapped = try SlicedDistance(reference: y, generated: x, directionCount: directions)
    #expect(abs(swapped.value - sliced.value) < 1e-6 * sliced.value)
    let kernel = try KernelDistance(
      reference: x, generated: y, kernel: .gaussian(),
      subsetCount: try #require(golden.params["subsets"]?.integer),
      subsetSize: try #require(golden.params["subset_size"]?.integer))
    #expect(try golden.agrees(kernel.value, "kid_rbf"))
    #expect(try golden.agrees(kernel.standardDeviation, "kid_rbf_std"))
    let embedded = try EmbeddingDiscrepancy.value(
      reference: golden.unitSet("x"), generated: golden.unitSet("y"))
    #expect(try golden.agrees(embedded, "cmmd"))
    #expect(
      try golden.agrees(ApproximateSlicedDistance.value(reference: x, generated: y), "asw"))
    #expect(try golden.agrees(VendiScore.value(of: y), "vendi"))
    #expect(try golden.agrees(VendiScore.value(of: x), "vendi_reference"))
  }

  @Test("MIND of a shift by μ is 3 ‖μ‖² for as many directions as there can be")
  func shift() throws {
    let x = try features(200, 16, seed: 1)
    let moved = try FeatureSet(
      name: "moved",
      features: Matrix(
        rowCount: 200, columnCount: 16, elements: x.features.elements.map { $0 + 0.5 }))
    let value = try SlicedDistance(reference: x, generated: moved, directionCount: 20_000).value
    // The mean of (μ·u)² is ‖μ‖² / D; its standard error over 20,000 directions is about 1 %.
    #expect(abs(value - 3 * 16 * 0.25) < 0.04 * 3 * 16 * 0.25)
    #expect(try SlicedDistance(reference: x, generated: x).value == 0)
  }

  @Test("the Vendi score counts different rows")
  func vendi() throws {
    var rows = Matrix<Float>(rowCount: 40, columnCount: 5)
    for row in 0..<40 { rows[row, row % 4] = Float(1 + row) }
    #expect(abs(try VendiScore.value(of: FeatureSet(name: "four", features: rows)) - 4) < 1e-12)
    let few = Matrix<Float>(rowCount: 3, columnCount: 5, repeating: 2)
    #expect(abs(try VendiScore.value(of: FeatureSet(name: "one", features: few)) - 1) < 1e-12)
  }

  @Test("do not depend on the number of threads")
  func threads() throws {
    let (x, y) = (try features(600, 20, seed: 1), try features(570, 20, seed: 2))
    let values = try [1, 2, 5].map { count in
      try Parallel.$threadCount.withValue(count) {
        [
          try KernelDistance(reference: x, generated: y, variant: .allSamples).value,
          try SlicedDistance(reference: x, generated: y, directionCount: 70).value,
        ]
      }
    }
    #expect(values[0] == values[1] && values[1] == values[2])
  }

  @Test("CMMD refuses rows of another length than 1, and says what to do")
  func notNormalised() throws {
    let (x, y) = (try features(20, 6, seed: 1, name: "x"), try features(20, 6, seed: 2))
    let error = #expect(throws: GenerationError.self) {
      try EmbeddingDiscrepancy.value(reference: x, generated: y)
    }
    #expect(error?.description.hasPrefix("x: 'cmmd' is defined on embeddings of length 1") == true)
    #expect(error?.description.contains("kid:rbf") == true)
  }

  @Test("refuse other widths and too few directions")
  func errors() throws {
    let (x, y) = (try features(20, 6, seed: 1), try features(20, 7, seed: 2))
    #expect(throws: GenerationError.self) { try SlicedDistance(reference: x, generated: y) }
    #expect(throws: GenerationError.self) {
      try ApproximateSlicedDistance.value(reference: x, generated: y)
    }
    #expect(
      throws: GenerationError.invalidParameter(
        name: "the number of directions", value: 2, expected: "at least 3")
    ) { try SlicedDistance(reference: x, generated: x, directionCount: 2) }
  }
}

@Suite("ADM's evaluator") struct ADMTests {
  @Test("its five numbers", arguments: GoldenFile.distances("adm_"))
  func golden(golden: GoldenFile.Case) throws {
    let logits = try golden.set("logits").features
    let chunk = try #require(golden.params["chunk"]?.integer)
    let score = try InceptionScore(logits: logits, name: "sample", chunkSize: chunk)
    #expect(try golden.agrees(score.value, "is"))
    #expect(score.splitValues.count == (logits.rowCount + chunk - 1) / chunk)
    var options = GenerationOptions()
    options.inside = .inclusive
    let evaluation = try GenerationEvaluation(
      reference: GenerationSide(
        features: golden.set("reference"), spatial: golden.set("reference_spatial")),
      generated: GenerationSide(
        features: golden.set("sample"), logits: logits, spatial: golden.set("sample_spatial")),
      metrics: [.frechet, .spatialFrechet, .precision, .recall, .inceptionScoreOfADM],
      options: options)
    try evaluation.requireValues()
    for (metric, name) in [
      (GenerationMetric.frechet, "fid"), (.spatialFrechet, "sfid"), (.precision, "precision"),
      (.recall, "recall"),
    ] {
      #expect(try golden.agrees(#require(evaluation.values[metric]).value, name), "\(name)")
    }
    // All images are one chunk of 5,000.
    let whole = try InceptionScore(logits: logits, name: "sample", splitCount: 1, order: .asGiven)
    #expect(evaluation.values[.inceptionScoreOfADM]?.value == whole.value)
  }

  @Test("refuses chunks of no image and no images")
  func errors() throws {
    let logits = Matrix<Float>(rowCount: 4, columnCount: 3)
    #expect(throws: GenerationError.self) {
      try InceptionScore(logits: logits, name: "a", chunkSize: 0)
    }
    #expect(throws: GenerationError.self) {
      try InceptionScore(
        logits: Matrix(rowCount: 0, columnCount: 3), name: "a", chunkSize: 5)
    }
  }
}
