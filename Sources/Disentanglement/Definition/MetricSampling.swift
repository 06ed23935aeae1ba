import BenchSupport

/// How many samples of what kind a metric's reference protocol takes.
public enum MetricSampling: Sendable, Equatable {
  /// All there are; their number is no part of the protocol.
  case everySample
  /// This many.
  case samples(Int)
  /// This many to fit on and this many others to test on.
  case trainAndTest(Int, Int)
  /// Draws with a factor held fixed, from an encoder or from the codes of every state.
  case draws

  /// The training and test samples of disentanglement_lib's configurations.
  static let studySplit = trainAndTest(10_000, 5_000)
}

extension MetricDefinition {
  /// The metric's description with the protocol that an input allowed: the reference's, or the
  /// reference's name with what is different after a colon.
  func description(on input: MetricInput) throws(DisentanglementError) -> MetricDescription {
    let deviations = try samplingDeviations(input) + settingDeviations(input.settings)
    guard !deviations.isEmpty else { return description }
    return MetricDescription(
      name: name, direction: description.direction, unit: description.unit,
      protocolID: "\(description.protocolID):\(deviations.joined(separator: ","))",
      headline: description.headline)
  }

  private func samplingDeviations(_ input: MetricInput) throws(DisentanglementError) -> [String] {
    let count = input.codes.sampleCount
    switch sampling {
    case .everySample: return []
    case .samples(let expected): return count == expected ? [] : ["samples=\(count)"]
    case .trainAndTest(let train, let test):
      let given = input.test?.sampleCount ?? input.testValues?.sampleCount
      var found = (train: count, test: given ?? 0)
      if given == nil {
        let rows = try input.split.rows(of: count, seed: input.seed, metric: name)
        found = (rows.train.count, rows.test.count)
      }
      return found == (train, test) ? [] : ["train=\(found.train)", "test=\(found.test)"]
    case .draws:
      let source = try input.interventions(metric: name)
      return source.isComplete ? [] : ["resampled", "samples=\(count)"]
    }
  }

  private func settingDeviations(_ settings: MetricSettings) -> [String] {
    parameters.compactMap { parameter in
      let value = settings.value(parameter, of: name)
      return value == parameter.defaultValue ? nil : "\(parameter.name)=\(plain(value))"
    }
  }
}
