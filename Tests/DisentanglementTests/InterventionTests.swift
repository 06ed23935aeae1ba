import BenchSupport
import Datasets
import Disentanglement
import LinearAlgebra
import Testing

@Suite("Interventions") struct InterventionTests {
  private let sizes = [4, 3, 2]

  /// Codes of given factor values.
  private func encode(_ factors: Factors) throws -> Codes {
    var elements: [Double] = []
    for sample in 0..<factors.sampleCount {
      let values = factors.columns.map { Double($0[sample]) }
      elements += [values[0] + 0.1 * values[1], values[1] - 0.2 * values[2], values[2], values[0]]
    }
    return try Codes(
      Matrix<Double>(rowCount: factors.sampleCount, columnCount: 4, elements: elements))
  }

  private func allStates() throws -> Factors {
    try Factors(
      rows: (0..<24).flatMap { [$0 / 6, $0 / 2 % 3, $0 % 2] }, factorCount: 3, sizes: sizes)
  }

  private var configuration: FactorVAEScore.Configuration {
    var configuration = FactorVAEScore.Configuration()
    configuration.trainVoteCount = 150
    configuration.evaluationVoteCount = 60
    configuration.varianceSampleCount = 200
    return configuration
  }

  @Test("an encoder, a grid and a shuffled full sample give the same score")
  func sourcesAgree() throws {
    let states = try allStates()
    let order = NumPyRandom(seed: 3).shuffled(24)
    let sources = [
      try InterventionSource(factorSizes: sizes, encode: encode),
      try InterventionSource(grid: encode(states), factorSizes: sizes),
      try InterventionSource(
        codes: encode(states).samples(order), factors: states.samples(order)),
    ]
    let scores = try sources.map {
      try FactorVAEScore(source: $0, configuration: configuration, seed: 5)
    }
    #expect(scores[0] == scores[1] && scores[1] == scores[2])
    var pairs = BetaVAEScore.Configuration()
    (pairs.trainCount, pairs.evaluationCount) = (120, 60)
    let others = try sources.map { try BetaVAEScore(source: $0, configuration: pairs, seed: 5) }
    #expect(others[0] == others[1] && others[1] == others[2])
  }

  @Test("a partial sample scores by resampling within classes")
  func partialSample() throws {
    let sample = try SyntheticCodes(.axisAligned, count: 300, noise: 0.01)
    let source = try InterventionSource(codes: sample.codes, factors: sample.factors)
    #expect(try FactorVAEScore(source: source, configuration: configuration).value > 0.95)
  }

  @Test("a sample without two members of any class is refused")
  func lonelyClasses() throws {
    let codes = try Codes(
      Matrix<Double>(rowCount: 3, columnCount: 2, elements: [1, 2, 3, 4, 6, 5]))
    let factors = try Factors(columns: [[0, 1, 2], [0, 0, 1]])
    let source = try InterventionSource(codes: codes, factors: factors)
    #expect(throws: DisentanglementError.self) { try FactorVAEScore(source: source) }
  }

  @Test("a grid must have one code per state")
  func gridSize() throws {
    let codes = try encode(allStates())
    #expect(throws: DisentanglementError.self) {
      try InterventionSource(grid: codes, factorSizes: [4, 3, 3])
    }
    #expect(throws: DisentanglementError.self) {
      try InterventionSource(grid: codes, factorSizes: [Int.max, 4])
    }
  }

  @Test("an encoder that returns other numbers of rows is refused")
  func encoderRows() throws {
    let source = try InterventionSource(factorSizes: sizes) { factors in
      try encode(factors).samples([0])
    }
    #expect(throws: DisentanglementError.self) {
      try FactorVAEScore(source: source, configuration: configuration)
    }
  }

  @Test("training and test samples are drawn in batches of 16, as disentanglement_lib does")
  func batchesOfSixteen() throws {
    let golden = try GoldenFile.extra.get().goldenCase("batches_of_16")
    let source = try InterventionSource(factorSizes: [5, 4, 3]) { factors in
      try Codes(
        Matrix(
          rowCount: factors.sampleCount, columnCount: 1,
          elements: factors.columns[0].map { Double($0) }))
    }
    let split = try source.trainTestSample(trainCount: 40, testCount: 20, seed: 7)
    let rows = [split.train, split.test].flatMap { part in
      (0..<part.sampleCount).flatMap { row in part.factors.columns.map { Double($0[row]) } }
    }
    golden.check(rows, "factors")
    #expect(split.train.codes.latent(0) == split.train.factors.columns[0].map { Double($0) })
  }

  @Test(
    "ties and constant latents fall as in numpy",
    arguments: ["factorvae_ties_float32", "factorvae_ties_float64", "factorvae_unpruned_constant"])
  func ties(id: String) throws {
    let golden = try GoldenFile.extra.get().goldenCase(id)
    var configuration = FactorVAEScore.Configuration()
    configuration.trainVoteCount = 400
    configuration.evaluationVoteCount = 200
    configuration.varianceSampleCount = 1000
    configuration.pruneThreshold = flatten(golden.params["prune_threshold"])[0]
    let source = try InterventionSource(grid: golden.codes("codebook"), factorSizes: [5, 4, 3])
    let score = try FactorVAEScore(
      source: source, configuration: configuration, seed: golden.seed())
    golden.check(score.value, "eval_accuracy")
    golden.check(score.trainAccuracy, "train_accuracy")
    golden.check(score.trainVotes.flatMap { $0.map { Double($0) } }, "votes_train")
    golden.check(score.evaluationVotes.flatMap { $0.map { Double($0) } }, "votes_eval")
  }
}

extension NumPyRandom {
  /// A permutation by a copy of the generator.
  fileprivate func shuffled(_ count: Int) -> [Int] {
    var copy = self
    return copy.permutation(count)
  }
}
