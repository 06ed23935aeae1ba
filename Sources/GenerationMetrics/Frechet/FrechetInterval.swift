import BenchSupport
import LinearAlgebra

/// How far the Fréchet distance would move with other images: a delete-a-group jackknife.
///
/// Each set is cut into groups at random; the distance is computed with every group left out once.
/// The variances that the two sets contribute add up. The interval is the value ± 1.96 standard
/// errors: it covers the scatter of the finite sets, not the bias that all of them share.
public struct FrechetInterval: Sendable, Equatable {
  /// The distance of the whole sets.
  public let value: Double
  /// The jackknife's standard error.
  public let standardError: Double

  /// The 95 % interval.
  public var bounds: ClosedRange<Double> {
    value - 1.96 * standardError...value + 1.96 * standardError
  }

  /// Computes the interval; costs `2 · groupCount` distances.
  ///
  /// - Parameters:
  ///   - reference: Features of the real images.
  ///   - generated: Features of the generated images.
  ///   - groupCount: Number of groups per set; at least 2.
  ///   - seed: Seed of the groups.
  /// - Throws: ``GenerationError`` if widths differ or a set is too small for its groups.
  public init(
    reference: FeatureSet, generated: FeatureSet, groupCount: Int = 10, seed: UInt64 = 0
  ) throws(GenerationError) {
    try GenerationError.requireEqualWidth(reference, generated)
    guard groupCount >= 2 else {
      throw .invalidParameter(
        name: "the number of jackknife groups", value: groupCount, expected: "at least 2")
    }
    let sets = [reference, generated]
    for set in sets where set.count < 2 * groupCount {
      throw .tooFewSamples(
        set: set.name, found: set.count, needed: 2 * groupCount,
        metric: "a jackknife of \(groupCount) groups")
    }
    var operands: [FrechetOperand] = []
    for set in sets { operands.append(try set.frechetOperand()) }
    value = try FrechetDistance(operands[0], operands[1]).value
    var variance = 0.0
    for (side, set) in sets.enumerated() {
      var random = Philox(seed: seed, stream: UInt64(side))
      let order = random.permutation(of: set.count)
      var values: [Double] = []
      for group in 0..<groupCount {
        let kept = order.enumerated().filter { $0.offset % groupCount != group }
          .map { $0.element }.sorted()
        let partial = try FrechetOperand(set.rows(at: kept), name: set.name)
        values.append(try FrechetDistance(partial, operands[1 - side]).value)
      }
      let mean = values.reduce(0, +) / Double(groupCount)
      let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      variance += squares * Double(groupCount - 1) / Double(groupCount)
    }
    standardError = variance.squareRoot()
  }
}
