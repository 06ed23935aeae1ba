import BenchSupport
import Disentanglement
import LinearAlgebra

/// Seeded codes with known factors, for properties that need no reference values.
struct SampleCodes {
  /// Class indices, `[factor][sample]`.
  let factors: [[Int]]
  /// Independent standard normal draws, `[latent][sample]`.
  let noise: [[Double]]

  init(sampleCount: Int, sizes: [Int], noiseCount: Int = 8, seed: UInt64 = 1) {
    var random = Philox(seed: seed)
    factors = sizes.map { size in (0..<sampleCount).map { _ in random.integer(below: size) } }
    noise = (0..<noiseCount).map { _ in (0..<sampleCount).map { _ in random.normal() } }
  }

  /// One latent per factor: its class plus a little noise.
  var aligned: [[Double]] {
    zip(factors, noise).map { zip($0, $1).map { Double($0) + 0.05 * $1 } }
  }

  func labelled(_ latents: [[Double]]) throws -> LabelledCodes {
    try LabelledCodes(codes: codes(latents), factors: Factors(columns: factors))
  }
}

/// Codes from one array per latent.
func codes(_ latents: [[Double]]) throws -> Codes {
  try Codes(
    Matrix<Double>(
      rowCount: latents[0].count, columnCount: latents.count,
      elements: latents[0].indices.flatMap { sample in latents.map { $0[sample] } }))
}

extension LabelledCodes {
  /// The first two thirds and the rest.
  var halves: TrainTestSplit {
    let middle = sampleCount * 2 / 3
    return TrainTestSplit(
      train: samples(Array(0..<middle)), test: samples(Array(middle..<sampleCount)))
  }
}
