/// Averages of a model's trainable parameters that forget exponentially.
public final class ExponentialMovingAverage {
  /// The weight of the past at each update.
  public let decay: Double
  private let names: [String]
  private let parameters: [Tensor]
  private let averages: [Tensor]

  /// Starts at the parameters' present values.
  ///
  /// - Parameters:
  ///   - store: The parameters.
  ///   - decay: The weight of the past at each update.
  ///   - includes: Which of the trainable ones have averages, by name.
  /// - Throws: `TorchError`.
  public init(
    _ store: ParameterStore, decay: Double, where includes: (String) -> Bool = { _ in true }
  ) throws(TorchError) {
    precondition(decay >= 0 && decay < 1, "decay \(decay) outside [0, 1)")
    self.decay = decay
    let entries = store.entries.filter { $0.isTrainable && includes($0.name) }
    names = entries.map(\.name)
    parameters = entries.map(\.tensor)
    averages = try withoutGradients { () throws(TorchError) in
      var copies: [Tensor] = []
      for entry in entries { copies.append(try entry.tensor.detached().cloned()) }
      return copies
    }
  }

  /// Moves the averages towards the parameters after `step` optimiser steps.
  ///
  /// Early on the decay is (1 + step)/(10 + step) where that is smaller, so that the random initial
  /// values are soon forgotten.
  public func update(step: Int) throws(TorchError) {
    let decay = min(self.decay, Double(1 + step) / Double(10 + step))
    try withoutGradients { () throws(TorchError) in
      try Foreach.interpolateInPlace(averages, to: parameters, fraction: 1 - decay)
    }
  }

  /// Exchanges averages and parameters; a second call undoes the first.
  public func exchange() throws(TorchError) {
    try withoutGradients { () throws(TorchError) in
      var copies: [Tensor] = []
      for parameter in parameters { copies.append(try parameter.detached().cloned()) }
      try Foreach.copyInPlace(parameters, from: averages)
      try Foreach.copyInPlace(averages, from: copies)
    }
  }

  /// The averages by name.
  public var state: [NamedTensor] {
    zip(names, averages).map { NamedTensor(name: "average.\($0)", tensor: $1) }
  }
}
