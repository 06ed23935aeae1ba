import BenchSupport
import Disentanglement
import LinearAlgebra
import Testing

/// Representations whose scores are known without a reference implementation.
@Suite("Known representations") struct AnalyticTests {
  @Test("MIG of the factors themselves over a full grid is 1")
  func perfectGap() throws {
    let (codes, factors) = try fullGrid { $0.map { Double($0) } }
    #expect(abs(try MutualInformationGap(codes: codes, factors: factors).value - 1) < 1e-12)
  }

  @Test("MIG of duplicated latents is 0")
  func duplicatedGap() throws {
    let (codes, factors) = try fullGrid { $0.map { Double($0) } + $0.map { 7 - 2 * Double($0) } }
    #expect(try MutualInformationGap(codes: codes, factors: factors).value < 1e-12)
  }

  @Test("a factor encoded in one of two latents alike has half the others' weight")
  func oneDuplicate() throws {
    let (codes, factors) = try fullGrid { $0.map { Double($0) } + [Double($0[0])] }
    let mig = try MutualInformationGap(codes: codes, factors: factors)
    #expect(abs(mig.value - 2.0 / 3) < 1e-12)
  }

  @Test("noise scores the plug-in bias (bins − 1)(classes − 1) / 2N at most")
  func noiseBias() throws {
    let noise = try SyntheticCodes(.noise, count: 4000)
    let labels = (0..<3).map { noise.factors.labels($0) }
    let information = mutualInformationMatrix(codes: noise.codes, factors: labels)
    for (factor, size) in SyntheticCodes.sizes.enumerated() {
      let bias = 19 * Double(size - 1) / 8000
      for value in information.column(factor) { #expect(value > bias / 4 && value < bias * 2.5) }
    }
    #expect(try MutualInformationGap(codes: noise.codes, factors: noise.factors).value < 0.01)
  }

  @Test("rotating two latents by 45° takes the gap away and PCA of unequal scales restores it")
  func rotationAndAlignment() throws {
    let half = 0.5.squareRoot()
    let (codes, factors) = try fullGrid { state in
      let (a, b) = (Double(state[0]), 0.3 * Double(state[1]))
      return [half * (a - b), half * (a + b)]
    }
    let twoFactors = try Factors(columns: Array(factors.columns.prefix(2)))
    let rotated = try MutualInformationGap(codes: codes, factors: twoFactors).value
    let aligned = try CodeAlignment(.pca, fittedTo: codes).apply(to: codes)
    let restored = try MutualInformationGap(codes: aligned, factors: twoFactors).value
    #expect(rotated < 0.75)
    #expect(restored > 0.99)
  }

  @Test("ideal codes score high everywhere, noise low", arguments: Bounds.all)
  func idealAndNoise(_ bounds: Bounds) throws {
    let metric = try MetricCatalog.metric(named: bounds.metric)
    let ideal = try metric.evaluate(SyntheticCodes(.axisAligned, noise: 0.01).input())
    let noise = try metric.evaluate(SyntheticCodes(.noise).input())
    #expect(try #require(ideal[bounds.score]) >= bounds.ideal)
    #expect(try #require(noise[bounds.score]) <= bounds.noise)
  }

  /// A score's least value for ideal codes and its largest for noise.
  struct Bounds: Sendable {
    let metric: String
    let score: String
    let ideal: Double
    let noise: Double

    static let all = [
      Bounds(metric: "mig", score: "value", ideal: 0.9, noise: 0.02),
      Bounds(metric: "sap", score: "value", ideal: 0.3, noise: 0.06),
      Bounds(metric: "sap:continuous", score: "value", ideal: 0.97, noise: 0.02),
      Bounds(metric: "factorvae", score: "value", ideal: 1, noise: 0.5),
      Bounds(metric: "betavae", score: "value", ideal: 1, noise: 0.45),
      Bounds(metric: "explicitness", score: "test", ideal: 0.95, noise: 0.58),
      Bounds(metric: "irs:paper", score: "value", ideal: 0.4, noise: 0.2),
      Bounds(metric: "infomec", score: "infoc", ideal: 0.95, noise: 0.9),
      Bounds(metric: "infomec", score: "infoe", ideal: 0.6, noise: 0.02),
      Bounds(metric: "dcimig", score: "value", ideal: 0.9, noise: 0.02),
      Bounds(metric: "med", score: "completeness", ideal: 0.75, noise: 0.1),
    ]
  }

  @Test("independent latents have no total correlation, copies an infinite one")
  func totalCorrelation() throws {
    let noise = try SyntheticCodes(.noise, count: 4000).codes
    let scores = try UnsupervisedScores(codes: noise)
    // Twice the total correlation of k independent latents has mean k(k − 1)/2 / N.
    #expect(scores.gaussianTotalCorrelation < 0.004)
    #expect(scores.gaussianWassersteinCorrelation < 0.01)
    let copied = noise.latents([0, 1, 0])
    #expect(throws: DisentanglementError.self) { try UnsupervisedScores(codes: copied) }
  }

  @Test("the total correlation of two Gaussians is −½ log(1 − ρ²)")
  func gaussianPair() throws {
    // Exactly correlated columns: orthogonal contrasts of a 2 × 2 design.
    let rho = 0.6
    let first = [1.0, 1, -1, -1]
    let second = [1.0, -1, 1, -1]
    let rest = (1 - rho * rho).squareRoot()
    let elements = (0..<4).flatMap { [first[$0], rho * first[$0] + rest * second[$0]] }
    let codes = try Codes(Matrix(rowCount: 4, columnCount: 2, elements: elements))
    let scores = try UnsupervisedScores(codes: codes)
    #expect(abs(scores.gaussianTotalCorrelation - 0.223143551314209_7) < 1e-12)
  }

  /// Every state of a 5 × 4 × 3 grid with codes made from it.
  private func fullGrid(_ encode: ([Int]) -> [Double]) throws -> (Codes, Factors) {
    var states: [[Int]] = []
    for a in 0..<5 {
      for b in 0..<4 {
        for c in 0..<3 { states.append([a, b, c]) }
      }
    }
    let rows = states.map(encode)
    return (
      try Codes(
        Matrix(
          rowCount: rows.count, columnCount: rows[0].count, elements: rows.flatMap { $0 })),
      try Factors(rows: states.flatMap { $0 }, factorCount: 3)
    )
  }
}
