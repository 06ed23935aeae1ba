public import BenchSupport

/// Whether a score on the codes' own axes is more than what any axes would have.
///
/// Under a law of the codes that no rotation of the latent space changes, their own axes are exchangeable
/// with those of any rotation drawn from the Haar measure; the rank of the score among itself and the
/// scores of `n` such rotations is then uniform, which makes `p` exact: no assumption about the score and
/// none about the sample size (docs/experiments.md).
public struct HaarRank: Sendable, Equatable {
  /// The score on the codes' own axes.
  public let value: Double
  /// The scores of the rotated codes, in the order of their draws; those without a value are left out.
  public let rotated: [Double]
  /// (1 + rotations that score at least as well) / (1 + rotations).
  public let pValue: Double

  /// The mean score of the rotations.
  public var meanOfRotated: Double {
    rotated.reduce(0, +) / Double(max(rotated.count, 1))
  }

  /// Ranks a metric's value.
  ///
  /// - Parameters:
  ///   - metric: The metric; its headline counts, in its direction.
  ///   - input: The codes and what is known of them.
  ///   - rotationCount: Number of rotations, at least 1; with 199 the smallest `p` is .005.
  ///   - seed: The seed of the rotations.
  ///   - onRotation: Called after each rotation with the number of those done.
  /// - Throws: What keeps the metric from having a value on the codes' own axes, and
  ///   ``DisentanglementError/undefined(metric:quantity:reason:)`` if no rotation has one or no direction is better.
  public init(
    of metric: MetricDefinition, _ input: MetricInput, rotationCount: Int = 199, seed: UInt64,
    onRotation: (Int) throws -> Void = { _ in }
  ) throws {
    precondition(rotationCount >= 1, "\(rotationCount) rotations")
    guard let sign = metric.description.direction?.sign else {
      throw DisentanglementError.undefined(
        metric: metric.name, quantity: "the rank among rotations",
        reason: "neither larger nor smaller values of it are better")
    }
    let value = try Self.headline(of: metric, on: input)
    var rotated: [Double] = []
    for index in 0..<rotationCount {
      do {
        rotated.append(try Self.score(metric, input, seed: seed, index: index))
      } catch is DisentanglementError {}  // no value on these axes
      try onRotation(index + 1)
    }
    guard !rotated.isEmpty else {
      throw DisentanglementError.undefined(
        metric: metric.name, quantity: "the rank among rotations",
        reason: "the metric has no value on any rotation of the codes")
    }
    self.value = value
    self.rotated = rotated
    let asGood = rotated.count { sign * $0 >= sign * value }
    pValue = Double(1 + asGood) / Double(1 + rotated.count)
  }

  private static func score(
    _ metric: MetricDefinition, _ input: MetricInput, seed: UInt64, index: Int
  ) throws -> Double {
    // Draws of one seed that are independent of those of the next.
    var random = Philox(seed: seed, stream: 0x4841_4152 + UInt64(index))
    let rotation = try CodeAlignment(
      .rotation(seed: random.next()), fittedTo: input.codes)
    return try headline(of: metric, on: rotation.apply(to: input))
  }

  private static func headline(
    of metric: MetricDefinition, on input: MetricInput
  ) throws -> Double {
    let result = try metric.evaluate(input)
    guard let value = result[metric.description.headline] else {
      preconditionFailure("\(metric.name) has no score '\(metric.description.headline)'")
    }
    return value
  }

  /// The rank as JSON.
  public var json: JSONValue {
    [
      "value": .number(value), "rotations": .integer(rotated.count),
      "mean_of_rotations": .number(meanOfRotated), "p": .number(pValue),
    ]
  }
}
