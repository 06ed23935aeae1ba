import MessagePassing
import Torch

/// A model's optimisers and averages: everything that changes its parameters.
struct TrainingOptimizers {
  private let groups: [OptimizerGroup]
  private let optimizers: [Adam]
  let average: ExponentialMovingAverage?
  private let group: ProcessGroup
  private let buckets: GradientBuckets?

  /// Optimisers in their initial state, whose gradients are averaged over a group of processes.
  init(_ model: any TrainableModel, group: ProcessGroup = .alone) throws {
    groups = model.optimizerGroups
    optimizers = try groups.map { try Adam(model.store, $0.options, where: $0.includes) }
    average = try model.averageDecay.map {
      try ExponentialMovingAverage(model.store, decay: $0)
    }
    self.group = group
    buckets =
      group.isJoint ? try GradientBuckets(optimizers.flatMap(\.parameters), over: group) : nil
  }

  /// Moves the parameters by the gradients of a batch's losses, unless one of them is not finite in
  /// one of the processes.
  ///
  /// - Parameters:
  ///   - model: The model whose parameters these are.
  ///   - batch: The images; worked on in parts where the plan says so, gradients being averaged.
  ///   - plan: The precision and the number of parts.
  /// - Returns: The losses of the last part, and whether all were finite.
  /// - Throws: Errors of the model and of libtorch.
  func step(_ model: any TrainableModel, _ batch: TrainingBatch, _ plan: TrainingPlan) throws -> (
    losses: [Loss], areFinite: Bool
  ) {
    let partCount = min(plan.partCount ?? 1, batch.images.shape[0])
    var sums: [[Tensor]] = []
    var losses: [Loss] = []
    for part in 0..<partCount {
      losses = try withPrecision(plan.precision, on: model.store.device) {
        try model.losses(partCount == 1 ? batch : batch.part(part, of: partCount))
      }
      let values = try group.means(losses.map { try $0.value.item() })
      guard values.allSatisfy(\.isFinite) else { return (losses, false) }
      let gradients = try gradients(losses)
      guard partCount > 1 else {
        sums = gradients
        break
      }
      if part == 0 { sums = try gradients.map { try $0.map { try $0.zerosLike() } } }
      try withoutGradients {
        for (sum, gradient) in zip(sums.joined(), gradients.joined()) {
          try sum.addInPlace(gradient, scale: 1 / Double(partCount))
        }
      }
    }
    try buckets?.average(Array(sums.joined()))
    try apply(sums, number: batch.step + 1)
    return (losses, true)
  }

  private func gradients(_ losses: [Loss]) throws -> [[Tensor]] {
    // All gradients come from the same forward pass; only then does any parameter move.
    try zip(losses, optimizers).enumerated().map { index, pair in
      let found = try pair.0.value.gradients(
        of: pair.1.parameters, keepsGraph: index < losses.count - 1)
      return try zip(found, pair.1.parameters).map { try $0 ?? $1.zerosLike() }
    }
  }

  private func apply(_ gradients: [[Tensor]], number: Int) throws {
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

extension TrainingBatch {
  /// One of `count` nearly equal parts, with random numbers of its own.
  fileprivate func part(_ index: Int, of count: Int) throws -> TrainingBatch {
    let size = images.shape[0]
    let range = size * index / count..<size * (index + 1) / count
    return TrainingBatch(
      images: try images.narrowed(0, start: range.lowerBound, count: range.count), step: step,
      stepCount: stepCount,
      seed: seed ^ UInt64(index) << 48,
      shard: BatchShard(batchSize: range.count * shard.group.size, group: shard.group))
  }
}
