import BenchSupport
import Datasets
import GenerationMetrics
import LinearAlgebra
import Testing

@Suite("Kernel distance") struct KernelDistanceTests {
  @Test("equals torch-fidelity's in double precision", arguments: GoldenFile.cases("kid_"))
  func golden(golden: GoldenFile.Case) throws {
    let distance = try KernelDistance(
      reference: golden.set("x"), generated: golden.set("y"),
      subsetCount: Int(try #require(golden.params["subsets"]?.double)),
      subsetSize: Int(try #require(golden.params["subset_size"]?.double)))
    // Single-precision products about the mean: an absolute error below 1e-8 of the kernel's size 1,
    // a thousandth of what single precision throughout costs.
    let expected = try #require(golden.expected["kid_per_subset"]?.array).compactMap(\.double)
    #expect(distance.subsetValues.count == expected.count)
    for (value, expected) in zip(distance.subsetValues, expected) {
      #expect(abs(value - expected) < 2e-8)
    }
    #expect(abs(distance.value - (try golden.number("kid_mean"))) < 1e-8)
    #expect(abs(distance.standardDeviation - (try golden.number("kid_std"))) < 1e-8)
  }

  @Test("with one subset of everything is the plain unbiased estimate")
  func plain() throws {
    let golden = try GoldenFile.one("kid_basic")
    let size = Int(try golden.number("first_m"))
    let x = try golden.set("x")
    let first = try FeatureSet(
      name: "x",
      features: Matrix(
        rowCount: size, columnCount: x.width,
        elements: Array(x.features.elements.prefix(size * x.width))))
    let distance = try KernelDistance(
      reference: first, generated: golden.set("y"), variant: .cleanFID(), subsetCount: 1)
    #expect(distance.subsetSize == size)
    let expected = try golden.number("mmd2_unbiased_first_m")
    #expect(abs(distance.value - expected) < 1e-8)
    let all = try KernelDistance(
      reference: first, generated: golden.set("y"), variant: .allSamples)
    #expect(abs(all.value - expected) < 1e-8)
  }

  @Test("does not depend on the number of threads")
  func threads() throws {
    let (x, y) = (try features(150, 24, seed: 1), try features(140, 24, seed: 2))
    let values = try [1, 2, 5].map { count in
      try Parallel.$threadCount.withValue(count) {
        try KernelDistance(reference: x, generated: y, subsetCount: 7, subsetSize: 90)
      }
    }
    #expect(values[0] == values[1] && values[1] == values[2])
  }

  @Test("needs a whole subset from each set")
  func small() throws {
    let (x, y) = (try features(30, 3, seed: 1, name: "x"), try features(20, 3, seed: 2, name: "y"))
    #expect(
      throws: GenerationError.tooFewSamples(
        set: "y", found: 20, needed: 25, metric: "the kernel distance with subsets of 25",
        remedy: "take smaller subsets (bench fid --kid-subset-size 20)")
    ) { try KernelDistance(reference: x, generated: y, subsetSize: 25) }
  }
}

@Suite("Inception score") struct InceptionScoreTests {
  @Test("equals the reference, shuffled and in order", arguments: GoldenFile.cases("is_"))
  func golden(golden: GoldenFile.Case) throws {
    let logits = try golden.set("logits").features
    let splits = Int(try #require(golden.params["splits"]?.double))
    let inOrder = try InceptionScore(
      logits: logits, name: "logits", splitCount: splits, order: .asGiven)
    let shuffled = try InceptionScore(logits: logits, name: "logits", splitCount: splits)
    let relative = try #require(golden.tolerance["rel"]?.double)
    func close(_ value: Double, _ name: String) throws -> Bool {
      let expected = try golden.number(name)
      return abs(value - expected) <= relative * abs(expected)
    }
    #expect(try close(inOrder.value, "mean_no_shuffle"))
    #expect(try close(inOrder.standardDeviation, "std_no_shuffle"))
    #expect(try close(shuffled.value, "mean_shuffle2020"))
    #expect(try close(shuffled.standardDeviation, "std_shuffle2020"))
  }

  @Test("is 1 for one class and the number of classes for certain, even predictions")
  func limits() throws {
    func logits(_ classOf: (Int) -> Int) -> Matrix<Float> {
      var matrix = Matrix<Float>(rowCount: 40, columnCount: 4)
      for row in 0..<40 { matrix[row, classOf(row)] = 1e4 }
      return matrix
    }
    let one = try InceptionScore(logits: logits { _ in 2 }, name: "a", splitCount: 2)
    #expect(abs(one.value - 1) < 1e-12)
    let even = try InceptionScore(
      logits: logits { $0 % 4 }, name: "a", splitCount: 2, order: .asGiven)
    #expect(abs(even.value - 4) < 1e-12)
  }

  @Test("refuses fewer images than splits, and NaN")
  func errors() throws {
    var logits = Matrix<Float>(rowCount: 5, columnCount: 3)
    #expect(
      throws: GenerationError.tooFewSamples(
        set: "a", found: 5, needed: 10, metric: "the inception score with 10 splits",
        remedy: "take fewer splits (bench fid --is-splits 5)")
    ) { try InceptionScore(logits: logits, name: "a") }
    logits[3, 1] = .nan
    #expect(throws: GenerationError.notFinite(set: "a", array: "logits", row: 3, column: 1)) {
      try InceptionScore(logits: logits, name: "a", splitCount: 1)
    }
  }
}
