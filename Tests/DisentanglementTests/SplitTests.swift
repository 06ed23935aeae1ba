import BenchSupport
import Disentanglement
import LinearAlgebra
import Testing

@Suite("Splits and protocols") struct SplitTests {
  /// Codes of a whole grid in C order, each the value of its factor plus noise.
  private func grid() throws -> MetricInput {
    let sizes = [6, 5, 4, 10]
    let count = sizes.reduce(1, *)
    var random = Philox(seed: 3)
    var columns = [[Int]](repeating: [], count: sizes.count)
    var elements: [Double] = []
    for state in 0..<count {
      var rest = state
      var values = [Int](repeating: 0, count: sizes.count)
      for factor in sizes.indices.reversed() {
        values[factor] = rest % sizes[factor]
        rest /= sizes[factor]
      }
      for factor in sizes.indices { columns[factor].append(values[factor]) }
      elements += values.map { Double($0) + 0.1 * random.normal() } + [random.normal()]
    }
    return try MetricInput(
      codes: Codes(Matrix(rowCount: count, columnCount: sizes.count + 1, elements: elements)),
      factors: Factors(columns: columns, sizes: sizes))
  }

  private func shuffled(_ input: MetricInput) throws -> MetricInput {
    var random = NumPyRandom(seed: 7)
    let rows = random.permutation(input.codes.sampleCount)
    return try MetricInput(
      codes: input.codes.samples(rows), factors: input.factors?.samples(rows))
  }

  @Test(
    "rows in the order of a grid score as shuffled ones do",
    arguments: ["dci", "sap", "explicitness", "med", "dci:lasso"])
  func orderOfRows(name: String) throws {
    let metric = try MetricCatalog.metric(named: name)
    let sorted = try metric.evaluate(grid())
    let mixed = try metric.evaluate(shuffled(grid()))
    for score in sorted.scores {
      let other = try #require(mixed[score.name])
      // Other rows test: what remains is the spread of 400 test samples.
      #expect(abs(score.value - other) < 0.05, "\(score.name)")
    }
    #expect(sorted.estimator.contains("400 test samples, drawn at random (seed 0)"))
  }

  @Test("rows taken in order say which classes were never trained on")
  func ordered() throws {
    var input = try grid()
    input.split = SplitRule(order: .ordered)
    let dci = try MetricCatalog.metric(named: "dci").evaluate(input)
    #expect(dci.estimator.contains("in the order of the rows, 2 test classes never trained on"))
    let error = #expect(throws: DisentanglementError.self) {
      try MetricCatalog.metric(named: "explicitness").evaluate(input)
    }
    #expect(error?.description.contains("at random") == true)
  }

  @Test("a split takes 10,000 and 5,000 rows at most, each once, from the seed")
  func rule() throws {
    let codes = try Codes(
      Matrix<Float>(
        rowCount: 20_000, columnCount: 2, elements: (0..<40_000).map { Float($0 / 2) }))
    let factors = try Factors(columns: [(0..<20_000).map { $0 % 7 }])
    var input = try MetricInput(codes: codes, factors: factors)
    let split = try input.trainTestSplit(metric: "m")
    #expect(split.train.sampleCount == 10_000 && split.test.sampleCount == 5_000)
    let rows =
      (0..<10_000).map { split.train.codes.matrix[$0, 0] }
      + (0..<5_000).map { split.test.codes.matrix[$0, 0] }
    #expect(Set(rows).count == 15_000)
    // numpy.random.RandomState(0).permutation(20000)[:3]
    #expect(Array(rows.prefix(3)) == [19_134, 4_981, 16_643])
    input.split = SplitRule(trainCount: 30, testCount: 20)
    let small = try input.trainTestSplit(metric: "m")
    #expect(small.train.sampleCount == 30 && small.test.sampleCount == 20)
    input.split = SplitRule(trainCount: 19_000, testCount: 2_000)
    #expect(throws: DisentanglementError.tooFewSamples(metric: "m", needed: 21_000, found: 20_000))
    {
      try input.trainTestSplit(metric: "m")
    }
  }

  @Test("a record has the protocol that the input allowed")
  func protocols() throws {
    func id(_ name: String, _ input: MetricInput) throws -> String? {
      try MetricCatalog.metric(named: name).evaluate(input).description?.protocolID
    }
    let few = try SyntheticCodes(.axisAligned, count: 300).input()
    #expect(try id("mig", few) == "dlib:samples=300")
    #expect(try id("sap", few) == "dlib:train=200,test=100")
    #expect(try id("betavae", few) == "dlib:resampled,samples=300")
    #expect(try id("dcimig", few) == "dcimig")
    // Every state once: draws are the reference's.
    #expect(try id("factorvae", grid()) == "dlib")
    var set = few
    set.settings = try MetricSettings(["mig.num_bins=10"])
    #expect(try id("mig", set) == "dlib:samples=300,num_bins=10")
    let study = try SyntheticCodes(.axisAligned, count: 15_000)
    let halves = (Array(0..<10_000), Array(10_000..<15_000))
    let whole = try LabelledCodes(codes: study.codes, factors: study.factors)
    let given = try MetricInput(
      codes: whole.samples(halves.0).codes, factors: whole.samples(halves.0).factors,
      test: whole.samples(halves.1))
    #expect(try id("mig", given) == "dlib")
    #expect(try id("sap", given) == "dlib")
  }

  @Test("every description is complete, and its headline is a number of the result")
  func descriptions() throws {
    var input = try SyntheticCodes(.mixed, count: 240, noise: 0.4).input()
    for metric in MetricCatalog.all where metric.accepts(input) {
      if metric.name.hasSuffix("discrete") {
        input.codes = try input.codes.mapping { ($1 * 4).rounded() }
      }
      let result = try metric.evaluate(input)
      #expect(result.description?.name == metric.name)
      let headline = try #require(result[metric.description.headline])
      #expect(headline == result.scores.first?.value)
      #expect(result.json["protocol"]?.string?.hasPrefix(metric.description.protocolID) == true)
      #expect(result.json["higher_is_better"] != nil && result.json["unit"]?.string != nil)
    }
  }

  @Test("latents that hardly repeat a value are not scored as discrete ones")
  func continuous() throws {
    let input = try SyntheticCodes(.mixed, count: 240, noise: 0.4).input()
    for name in ["infomec:discrete", "infomec:tripod-discrete"] {
      let error = #expect(throws: DisentanglementError.self) {
        try MetricCatalog.metric(named: name).evaluate(input)
      }
      #expect(
        error?.description.contains("not applicable: latent 0 has 240 distinct values") == true)
    }
  }
}
