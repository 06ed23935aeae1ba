import ArgumentParser

/// A named set of training and evaluation sizes.
enum Preset: String, CaseIterable, ExpressibleByArgument, Codable {
  /// Minutes on two cores; for demonstrations and regression tests, not for claims.
  case quick
  /// The budget of the large-scale study: 300,000 steps of 64, Adam 1e-4.
  case paper

  /// Optimiser steps.
  var stepCount: Int { self == .quick ? 1500 : 300_000 }
  /// The step size of Adam.
  var learningRate: Double { self == .quick ? 1e-3 : 1e-4 }
  /// Observations the metrics see.
  var sampleCount: Int { 10_000 }
}
