import Torch

/// A model's optimisers and averages: everything that changes its parameters.
struct TrainingOptimizers {
  private let groups: [OptimizerGroup]
  private let optimizers: [Adam]
  let average: ExponentialMovingAverage?

  /// Optimisers in their initial state.
  init(_ model: any TrainableModel) throws {
    groups = model.optimizerGroups
    optimizers = try groups.map { try Adam(model.store, $0.options, where: $0.includes) }
    average = try model.averageDecay.map {
      try ExponentialMovingAverage(model.store, decay: $0)
    }
  }

  /// Moves the parameters by the losses' gradients; `number` counts steps from 1.
  func step(_ losses: [Loss], number: Int) throws {
    // All gradients come from the same forward pass; only then does any parameter move.
    let gradients = try zip(losses, optimizers).enumerated().map { index, pair in
      let found = try pair.0.value.gradients(
        of: pair.1.parameters, keepsGraph: index < losses.count - 1)
      return try zip(found, pair.1.parameters).map { try $0 ?? $1.zerosLike() }
    }
    for (index, group) in groups.enumerated() {
      if let maximum = group.maximumGradientNorm {
        try clipGradients(gradients[index], maximumNorm: maximum)
      }
      try optimizers[index].step(gradients[index])
    }
    try average?.update(step: number)
  }

  /// The optimisers' state by name.
  var state: [NamedTensor] {
    zip(groups, optimizers).flatMap { group, optimizer in
      optimizer.state.map { NamedTensor(name: "\(group.name).\($0.name)", tensor: $0.tensor) }
    }
  }
}
