import BenchSupport
import MessagePassing
import Torch

/// What several processes must agree on.
extension Trainer {
  /// Refuses what several processes cannot train together.
  ///
  /// - Throws: ``TrainingError``.
  static func checkSharing(
    _ model: any TrainableModel, named name: String, plan: TrainingPlan, group: ProcessGroup
  ) throws(TrainingError) {
    guard group.isJoint else { return }
    guard model.isDataParallel else {
      throw .notDataParallel(model: name, processCount: group.size)
    }
    let partCount = plan.partCount ?? 1
    guard plan.batchSize % (group.size * partCount) == 0 else {
      let parts = partCount > 1 ? " × \(partCount) parts" : ""
      throw .badConfiguration(
        what: "batch size",
        expected: "a multiple of \(group.size * partCount) (\(group.size) processes\(parts))",
        found: "\(plan.batchSize)")
    }
  }

  /// Connects the graphics processors of processes that train on such.
  ///
  /// - Throws: `ProcessGroupError`, and `TorchError`.
  static func deviceGroup(_ device: Device, of group: ProcessGroup) throws -> DeviceGroup? {
    guard group.isJoint, device != .cpu else { return nil }
    try device.select()
    return try DeviceGroup(group)
  }

  /// Gives all processes the parameters, optimisers, generators and position of the first.
  func shareState() throws {
    guard group.isJoint else { return }
    // The first may be reading a large checkpoint.
    try group.barrier()
    let position = try Tensor(
      [Double(step), priorSeconds, Double(skippedStepCount), Double(badStepsInARow)], shape: [4])
    let modelFile = try shared(modelState)
    let optimizerFile = try shared(
      optimizers.state + generatorStates() + [NamedTensor(name: "position", tensor: position)])
    guard !group.isFirst else { return }
    try Torch.restore(modelState, from: modelFile)
    try restoreOptimizers(from: optimizerFile)
    let values = try optimizerFile.tensor("position").elements(as: Double.self)
    (step, priorSeconds) = (Int(values[0]), values[1])
    (skippedStepCount, badStepsInARow) = (Int(values[2]), Int(values[3]))
  }

  private func shared(_ tensors: [NamedTensor]) throws -> SafetensorsFile {
    let bytes = try group.broadcast(group.isFirst ? SafetensorsFile.encode(tensors) : [])
    return try SafetensorsFile(bytes: bytes, named: "the state of process 0")
  }

  /// Checks that all processes hold the same bits: each moves its own copy of the parameters by the
  /// same gradients, and a library that adds in another order somewhere would let them drift apart.
  ///
  /// - Throws: `ProcessGroupError/different(what:rank:)` in every process.
  func checkAgreement() throws {
    guard group.isJoint else { return }
    let own = Array(try Digest.of(SafetensorsFile.encode(model.store.state)).utf8)
    let first = try group.broadcast(own)
    let differs = try group.any((0..<group.size).map { $0 == group.rank && own != first })
    if let rank = differs.firstIndex(of: true) {
      throw ProcessGroupError.different(what: "parameters", rank: rank)
    }
  }
}
