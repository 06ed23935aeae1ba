import BenchSupport
import Disentanglement
import LinearAlgebra

/// Codes with known properties; the same seed always gives the same ones.
struct SyntheticCodes {
  let codes: Codes
  let factors: Factors

  /// What the latents look like.
  enum Kind: CaseIterable {
    /// One latent per factor, in order, plus two of noise.
    case axisAligned
    /// Every latent a mixture of all factors.
    case mixed
    /// Nothing but noise.
    case noise
    /// Every factor in two latents.
    case duplicated
  }

  static let sizes = [5, 4, 3]

  /// Draws samples.
  init(_ kind: Kind, count: Int = 900, noise: Double = 0.02, seed: UInt64 = 1) throws {
    var random = Philox(seed: seed)
    let columns = Self.sizes.map { size in (0..<count).map { _ in random.integer(below: size) } }
    factors = try Factors(columns: columns, sizes: Self.sizes)
    let mixing = (0..<25).map { _ in random.normal() }
    var elements: [Double] = []
    for sample in 0..<count {
      let values = zip(columns, Self.sizes).map { 2 * Double($0[sample]) / Double($1 - 1) - 1 }
      let noises = (0..<6).map { _ in random.normal() }
      let clean: [Double] =
        switch kind {
        case .axisAligned: values + [0, 0]
        case .mixed:
          (0..<5).map { row in
            zip(values, mixing[row * 5..<row * 5 + 3]).reduce(0) { $0 + $1.0 * $1.1 }
          }
        case .noise: [Double](repeating: 0, count: 5)
        case .duplicated: values + values.map { 3 * $0 - 1 }
        }
      let scale = kind == .noise ? 1 : noise
      elements += zip(clean, noises).enumerated().map { index, pair in
        // The noise latents of axis-aligned codes have unit variance.
        kind == .axisAligned && index >= 3 ? pair.1 : pair.0 + scale * pair.1
      }
    }
    codes = try Codes(
      Matrix(rowCount: count, columnCount: elements.count / count, elements: elements))
  }

  /// Everything the catalog's metrics take.
  func input() throws -> MetricInput { try MetricInput(codes: codes, factors: factors) }

  /// The first two thirds and the rest.
  func split() throws -> TrainTestSplit {
    var input = try input()
    input.split = SplitRule(order: .ordered)
    return try input.trainTestSplit(metric: "test")
  }
}

extension Codes {
  /// Every value changed by a function of the latent's index and the value.
  func mapping(_ change: (_ latent: Int, _ value: Double) -> Double) throws -> Codes {
    var result = matrix
    for sample in 0..<sampleCount {
      for latent in 0..<latentCount {
        result[sample, latent] = change(latent, matrix[sample, latent])
      }
    }
    return try Codes(result, precision: precision)
  }
}
