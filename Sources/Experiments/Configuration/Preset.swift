import BenchSupport

/// A named set of training and evaluation sizes.
public enum Preset: String, CaseIterable, Codable, Sendable {
  /// Seconds on two cores: enough to notice that something broke, nothing more.
  case smoke
  /// Minutes on two cores; for demonstrations, not for claims.
  case quick
  /// About an hour a run on one core, diffusion models of pixels more: the least that says something about a model.
  case standard
  /// The budget of the large-scale study: 300,000 steps of 64, Adam 1e-4.
  case paper

  /// Reads a name.
  ///
  /// - Throws: `DecodingError` that tells the known ones.
  public init(from decoder: any Decoder) throws { self = try decoder.choice() }

  /// Optimiser steps.
  package var stepCount: Int {
    switch self {
    case .smoke: 150
    case .quick: 1500
    case .standard: 20_000
    case .paper: 300_000
    }
  }

  /// The learning rate of Adam.
  package var learningRate: Double { self == .paper ? 1e-4 : 5e-4 }

  /// The decay of the second stage's averages.
  package var averageDecay: Double { self == .paper ? 0.9999 : 0.999 }

  /// Observations the metrics see.
  package var sampleCount: Int { self == .smoke ? 2000 : 10_000 }
}
