import BenchSupport
import Foundation
import Results
import Testing

/// Values of scipy and statsmodels, written by scripts/make_statistics_goldens.py.
enum StatisticsGolden {
  static let value: JSONValue = {
    let url = Bundle.module.url(
      forResource: "statistics", withExtension: "json", subdirectory: "Golden")
    guard let url, let data = try? Data(contentsOf: url),
      let value = try? JSONValue(parsing: data)
    else { return .null }
    return value
  }()

  static func cases(_ name: String) -> [JSONValue] { value[name]?.array ?? [] }

  static func rows(_ name: String) -> [[Double]] {
    (value["distributions"]?[name]?.array ?? []).map { $0.array?.compactMap(\.double) ?? [] }
  }
}

extension JSONValue {
  fileprivate func number(_ name: String) -> Double { self[name]?.double ?? .nan }
  fileprivate func numbers(_ name: String) -> [Double] {
    self[name]?.array?.compactMap(\.double) ?? []
  }
}

/// Agreement to 1e-9, relative for large values and absolute for small ones.
private func agrees(_ value: Double, _ expected: Double, _ tolerance: Double = 1e-9) -> Bool {
  abs(value - expected) <= tolerance * max(1, abs(expected))
}

@Suite("Statistics agree with scipy and statsmodels") struct StatisticsTests {
  @Test("against values that are there")
  func goldenFile() {
    let names = ["welch", "permutation", "wilcoxon", "holm", "bootstrap", "ranks", "power"]
    #expect(names.allSatisfy { StatisticsGolden.cases($0).count >= 3 })
    #expect(StatisticsGolden.rows("normal_cdf").count == 5)
  }

  @Test("distribution functions, small p-values also relatively")
  func distributions() {
    for row in StatisticsGolden.rows("normal_cdf") {
      #expect(abs(Distribution.normalCDF(row[0]) / row[1] - 1) < 1e-11)
    }
    for row in StatisticsGolden.rows("normal_quantile") {
      #expect(agrees(Distribution.normalQuantile(row[0]), row[1]))
    }
    for row in StatisticsGolden.rows("t_two_sided") {
      let value = Distribution.tTwoSided(row[0], degreesOfFreedom: row[1])
      #expect(abs(value - row[2]) <= 1e-9 * row[2], "\(row)")
    }
    for row in StatisticsGolden.rows("t_quantile") {
      #expect(agrees(Distribution.tQuantile(row[0], degreesOfFreedom: row[1]), row[2]), "\(row)")
    }
    for row in StatisticsGolden.rows("f_upper") {
      #expect(agrees(Distribution.fUpper(row[0], row[1], row[2]), row[3]), "\(row)")
    }
    for row in StatisticsGolden.rows("chi_squared_upper") {
      #expect(
        agrees(Distribution.chiSquaredUpper(row[0], degreesOfFreedom: row[1]), row[2]), "\(row)")
    }
    for row in StatisticsGolden.rows("normal_range_quantile") {
      let value = Distribution.normalRangeQuantile(row[0], count: Int(row[1]))
      #expect(agrees(value, row[2]), "\(row) \(value)")
    }
  }

  @Test("Welch's test, its interval, and equivalence", arguments: StatisticsGolden.cases("welch"))
  func welch(golden: JSONValue) throws {
    let first = Summary(golden.numbers("first"))
    let second = Summary(golden.numbers("second"))
    let test = try #require(welchTest(first, second))
    #expect(agrees(test.statistic, golden.number("statistic")))
    #expect(agrees(test.degreesOfFreedom ?? 0, golden.number("df")))
    #expect(agrees(test.pValue, golden.number("p")))
    let interval = try #require(welchInterval(first, second))
    #expect(agrees(interval.lowerBound, golden.number("low")))
    #expect(agrees(interval.upperBound, golden.number("high")))
    let equivalence = equivalenceTest(first, second, margin: golden.number("margin"))
    #expect(agrees(equivalence ?? .nan, golden.number("equivalence_p")))
  }

  @Test("exact permutation test", arguments: StatisticsGolden.cases("permutation"))
  func permutation(golden: JSONValue) throws {
    let test = try #require(
      permutationTest(golden.numbers("first"), golden.numbers("second")))
    #expect(agrees(test.pValue, golden.number("p")))
  }

  @Test("drawn permutations come within their error of the exact p-value")
  func drawnPermutation() throws {
    let golden = try #require(StatisticsGolden.cases("permutation").last)
    let test = try #require(
      permutationTest(golden.numbers("first"), golden.numbers("second"), resampleCount: 10_000))
    let p = golden.number("p")
    // Five standard errors of a share of 10,000 draws.
    #expect(abs(test.pValue - p) < 5 * (p * (1 - p) / 10_000).squareRoot())
  }

  @Test("Wilcoxon's test, with ties and zeros", arguments: StatisticsGolden.cases("wilcoxon"))
  func wilcoxon(golden: JSONValue) throws {
    let test = try #require(SignedRankTest(golden.numbers("differences")))
    #expect(agrees(test.statistic, golden.number("statistic")))
    #expect(agrees(test.pValue, golden.number("p")))
  }

  @Test("Holm's correction", arguments: StatisticsGolden.cases("holm"))
  func holm(golden: JSONValue) {
    let adjusted = holmAdjusted(golden.numbers("p"))
    #expect(adjusted.count == golden.numbers("adjusted").count)
    for (value, expected) in zip(adjusted, golden.numbers("adjusted")) {
      #expect(agrees(value, expected))
    }
  }

  @Test("BCa bootstrap within its error", arguments: StatisticsGolden.cases("bootstrap"))
  func bootstrap(golden: JSONValue) throws {
    let (first, second) = (golden.numbers("first"), golden.numbers("second"))
    let mean = try #require(Bootstrap.interval(first, resampleCount: 50_000))
    let difference = try #require(
      Bootstrap.interval(first, minus: second, resampleCount: 50_000))
    for (interval, name) in [(mean, "mean"), (difference, "difference")] {
      let expected = golden.numbers(name)
      // An end of the interval is a quantile near 2.5 %: its standard error at 50,000 resamples
      // is about 0.02 standard errors of the mean, that is 0.5 % of the interval's length. Means of
      // two or three values are discrete, hence the wider bound.
      let tolerance = 0.03 * (expected[1] - expected[0])
      #expect(abs(interval.lowerBound - expected[0]) < tolerance, "\(name) \(interval)")
      #expect(abs(interval.upperBound - expected[1]) < tolerance, "\(name) \(interval)")
    }
    #expect(Bootstrap.interval(first, seed: 4) == Bootstrap.interval(first, seed: 4))
  }

  @Test("Friedman's test and critical differences", arguments: StatisticsGolden.cases("ranks"))
  func ranks(golden: JSONValue) throws {
    let scores = golden["scores"]?.array?.map { $0.array?.compactMap(\.double) ?? [] } ?? []
    let analysis = try #require(RankAnalysis(scores: scores, direction: .higherIsBetter))
    for (value, expected) in zip(analysis.meanRanks, golden.numbers("mean_ranks")) {
      #expect(agrees(value, expected))
    }
    #expect(agrees(analysis.friedmanStatistic, golden.number("statistic")))
    #expect(agrees(analysis.friedmanPValue, golden.number("p")))
    #expect(agrees(analysis.imanDavenportPValue, golden.number("iman_davenport_p")))
    #expect(agrees(analysis.criticalDifference, golden.number("critical_difference")))
    let negated = scores.map { $0.map { -$0 } }
    #expect(RankAnalysis(scores: negated, direction: .lowerIsBetter) == analysis)
  }

  @Test("power and seeds needed", arguments: StatisticsGolden.cases("power"))
  func power(golden: JSONValue) {
    let effect = golden.number("effect")
    let power = Power.ofTTest(effect: effect, seedCount: Int(golden.number("count")))
    #expect(agrees(power, golden.number("power")))
    if let needed = golden["needed"]?.double {
      #expect(Power.seedsNeeded(effect: effect).map(Double.init) == needed)
    }
  }
}

@Suite("Statistics at the edges") struct StatisticsEdgeTests {
  @Test("single values allow no test")
  func single() {
    let (one, many) = (Summary([1]), Summary([1, 2, 3]))
    #expect(welchTest(one, many) == nil && welchInterval(many, one) == nil)
    #expect(equivalenceTest(one, many, margin: 1) == nil)
    #expect(Bootstrap.interval([1]) == nil && Bootstrap.interval([1, 2], minus: [1]) == nil)
    #expect(permutationTest([], [1]) == nil)
    #expect(SignedRankTest([0, 0]) == nil)
    #expect(RankAnalysis(scores: [[1, 2]], direction: .higherIsBetter) == nil)
  }

  @Test("values that do not vary differ for sure or not at all")
  func constant() throws {
    let (a, b) = (Summary([2, 2, 2]), Summary([3, 3]))
    #expect(welchTest(a, a)?.pValue == 1 && welchTest(a, b)?.pValue == 0)
    #expect(welchInterval(a, b) == -1...(-1))
    #expect(equivalenceTest(a, b, margin: 0.5) == 1 && equivalenceTest(a, b, margin: 2) == 0)
    #expect(Bootstrap.interval([2, 2, 2]) == 2...2)
  }

  @Test("no effect needs no number of seeds", arguments: [0, .nan, 1e-9])
  func noEffect(effect: Double) {
    #expect(Power.seedsNeeded(effect: effect) == nil)
  }

  // statsmodels.stats.power.TTestPower().solve_power(effect, alpha=0.05, power=0.8), rounded up.
  @Test("one sample needs other numbers of seeds", arguments: [(0.5, 34), (0.8, 15), (1.0, 10)])
  func oneSample(effect: Double, needed: Int) {
    #expect(Power.seedsNeeded(effect: effect, isOneSample: true) == needed)
  }

  @Test("a huge effect needs two seeds")
  func hugeEffect() { #expect(Power.seedsNeeded(effect: 50) == 2) }

  @Test("three datasets cannot reach 5 %")
  func fewDatasets() throws {
    let test = try #require(SignedRankTest([0.1, 0.2, 0.3]))
    #expect(test.pValue == 0.25 && test.smallestPossible == 0.25)
  }

  @Test("equal scores on every dataset have equal ranks")
  func tied() throws {
    let analysis = try #require(
      RankAnalysis(scores: [[1, 1], [2, 2]], direction: .higherIsBetter))
    #expect(analysis.meanRanks == [1.5, 1.5] && analysis.friedmanPValue == 1)
  }
}

@Suite("Fisher's combination of p-values") struct FisherCombinationTests {
  @Test("is that of scipy.stats.combine_pvalues")
  func values() {
    #expect(abs(fisherCombined([0.03]) - 0.03) < 1e-15)
    #expect(abs(fisherCombined([1, 1, 1]) - 1) < 1e-15)
    // combine_pvalues([.01, .2, .5]) and ([.005] * 6).
    #expect(abs(fisherCombined([0.01, 0.2, 0.5]) - 0.03176629677613) < 1e-13)
    #expect(fisherCombined([Double](repeating: 0.005, count: 6)) < 1e-7)
  }
}
