import ArgumentParser
import Experiments
import Torch

/// A preset on the command line, perhaps with settings of its own: `quick` or `quick:steps=500`.
///
/// Runs with other settings carry another preset name, so that they are never averaged with, or
/// taken for, runs of the plain preset.
struct PresetArgument: ExpressibleByArgument, Equatable {
  /// The preset.
  var preset: Preset
  /// Optimiser steps instead of the preset's.
  var stepCount: Int?
  /// Number of latents instead of the default.
  var latentCount: Int?
  /// Precision instead of the default.
  var precision: Precision?

  /// A plain preset.
  init(_ preset: Preset) { self.preset = preset }

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let preset = Preset(rawValue: String(parts[0])) else { return nil }
    self.init(preset)
    guard parts.count > 1 else { return }
    for setting in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
      let pair = setting.split(separator: "=", maxSplits: 1).map(String.init)
      guard pair.count == 2, set(pair[0], to: pair[1]) else { return nil }
    }
  }

  var defaultValueDescription: String { preset.rawValue }

  /// Takes over a setting; false if there is no such setting, it has no such value, or it is there
  /// already.
  private mutating func set(_ name: String, to value: String) -> Bool {
    switch name {
    case "steps" where stepCount == nil:
      stepCount = Int(value)
      return stepCount != nil
    case "latents" where latentCount == nil:
      latentCount = Int(value)
      return latentCount != nil
    case "precision" where precision == nil:
      precision = Precision(rawValue: value)
      return precision != nil
    default: return false
    }
  }
}
