import BenchSupport
import GenerationMetrics
import LinearAlgebra
import Testing

@Suite("Precision, recall, density, coverage") struct PrecisionRecallTests {
  @Test(
    "equal exact counts, ties included", arguments: GoldenFile.cases("prdc_"),
    GenerationOptions.Inside.allCases)
  func golden(golden: GoldenFile.Case, inside: GenerationOptions.Inside) throws {
    let result = try PrecisionRecall(
      reference: golden.set("real"), generated: golden.set("fake"),
      neighbourCount: Int(try #require(golden.params["k"]?.double)), inside: inside)
    let expected = try #require(golden.expected["exact_\(inside.rawValue)"])
    // Counts over counts: only the division rounds.
    func close(_ value: Double, _ name: String) -> Bool {
      abs(value - (expected[name]?.double ?? .nan)) < 1e-14
    }
    #expect(close(result.precision, "precision"))
    #expect(close(result.recall, "recall"))
    #expect(close(result.density, "density"))
    #expect(close(result.coverage, "coverage"))
  }

  /// Sets on a coarse grid with duplicates, where most comparisons tie, at a size of several blocks.
  static let gridSets: [(Int, Int)] = [(601, 530), (64, 700)]

  @Test("equal the definition on grids of several blocks", arguments: gridSets, [1, 3])
  func bruteForce(counts: (Int, Int), threads: Int) throws {
    func grid(_ count: Int, seed: UInt64) throws -> FeatureSet {
      var generator = Philox(seed: seed)
      return try FeatureSet(
        name: "grid",
        features: Matrix(
          rowCount: count, columnCount: 5,
          elements: (0..<count * 5).map { _ in Float(generator.integer(below: 4)) * 0.1 }))
    }
    let (real, fake) = (try grid(counts.0, seed: 1), try grid(counts.1, seed: 2))
    for inside in GenerationOptions.Inside.allCases {
      let result = try Parallel.$threadCount.withValue(threads) {
        try PrecisionRecall(reference: real, generated: fake, neighbourCount: 4, inside: inside)
      }
      let expected = plain(real, fake, k: 4, inside: inside)
      #expect(result.precision == expected[0])
      #expect(result.recall == expected[1])
      #expect(result.density == expected[2])
      #expect(result.coverage == expected[3])
    }
  }

  @Test("survive any scale of the features", arguments: [Float(1e-18), 1, 1e17])
  func scale(factor: Float) throws {
    func scaled(_ seed: UInt64) throws -> FeatureSet {
      let set = try features(90, 12, seed: seed)
      return try FeatureSet(
        name: "scaled",
        features: Matrix(
          rowCount: 90, columnCount: 12, elements: set.features.elements.map { $0 * factor }))
    }
    let (x, y) = (try scaled(1), try scaled(2))
    let result = try PrecisionRecall(reference: x, generated: y)
    let expected = plain(x, y, k: 3, inside: .strict)
    #expect([result.precision, result.recall, result.density, result.coverage] == expected)
  }

  @Test("of collapsed sets end quickly and are exact")
  func collapsed() throws {
    let real = try features(3000, 16, seed: 1)
    let one = Array(real.features.row(7))
    let fake = try FeatureSet(
      name: "collapsed",
      features: Matrix(
        rowCount: 3000, columnCount: 16, elements: (0..<3000).flatMap { _ in one }))
    let strict = try PrecisionRecall(reference: real, generated: fake)
    #expect(strict.precision == 1 && strict.recall == 0)
    let inclusive = try PrecisionRecall(reference: real, generated: fake, inside: .inclusive)
    #expect(inclusive.recall == 1.0 / 3000)
  }

  @Test("need more samples than neighbours and one width")
  func errors() throws {
    let (x, y) = (try features(5, 3, seed: 1, name: "x"), try features(9, 3, seed: 2, name: "y"))
    #expect(
      throws: GenerationError.tooFewSamples(
        set: "x", found: 5, needed: 6, metric: "a radius to neighbour 5",
        remedy: "take a nearer neighbour (bench fid --k 4)")
    ) { try PrecisionRecall(reference: x, generated: y, neighbourCount: 5) }
    #expect(
      throws: GenerationError.invalidParameter(
        name: "the number of neighbours", value: 0, expected: "at least 1")
    ) { try PrecisionRecall(reference: x, generated: y, neighbourCount: 0) }
    let wide = try features(9, 4, seed: 2, name: "wide")
    #expect(
      throws: GenerationError.widthMismatch(
        first: "x", firstWidth: 3, second: "wide", secondWidth: 4)
    ) { try PrecisionRecall(reference: x, generated: wide) }
    #expect(throws: GenerationError.notFinite(set: "a", array: "features", row: 1, column: 0)) {
      try FeatureSet(
        name: "a", features: Matrix(rowCount: 2, columnCount: 1, elements: [0, .nan]))
    }
  }

  /// The four values by their definition.
  private func plain(
    _ real: FeatureSet, _ fake: FeatureSet, k: Int, inside: GenerationOptions.Inside
  ) -> [Double] {
    func square(_ a: FeatureSet, _ i: Int, _ b: FeatureSet, _ j: Int) -> Double {
      zip(a.features.row(i), b.features.row(j)).reduce(0) {
        let difference = Double($1.0) - Double($1.1)
        return $0 + difference * difference
      }
    }
    func radii(_ set: FeatureSet) -> [Double] {
      (0..<set.count).map { i in
        (0..<set.count).filter { $0 != i }.map { square(set, i, set, $0) }.sorted()[k - 1]
      }
    }
    let (realRadii, fakeRadii) = (radii(real), radii(fake))
    func isInside(_ square: Double, _ radius: Double) -> Bool {
      inside == .strict ? square < radius : square <= radius
    }
    var around = [Int](repeating: 0, count: fake.count)
    var recalled = 0
    var covered = 0
    for i in 0..<real.count {
      let squares = (0..<fake.count).map { square(real, i, fake, $0) }
      let inReal = squares.indices.filter { isInside(squares[$0], realRadii[i]) }
      for j in inReal { around[j] += 1 }
      covered += inReal.isEmpty ? 0 : 1
      recalled += squares.indices.contains { isInside(squares[$0], fakeRadii[$0]) } ? 1 : 0
    }
    let fakeCount = Double(fake.count)
    return [
      Double(around.count { $0 > 0 }) / fakeCount, Double(recalled) / Double(real.count),
      Double(around.reduce(0, +)) / fakeCount / Double(k), Double(covered) / Double(real.count),
    ]
  }
}

@Suite("Realism") struct RealismTests {
  @Test("equals both published variants", arguments: Realism.Variant.allCases)
  func golden(variant: Realism.Variant) throws {
    let golden = try GoldenFile.one("realism")
    let scores = try Realism.scores(
      reference: golden.set("real"), generated: golden.set("fake"), variant: variant)
    let expected = try #require(golden.expected["realism_\(variant.rawValue)"]?.array)
      .compactMap(\.double)
    #expect(scores.count == expected.count)
    // The references compute distances in single precision.
    for (score, expected) in zip(scores, expected) {
      #expect(abs(score - expected) < 1e-3 * expected)
    }
  }

  @Test("of a real sample is at least that of a distant one")
  func order() throws {
    let real = try features(60, 5, seed: 1)
    let far = try features(1, 5, shift: 9, seed: 2)
    let sample = try FeatureSet(
      name: "two",
      features: Matrix(
        rowCount: 2, columnCount: 5,
        elements: Array(real.features.row(0)) + Array(far.features.row(0))))
    let scores = try Realism.scores(reference: real, generated: sample, variant: .youngjung)
    #expect(scores[0] > 1 && scores[1] < 0.2)
  }
}
