package import MessagePassing
import Torch

/// A model's optimisers and averages: everything that changes its parameters.
package struct TrainingOptimizers {
  private let groups: [OptimizerGroup]
  private let optimizers: [Adam]
  let average: ExponentialMovingAverage?
  /// The steps that changed nothing.
  let badSteps: BadStepCounter
  /// What is not trained, such as running moments: a batch that is not finite would leave them so.
  private let buffers: TensorMemory
  private let group: ProcessGroup
  private let devices: DeviceGroup?
  private let gradientBuckets: GradientBuckets?

  /// Optimisers in their initial state, whose gradients are averaged over a group of processes and their
  /// graphics processors.
  package init(
    _ model: any TrainableModel, group: ProcessGroup = .alone, devices: DeviceGroup? = nil
  ) throws {
    groups = model.optimizerGroups
    optimizers = try groups.map { try Adam(model.store, $0.options, where: $0.includes) }
    average = try model.averageDecay.map {
      try ExponentialMovingAverage(model.store, decay: $0, where: model.isAveraged)
    }
    badSteps = try BadStepCounter(device: model.store.device)
    buffers = try TensorMemory(model.store.entries.filter { !$0.isTrainable }.map(\.tensor))
    self.group = group
    self.devices = devices
    gradientBuckets =
      group.isJoint
      ? try GradientBuckets(optimizers.flatMap(\.parameters), over: group, devices: devices) : nil
  }

  /// Moves the parameters by the gradients of a batch's losses, pass after pass, unless a loss or a gradient is
  /// not finite in one of the processes; then the step counts as one of ``badSteps``, and moves nothing from that
  /// pass on; what is not trained is then what it was before the step.
  ///
  /// Nothing is read back: what is not finite is found, and keeps Adam from moving, on the device. Averages go on
  /// towards the parameters, which are those of the last good step.
  ///
  /// - Parameters:
  ///   - model: The model whose parameters these are.
  ///   - batch: The images; worked on in parts where the plan says so. Every part counts as much as it
  ///     has images, in gradients and losses.
  ///   - plan: The precision and the number of parts.
  /// - Returns: The losses of all passes.
  /// - Throws: Errors of the model and of libtorch.
  package func step(
    _ model: any TrainableModel, _ batch: TrainingBatch, _ plan: TrainingPlan
  ) throws -> [Loss] {
    let restarted = try withoutGradients { try model.restart(at: batch.step, of: batch.stepCount) }
    for name in restarted { try optimizers[place(of: name)].restart() }
    let passes = model.passes(at: batch.step, of: batch.stepCount)
    precondition(
      passes.count == 1 || !group.isJoint, "\(passes.count) passes in \(group.size) processes")
    try buffers.update()
    return try withRounding(for: plan.precision) {
      var losses: [Loss] = []
      var isBad: Tensor?
      for (index, names) in passes.enumerated() {
        let done = try pass(
          model, batch.forPass(index), plan, moving: names.map(place), unless: isBad)
        losses += done.losses
        isBad = done.isBad
      }
      if let isBad {
        try badSteps.count(isBad)
        try buffers.restore(if: isBad)
      }
      try average?.update(step: batch.step + 1)
      return losses
    }
  }

  /// Where the group of a name stands among ``groups``.
  private func place(of name: String) -> Int {
    guard let place = groups.firstIndex(where: { $0.name == name }) else {
      preconditionFailure("no group '\(name)' among \(groups.map(\.name))")
    }
    return place
  }

  /// Moves the groups at some places by their losses, unless the pass, or one before, is bad.
  private func pass(
    _ model: any TrainableModel, _ batch: TrainingBatch, _ plan: TrainingPlan,
    moving places: [Int], unless wasBad: Tensor?
  ) throws -> (losses: [Loss], isBad: Tensor) {
    let imageCount = batch.images.shape[0]
    let partCount = min(plan.partCount ?? 1, imageCount)
    precondition(partCount == 1 || model.isDivisible, "\(partCount) parts of an indivisible batch")
    guard partCount > 1 else {
      let losses = try losses(model, batch, plan)
      let isBad = try apply(
        gradients(losses, places), of: losses.map(\.value), places, at: batch.position,
        unless: wasBad)
      return (losses, isBad)
    }
    var sums: [[Tensor]] = []
    var done: [Loss.Part] = []
    for index in 0..<partCount {
      let part = try batch.part(index, of: partCount)
      let losses = try losses(model, part, plan)
      let share = Double(part.images.shape[0]) / Double(imageCount)
      done.append(try Loss.Part(losses, share: share))
      let gradients = try gradients(losses, places)
      if index == 0 { sums = try gradients.map { try $0.map { try $0.zerosLike() } } }
      try withoutGradients {
        for (sum, gradient) in zip(sums.joined(), gradients.joined()) {
          try sum.addInPlace(gradient, scale: share)
        }
      }
    }
    let isBad = try apply(
      sums, of: done.flatMap { $0.losses.map(\.value) }, places, at: batch.position,
      unless: wasBad)
    return (try Loss.means(of: done), isBad)
  }

  private func losses(
    _ model: any TrainableModel, _ batch: TrainingBatch, _ plan: TrainingPlan
  ) throws -> [Loss] {
    try withPrecision(plan.precision, on: model.store.device) { try model.losses(batch) }
  }

  private func gradients(_ losses: [Loss], _ places: [Int]) throws -> [[Tensor]] {
    precondition(losses.count == places.count, "\(losses.count) losses for \(places.count) groups")
    // All gradients come from the same forward pass; only then does any parameter move.
    return try zip(losses, places).enumerated().map { index, pair in
      let parameters = optimizers[pair.1].parameters
      let found = try pair.0.value.gradients(
        of: parameters, keepsGraph: index < losses.count - 1)
      return try zip(found, parameters).map { try $0 ?? $1.zerosLike() }
    }
  }

  /// Moves the groups at some places.
  ///
  /// - Returns: 1 where nothing was to move, else 0.
  private func apply(
    _ gradients: [[Tensor]], of losses: [Tensor], _ places: [Int], at position: TrainingPosition,
    unless wasBad: Tensor?
  ) throws -> Tensor {
    try gradientBuckets?.average(Array(gradients.joined()))
    // A finite loss can have gradients that are not: of a root at 0, or of a value in between that overflows.
    let isOwnBad = try shared(Torch.notFinite(losses + Array(gradients.joined())))
    let isBad = try wasBad?.maximum(isOwnBad) ?? isOwnBad
    for (index, place) in places.enumerated() {
      let group = groups[place]
      if let maximum = group.maximumGradientNorm {
        try clipGradients(gradients[index], maximumNorm: maximum)
      }
      optimizers[place].options.learningRate =
        group.options.learningRate * group.learningRateFactor(position)
      try optimizers[place].step(gradients[index], unless: isBad)
    }
    return isBad
  }

  /// 1 in all processes if it is 1 in one: losses differ between them.
  private func shared(_ isBad: Tensor) throws -> Tensor {
    guard group.isJoint else { return isBad }
    if let devices {
      let count = try isBad.cloned()
      try count.sumInPlace(over: group, devices)
      return try count.clamped(to: 1)
    }
    return try Tensor.full(
      [], group.any([isBad.item() > 0])[0] ? 1 : 0, device: isBad.device)
  }

  /// The optimisers' state by name.
  var state: [NamedTensor] {
    zip(groups, optimizers).flatMap { group, optimizer in
      optimizer.state.map { NamedTensor(name: "\(group.name).\($0.name)", tensor: $0.tensor) }
    }
  }
}

extension Loss {
  /// The losses of a part of a batch, for the log.
  fileprivate struct Part {
    let losses: [Loss]
    /// Its images, as a share of the batch's.
    let share: Double

    /// Keeps the numbers alone: a part's graph must not outlive it.
    init(_ losses: [Loss], share: Double) throws {
      self.losses = try losses.map { loss in
        Loss(
          try loss.value.detached(),
          terms: try loss.terms.map { ($0.name, try $0.value.detached().mean()) })
      }
      self.share = share
    }
  }

  /// The losses of parts together, each weighted with its share.
  fileprivate static func means(of parts: [Part]) throws -> [Loss] {
    let total = parts.reduce(0) { $0 + $1.share }
    func mean(_ value: ([Loss]) -> Tensor) throws -> Tensor {
      let terms = try parts.map { try value($0.losses) * ($0.share / total) }
      return try terms.dropFirst().reduce(terms[0]) { try $0 + $1 }
    }
    return try parts[0].losses.enumerated().map { index, loss in
      Loss(
        try mean { $0[index].value },
        terms: try loss.terms.enumerated().map { place, term in
          (term.name, try mean { $0[index].terms[place].value })
        })
    }
  }
}

extension TrainingBatch {
  /// The same batch for a pass of the step.
  fileprivate func forPass(_ pass: Int) -> TrainingBatch {
    TrainingBatch(
      images: images, step: step, stepCount: stepCount, seed: seed, shard: shard, pass: pass)
  }

  /// One of `count` nearly equal parts, with random numbers of its own.
  fileprivate func part(_ index: Int, of count: Int) throws -> TrainingBatch {
    let size = images.shape[0]
    let range = size * index / count..<size * (index + 1) / count
    return TrainingBatch(
      images: try images.narrowed(0, start: range.lowerBound, count: range.count), step: step,
      stepCount: stepCount,
      seed: seed ^ UInt64(index) << 48,
      shard: BatchShard(batchSize: range.count * shard.group.size, group: shard.group), pass: pass)
  }
}
