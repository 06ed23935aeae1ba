import BenchSupport
import LinearAlgebra

/// Metrics of three sets: A, which was trained on, B, which was generated, and real images that were held
/// out.
extension GenerationMetric {
  /// What `fid:ratio` is called in records of features that are not Inception's.
  public static let otherFrechetRatio = "frechet:ratio"

  /// The Fréchet distance of the generated set in units of that of the held-out set.
  public static let frechetRatio = GenerationMetric(
    MetricDescription(name: "fid:ratio", direction: .lowerIsBetter, unit: "ratio"),
    needsHeldOut: true, withOtherFeatures: .metric(otherFrechetRatio)
  ) { pair in
    let heldOut = try pair.heldOut(for: "fid:ratio")
    let reference = try pair.reference.frechetOperand()
    let held = try FrechetDistance(reference, heldOut.frechetOperand()).value
    let made = try FrechetDistance(reference, pair.generated.frechetOperand()).value
    guard held > 0 else { throw GenerationError.heldOutIsReference(set: heldOut.name) }
    return Value(
      made / held,
      details: ["fid_generated": .number(made), "fid_held_out": .number(held)])
  }

  /// How many generated samples are no near copies of training samples.
  public static let authenticity = GenerationMetric(
    MetricDescription(name: "authenticity", unit: "per cent")
  ) { pair in
    let sets = try pair.features(for: "authenticity")
    return Value(
      try Authenticity.percentage(training: sets.reference, generated: sets.generated))
  }

  /// The data-copying statistic: below 0 for copies, above 0 for samples further from the training set than held-out
  /// images.
  public static let dataCopying = GenerationMetric(
    MetricDescription(name: "ct", direction: nil, unit: "standard deviations"), needsHeldOut: true
  ) { pair in
    let sets = try pair.features(for: "ct")
    let copying = try DataCopying(
      training: sets.reference, heldOut: pair.heldOutFeatures(for: "ct"),
      generated: sets.generated, seed: pair.options.seed)
    return Value(
      copying.value,
      details: [
        "cells": .array(copying.cellValues.map { $0.map { .number($0) } ?? .null })
      ])
  }

  /// The feature likelihood divergence.
  public static let likelihood = likelihoodMetric("fld", .lowerIsBetter, \.value)
  /// How much likelier the training set is than the held-out set.
  public static let likelihoodGap = likelihoodMetric("fld:gap", .higherIsBetter, \.gap)

  private static func likelihoodMetric(
    _ name: String, _ direction: MetricDirection,
    _ part: any KeyPath<FeatureLikelihood, Double> & Sendable
  ) -> GenerationMetric {
    GenerationMetric(
      MetricDescription(name: name, direction: direction, unit: "nats per feature times 100"),
      needsHeldOut: true
    ) { pair in
      let sets = try pair.features(for: name)
      let heldOut = try pair.heldOutFeatures(for: name)
      let found = try pair.shared {
        try FeatureLikelihood(
          training: sets.reference, heldOut: heldOut, generated: sets.generated,
          seed: pair.options.seed)
      }
      return Value(found[keyPath: part])
    }
  }
}

extension GenerationPair {
  /// The held-out set.
  func heldOut(for metric: String) throws(GenerationError) -> GenerationSide {
    guard let heldOut else { throw .missingHeldOut(metric: "'\(metric)'") }
    return heldOut
  }

  /// The features of the held-out set.
  func heldOutFeatures(for metric: String) throws(GenerationError) -> FeatureSet {
    try heldOut(for: metric).required(\.features, "features", for: metric)
  }

  /// How many held-out images have features that an image of the reference has too: they were not held
  /// out; nil where features are not known.
  public var heldOutOverlap: Int? {
    guard let held = heldOut?.features, let training = reference.features else { return nil }
    let known = Set((0..<training.count).map { training.features.row($0).map(\.bitPattern) })
    return (0..<held.count).count { known.contains(held.features.row($0).map(\.bitPattern)) }
  }
}
