import BenchSupport
import Datasets
import GenerationMetrics
import LinearAlgebra
import Testing

@Suite("Fréchet distance") struct FrechetDistanceTests {
  /// Cases with features `x`, `y`; two more have no file or no value.
  static let featureCases = GoldenFile.cases("fid_").filter {
    $0.expected["truth"] != nil && $0.expected["stylegan3_biased_cov_truth"] != nil
      && $0.id != "fid_recipe_2048"
  }
  static let statisticsCases = GoldenFile.cases("fid_").filter {
    $0.expected["truth"] != nil && $0.expected["stylegan3_biased_cov_truth"] == nil
  }

  @Test("of features equals the exact value, with either divisor", arguments: featureCases)
  func features(golden: GoldenFile.Case) throws {
    let (x, y) = (try golden.set("x"), try golden.set("y"))
    let distance = try FrechetDistance(x, y)
    // The exact route differs from the reference's by rounding alone, far below its tolerance.
    let scale = distance.firstTrace + distance.secondTrace
    #expect(abs(distance.value - (try golden.number("truth"))) < 1e-11 * scale)
    let biased = try FrechetDistance(x, y, divisor: .count)
    let truth = try golden.number("stylegan3_biased_cov_truth")
    #expect(abs(biased.value - truth) < 1e-11 * scale)
  }

  @Test("of the features' statistics agrees within the references' spread", arguments: featureCases)
  func statisticsOfFeatures(golden: GoldenFile.Case) throws {
    let distance = try FrechetDistance(
      golden.set("x").statistics(), golden.set("y").statistics())
    let tolerance = try #require(golden.tolerance["abs"]?.double)
    #expect(abs(distance.value - (try golden.number("truth"))) < tolerance)
    #expect(abs(distance.value - (try golden.number("pytorch_fid"))) < tolerance)
  }

  @Test("of given statistics equals the closed form", arguments: statisticsCases)
  func statistics(golden: GoldenFile.Case) throws {
    let archive = try golden.archive()
    func side(_ index: Int) throws -> FeatureStatistics {
      let sigma = try archive.array("sigma\(index)")
      return try FeatureStatistics(
        name: "side \(index)", mean: archive.array("mu\(index)").doubles(),
        covariance: Matrix(
          rowCount: sigma.shape[0], columnCount: sigma.shape[1], elements: sigma.doubles()))
    }
    let value = try FrechetDistance(side(1), side(2)).value
    let tolerance = try #require(golden.tolerance["abs"]?.double)
    #expect(abs(value - (try golden.number("truth"))) < tolerance)
  }

  @Test("at production width with fewer samples than features")
  func production() throws {
    let golden = try GoldenFile.one("fid_recipe_2048")
    let x = try FeatureRecipe.features(count: 300, width: 2048, seed: 11)
    let y = try FeatureRecipe.features(count: 260, width: 2048, seed: 12)
    let sum = x.features.elements.reduce(0) { $0 + Double($1) }
    #expect(abs(sum - (golden.params["x_sum"]?.double ?? 0)) < 1e-6)
    // 1e-9 of the traces, as pytorch-fid's own value is off by 1e-7.
    #expect(abs(try FrechetDistance(x, y).value - golden.number("truth")) < 5e-7)
  }

  @Test("of more than 256 features takes the eigenvalue route to the same value")
  func routes() throws {
    let x = try GenerationMetricsTests.features(700, 300, seed: 1)
    let y = try GenerationMetricsTests.features(900, 300, shift: 0.1, seed: 2)
    let forward = try FrechetDistance(x, y)
    let product = try Cholesky(x.statistics().covariance).transposedFactor(
      times: Cholesky(y.statistics().covariance).factor)
    let exact = try product.singularValues().reduce(0, +)
    let scale = forward.firstTrace + forward.secondTrace
    #expect(abs(forward.traceOfRoot - exact) < 1e-11 * scale)
    #expect(abs(try FrechetDistance(y, x).value - forward.value) < 1e-11 * scale)
  }

  @Test("does not depend on batches or threads", arguments: [1, 2, 3])
  func batches(threads: Int) throws {
    let x = try GenerationMetricsTests.features(1500, 40, seed: 3)
    let y = try GenerationMetricsTests.features(1300, 40, shift: 0.2, seed: 4)
    let expected = try FrechetDistance(x, y).value
    let values = try Parallel.$threadCount.withValue(threads) {
      try [1, 7, 1024, 1500].map { size in
        var moments = FeatureMoments(name: "x", width: 40)
        for start in stride(from: 0, to: x.count, by: size) {
          let end = min(x.count, start + size)
          try moments.add(
            Matrix(
              rowCount: end - start, columnCount: 40,
              elements: Array(x.features.elements[start * 40..<end * 40])))
        }
        return try FrechetDistance(moments.statistics(), y.statistics()).value
      }
    }
    for value in values {
      #expect(value == values[0])  // batches: bit for bit
      #expect(abs(value - expected) < 1e-9 * expected)  // threads
    }
  }

  @Test("of a set with itself is never negative")
  func identical() throws {
    for seed in 0..<30 as Range<UInt64> {
      let x = try GenerationMetricsTests.features(20 + Int(seed), 12, seed: seed)
      let distances = [
        try FrechetDistance(x, x), try FrechetDistance(x, x, divisor: .count),
        try FrechetDistance(x.statistics(), x.statistics()),
      ]
      for distance in distances {
        let scale = distance.firstTrace + distance.secondTrace
        #expect(distance.value >= 0 && distance.value.sign == .plus)
        #expect(distance.value < 1e-12 * scale)
      }
    }
  }

  @Test("keeps its digits far from the origin")
  func offset() throws {
    let x = try GenerationMetricsTests.features(80, 6, seed: 5)
    let y = try GenerationMetricsTests.features(70, 6, seed: 6)
    func moved(_ set: FeatureSet) throws -> FeatureSet {
      try FeatureSet(
        name: "moved",
        doubles: Matrix(
          rowCount: set.count, columnCount: set.width,
          elements: set.features.elements.map { Double($0) + 1e6 }))
    }
    let value = try FrechetDistance(x, y).value
    // The shift rounds features at 1e6 · 2⁻⁵³.
    #expect(abs(try FrechetDistance(moved(x), moved(y)).value - value) < 1e-8)
  }

  @Test("of one image is refused")
  func single() throws {
    let golden = try GoldenFile.one("fid_single_sample")
    let (x, y) = (try golden.set("x"), try golden.set("y"))
    #expect(
      throws: GenerationError.tooFewSamples(
        set: "x", found: 1, needed: 2, metric: "the Fréchet distance")
    ) { try FrechetDistance(x, y) }
  }
}

@Suite("Feature statistics") struct FeatureStatisticsTests {
  private func statistics(_ elements: [Double], mean: [Double] = [0, 0]) throws {
    _ = try FeatureStatistics(
      name: "a.npz", mean: mean,
      covariance: Matrix(rowCount: 2, columnCount: 2, elements: elements))
  }

  @Test("refuse what is no covariance, and say where")
  func refused() throws {
    #expect(
      throws: GenerationError.asymmetricCovariance(
        set: "a.npz", row: 1, column: 0, value: 0.7, transposed: 0.5)
    ) { try statistics([1, 0.5, 0.7, 1]) }
    #expect(
      throws: GenerationError.notFinite(set: "a.npz", array: "sigma", row: 0, column: 1)
    ) { try statistics([1, .nan, 0, 1]) }
    #expect(throws: GenerationError.notFinite(set: "a.npz", array: "mu", row: 0, column: 1)) {
      try statistics([1, 0, 0, 1], mean: [0, .infinity])
    }
    #expect(throws: GenerationError.negativeCovariance(set: "a.npz", eigenvalue: -1)) {
      try statistics([1, 0, 0, -1])
    }
    let expected = GenerationError.shapeMismatch(
      set: "a.npz", array: "sigma", expected: "[3, 3] as 'mu' has 3 values", found: [2, 2])
    #expect(throws: expected) { try statistics([1, 0, 0, 1], mean: [0, 0, 0]) }
  }

  @Test("with a negative eigenvalue behind a positive diagonal are refused")
  func indefinite() throws {
    let indefinite = try FeatureStatistics(
      name: "a.npz", mean: [0, 0],
      covariance: Matrix(rowCount: 2, columnCount: 2, elements: [1, 2, 2, 1]))
    #expect {
      try FrechetDistance(indefinite, indefinite)
    } throws: { error in
      guard case GenerationError.negativeCovariance(_, let eigenvalue) = error else { return false }
      return abs(eigenvalue + 1) < 1e-12
    }
  }

  @Test("of a constant column have exactly no variance")
  func constant() throws {
    let matrix = Matrix<Float>(rowCount: 3, columnCount: 2, elements: [0.1, 1, 0.1, 2, 0.1, 4])
    let statistics = try FeatureStatistics(name: "a", features: matrix)
    #expect(statistics.covariance[0, 0] == 0)
    #expect(statistics.covariance[0, 1] == 0)
    #expect(abs(statistics.covariance[1, 1] - 7.0 / 3) < 1e-15)
  }
}

@Suite("Fréchet distance beyond one value") struct FrechetUncertaintyTests {
  @Test("extrapolates towards the limit of many samples")
  func extrapolation() throws {
    let reference = try features(6000, 8, seed: 1)
    var plain = 0.0
    var extrapolated = 0.0
    for seed in 2..<8 {
      let generated = try features(1500, 8, seed: UInt64(seed))
      let line = try FrechetExtrapolation(
        reference: reference, generated: generated, smallestSize: 300)
      plain += try FrechetDistance(reference, generated).value
      extrapolated += line.value
      #expect(line.slope > 0)
      #expect(line.sizes.first == 300 && line.sizes.last == 1500 && line.sizes.count == 15)
    }
    // All sets come from one distribution: the limit is 0 but for the reference's own bias, a
    // quarter of the plain distance's.
    #expect(abs(extrapolated) < plain / 2)
  }

  @Test("has a jackknife error like the scatter of independent sets")
  func jackknife() throws {
    let reference = try features(400, 4, seed: 1)
    let values = try (0..<40).map { index in
      try FrechetDistance(reference, features(400, 4, shift: 0.3, seed: UInt64(10 + index))).value
    }
    let mean = values.reduce(0, +) / 40
    let scatter = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39).squareRoot()
    let interval = try FrechetInterval(
      reference: reference, generated: features(400, 4, shift: 0.3, seed: 10), groupCount: 40)
    // Both sides scatter alike, so the error of both is √2 that of one; estimates within 40 %.
    #expect(abs(interval.standardError / (scatter * 2.0.squareRoot()) - 1) < 0.4)
    #expect(interval.bounds.contains(interval.value))
  }

  @Test("needs enough samples")
  func errors() throws {
    let few = try features(10, 3, seed: 1, name: "few")
    #expect(
      throws: GenerationError.tooFewSamples(
        set: "few", found: 10, needed: 20, metric: "a jackknife of 10 groups")
    ) { try FrechetInterval(reference: few, generated: few) }
    #expect(
      throws: GenerationError.tooFewSamples(
        set: "few", found: 10, needed: 17, metric: "FID∞ with 15 sizes from 2")
    ) { try FrechetExtrapolation(reference: few, generated: few) }
  }
}

/// The deterministic features behind the golden value at production width.
enum FeatureRecipe {
  /// `max(1.5·a·b + 0.4·e + 0.2, 0)` of uniform `a` `[count, 16]`, `b` `[16, width]` and `e`, each
  /// minus a half, from splitmix64 words.
  static func features(count: Int, width: Int, seed: UInt64) throws -> FeatureSet {
    func uniform(_ tag: UInt64, _ index: Int) -> Double {
      var word = (UInt64(index) &+ seed &* 1_000_003 &+ tag) &* 0x9E37_79B9_7F4A_7C15
      word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
      word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
      word ^= word >> 31
      return Double(word >> 40) / 16_777_216 - 0.5
    }
    var elements: [Float] = []
    let b = (0..<16 * width).map { uniform(2, $0) }
    for row in 0..<count {
      let a = (0..<16).map { uniform(1, row * 16 + $0) }
      for column in 0..<width {
        let product = (0..<16).reduce(0.0) { $0 + a[$1] * b[$1 * width + column] }
        let value = 1.5 * product + 0.4 * uniform(3, row * width + column) + 0.2
        elements.append(Float(max(value, 0)))
      }
    }
    return try FeatureSet(
      name: "recipe \(seed)",
      features: Matrix(rowCount: count, columnCount: width, elements: elements))
  }
}
