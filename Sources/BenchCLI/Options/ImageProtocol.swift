import ArgumentParser
import Experiments
import GenerationMetrics

/// What `--protocol` names: how pictures become features, or a program's whole evaluation.
enum ImageProtocol: Equatable, ExpressibleByArgument {
  /// A way from pictures to features.
  case ofFeatures(FeatureProtocol)
  /// guided-diffusion's evaluator: TensorFlow's preparation, five metrics with fixed parameters.
  case adm

  /// Takes a name.
  init?(argument: String) {
    guard argument != "adm" else {
      self = .adm
      return
    }
    guard let known = FeatureProtocol(rawValue: argument) else { return nil }
    self = .ofFeatures(known)
  }

  static var allValueStrings: [String] { FeatureProtocol.allCases.map(\.rawValue) + ["adm"] }

  /// How pictures become features.
  var features: FeatureProtocol {
    switch self {
    case .ofFeatures(let name): name
    case .adm: .tf1
    }
  }

  /// The metrics where none are named; nil for all that two sets allow.
  var metrics: [GenerationMetric]? {
    self == .adm
      ? [.frechet, .spatialFrechet, .inceptionScoreOfADM, .precision, .recall] : nil
  }

  /// Whether a sample on a radius is inside.
  var inside: GenerationOptions.Inside { self == .adm ? .inclusive : .strict }

  /// Refuses features that were made in another way than the evaluation's.
  ///
  /// - Parameters:
  ///   - protocolID: How features were made; nil if a file does not say.
  ///   - name: What the error calls them.
  /// - Throws: ``GenerationError/protocolMismatch(first:firstProtocol:second:secondProtocol:)``.
  func require(_ protocolID: String?, of name: String) throws(GenerationError) {
    let wanted = "tf1/inception-2015-12-05"
    guard self == .adm, let protocolID, !protocolID.hasPrefix("\(wanted)@") else { return }
    throw .protocolMismatch(
      first: name, firstProtocol: protocolID, second: "--protocol adm", secondProtocol: wanted)
  }
}
