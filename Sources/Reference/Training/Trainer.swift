public import BenchSupport
public import Datasets
import FoundationEssentials
public import MessagePassing
import Torch

/// The training loop all models share.
///
/// Everything random is a function of the seed and the step or is saved with the checkpoint, so
/// that a run that was killed and resumed ends with the same bits as one that was not.
///
/// Several processes train together when given their group: each works on its share of every batch,
/// gradients and logged numbers are averages over them, and the main process alone reads and writes the
/// run's folder.
public final class Trainer {
  /// What a finished training reports.
  public struct Summary: Sendable {
    /// Seconds spent training, over all sessions.
    public let seconds: Double
    /// Images per second in this session; 0 if there was nothing left to do.
    public let imagesPerSecond: Double
    /// Steps left out because a loss or a gradient was not finite.
    public let skippedStepCount: Int
  }

  let model: any TrainableModel
  private let modelName: String
  private let dataset: any ImageDataset
  private let plan: TrainingPlan
  private let folder: String
  private let context: JSONValue
  let optimizers: TrainingOptimizers
  private let isQuiet: Bool
  let group: ProcessGroup
  var step = 0
  var priorSeconds = 0.0
  var skippedStepCount = 0
  var badStepsInARow = 0

  /// The checkpoint's place in a run folder.
  public static func checkpointPath(in folder: String) -> String { "\(folder)/checkpoint" }

  /// The run folder that is meant where its checkpoint is named instead: both are the same to every command.
  ///
  /// - Parameter path: A run folder, or the checkpoint folder in it.
  /// - Returns: The run folder.
  public static func runFolder(of path: String) -> String {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false)
    while parts.count > 1, parts.last?.isEmpty == true { parts.removeLast() }
    guard parts.last == "checkpoint", Checkpoint.exists(at: path) else { return path }
    parts.removeLast()
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }

  /// Prepares a training in a run folder; continues from its checkpoint if there is one.
  ///
  /// - Parameters:
  ///   - model: The model, freshly created from the plan's seed.
  ///   - modelName: Its name with options, to be found again in the checkpoint.
  ///   - dataset: The images.
  ///   - plan: How long and on what terms.
  ///   - folder: The run's folder, which exists.
  ///   - context: What the model was built for, kept in the checkpoint.
  ///   - isQuiet: Shows no progress.
  ///   - group: The processes that train together.
  /// - Throws: ``TrainingError`` if a checkpoint is there but is damaged or of another plan, or if
  ///   parts or several processes cannot share the model's batches.
  public init(
    _ model: any TrainableModel, named modelName: String, dataset: any ImageDataset,
    plan: TrainingPlan, folder: String, context: JSONValue, isQuiet: Bool,
    group: ProcessGroup = .alone
  ) throws {
    try plan.check(model, named: modelName)
    try Self.checkSharing(model, named: modelName, plan: plan, group: group)
    self.model = model
    self.modelName = modelName
    self.dataset = dataset
    self.plan = plan
    self.folder = folder
    self.context = context
    self.isQuiet = isQuiet || !group.isFirst
    self.group = group
    optimizers = try TrainingOptimizers(
      model, group: group, devices: Self.deviceGroup(model.store.device, of: group))
    if group.isFirst && Checkpoint.exists(at: Self.checkpointPath(in: folder)) { try restore() }
    try shareState()
    try optimizers.badSteps.set(all: skippedStepCount, inARow: badStepsInARow)
  }

  /// Trains to the end of the plan and leaves the averages, if any, in the model's parameters.
  ///
  /// - Parameter isInterrupted: Asked after every step; if true, a checkpoint is written first.
  /// - Returns: How long it took.
  /// - Throws: ``TrainingError/interrupted(step:checkpoint:)`` or
  ///   ``TrainingError/diverged(step:term:checkpoint:)``, errors of files and libtorch, and what
  ///   `isInterrupted` throws.
  public func train(isInterrupted: () throws -> Bool) throws -> Summary {
    let start = ContinuousClock.now
    let firstStep = step
    var log = try group.isFirst ? TrainingLog(folder: folder, upToStep: step) : nil
    var progress = ProgressReporter(
      "train \(modelName) seed \(plan.seed)", total: plan.stepCount, isQuiet: isQuiet)
    let imageCount = plan.imageCount(of: model)
    let loader = BatchLoader(
      dataset: dataset, batchSize: imageCount, seed: plan.seed, position: step * imageCount,
      rows: BatchShard.rows(ofBatch: imageCount, partCount: plan.partCount ?? 1, group: group))
    var monitored: Tensor?
    while step < plan.stepCount {
      let batch = TrainingBatch(
        images: try images(loader.next()), step: step, stepCount: plan.stepCount, seed: plan.seed,
        shard: BatchShard(batchSize: imageCount, group: group))
      let losses = try optimizers.step(model, batch, plan)
      step += 1
      // What one process sees on its clock or in a signal, all must act on.
      let flags = try group.any([progress.isDue, isInterrupted()])
      let (isDue, isStopping) = (flags[0], flags[1])
      let isLast = step == plan.stepCount
      let isLogged = step % plan.logInterval == 0 || isLast || step == 1
      let isSaved = step % plan.checkpointInterval == 0 || isLast || isStopping
      // Elsewhere a step waits for the one before only where something is read anyway.
      if model.store.device.isSynchronous || isLogged || isDue || isSaved {
        try countBadSteps(losses)
      }
      if isLogged || isDue {
        let terms = try termValues(losses)
        let rate = imagesPerSecond(since: start, firstStep: firstStep)
        if isLogged {
          log?.append(
            step: step, ["images_per_second": .number(rate), "terms": finiteNumbers(terms)])
        }
        try log?.flush()
        progress.update(step, detail: Self.detail(terms, rate))
      }
      if step % plan.monitorInterval == 0 || isLast {
        let images = try monitored ?? monitorImages()
        monitored = images
        try appendMonitors(images, to: &log)
        if isLast { try conclude(images) }
      }
      if isSaved {
        try log?.flush()
        try save(seconds: priorSeconds + (ContinuousClock.now - start) / .seconds(1))
      }
      if isStopping && !isLast {
        progress.finish(detail: "interrupted at step \(step)")
        throw TrainingError.interrupted(
          step: step, checkpoint: Self.checkpointPath(in: folder))
      }
    }
    let rate = imagesPerSecond(since: start, firstStep: firstStep)
    progress.finish(detail: "\(rate.fixed(0)) images/s")
    try optimizers.average?.exchange()
    return Summary(
      seconds: priorSeconds + (ContinuousClock.now - start) / .seconds(1),
      imagesPerSecond: rate, skippedStepCount: skippedStepCount)
  }

  // MARK: - One step

  /// Reads how many steps changed nothing.
  ///
  /// - Throws: ``TrainingError/diverged(step:term:checkpoint:)`` after ten in a row.
  private func countBadSteps(_ losses: [Loss]) throws {
    (skippedStepCount, badStepsInARow) = try optimizers.badSteps.read()
    guard badStepsInARow >= 10 else { return }
    let term = try termValues(losses).sorted { $0.key < $1.key }
      .first { !$0.value.isFinite }?.key
    let checkpoint = Self.checkpointPath(in: folder)
    throw TrainingError.diverged(
      step: step, term: term ?? "gradient",
      checkpoint: Checkpoint.exists(at: checkpoint) ? checkpoint : nil)
  }

  private func termValues(_ losses: [Loss]) throws -> [String: Double] {
    var values: [String: Double] = [:]
    for (index, loss) in losses.enumerated() {
      values[index == 0 ? "loss" : "loss_\(index + 1)"] = try loss.value.item()
      for term in loss.terms { values[term.name] = try term.value.mean().item() }
    }
    let names = values.keys.sorted()
    let means = try group.means(names.map { values[$0] ?? .nan })
    return Dictionary(uniqueKeysWithValues: zip(names, means))
  }

  private static func detail(_ terms: [String: Double], _ rate: Double) -> String {
    let parts = terms.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.fixed(3))" }
    return (parts + ["\(rate.fixed(0)) images/s"]).joined(separator: "  ")
  }

  private func imagesPerSecond(since start: ContinuousClock.Instant, firstStep: Int) -> Double {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let imageCount = (step - firstStep) * plan.imageCount(of: model)
    return imageCount > 0 ? Double(imageCount) / seconds : 0
  }

  private func images(_ batch: Batch) throws -> Tensor {
    try imageTensor(batch.pixels, shape: dataset.imageShape, device: model.store.device)
  }

  private func monitorImages() throws -> Tensor {
    var generator = Philox(seed: plan.seed, stream: .max)
    let indices = (0..<dataset.scaledCount(256)).map { _ in
      generator.integer(below: dataset.count)
    }
    return try imageTensor(
      dataset.pixels(at: indices), shape: dataset.imageShape, device: model.store.device)
  }

  /// Every process measures the same: the draws that this takes must leave all generators alike.
  private func appendMonitors(_ images: Tensor, to log: inout TrainingLog?) throws {
    for values in try withoutGradients({ try model.monitors(images) }) {
      log?.append(step: step, ["monitor": finiteNumbers(values)])
    }
  }

  private func conclude(_ images: Tensor) throws {
    try optimizers.average?.exchange()
    try withoutGradients { try model.conclude(images) }
    try optimizers.average?.exchange()
  }

  // MARK: - Checkpoints

  private func save(seconds: Double) throws {
    try checkAgreement()
    if group.isFirst {
      let state = Checkpoint.State(
        step: step, model: modelName, plan: plan, trainingSeconds: seconds,
        skippedStepCount: skippedStepCount,
        badStepsInARow: badStepsInARow > 0 ? badStepsInARow : nil, context: context,
        processCount: group.isJoint ? group.size : nil)
      try Checkpoint.write(
        state, model: modelState, optimizer: optimizers.state + generatorStates(),
        to: Self.checkpointPath(in: folder))
    }
    try group.barrier()
  }

  var modelState: [NamedTensor] { model.store.state + (optimizers.average?.state ?? []) }

  private func restore() throws {
    let path = Self.checkpointPath(in: folder)
    let checkpoint = try Checkpoint(folder: path)
    guard checkpoint.state.model == modelName else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "it is of '\(checkpoint.state.model)', not of '\(modelName)'")
    }
    guard checkpoint.state.context == context else {
      throw TrainingError.badCheckpoint(
        path: path,
        reason: "it is of another '\(modelName)': "
          + differences(checkpoint.state.context, context).joined(separator: ", "))
    }
    guard checkpoint.state.plan == plan else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "it was trained with other settings; use another --out folder")
    }
    try Torch.restore(modelState, from: checkpoint.model)
    try restoreOptimizers(from: checkpoint.optimizer)
    step = checkpoint.state.step
    priorSeconds = checkpoint.state.trainingSeconds
    skippedStepCount = checkpoint.state.skippedStepCount
    badStepsInARow = checkpoint.state.badStepsInARow ?? 0
  }

  /// What a checkpoint's model was built for and this one was not.
  private func differences(_ found: JSONValue, _ expected: JSONValue) -> [String] {
    guard case .object(let found) = found, case .object(let expected) = expected else { return [] }
    return Set(found.keys).union(expected.keys).sorted().compactMap { name in
      guard found[name] != expected[name] else { return nil }
      func text(_ value: JSONValue?) -> String { (try? value?.text()) ?? "nothing" }
      return "\(name) is \(text(found[name])) there and \(text(expected[name])) here"
    }
  }

  func restoreOptimizers(from file: SafetensorsFile) throws {
    try Torch.restore(optimizers.state, from: file)
    for device in generatorDevices {
      let state = try file.tensor("generator.\(device.kindName)")
      try TorchRandom.setState(state.elements(as: UInt8.self), of: device)
    }
  }

  private var generatorDevices: [Device] {
    model.store.device == .cpu ? [.cpu] : [.cpu, model.store.device]
  }

  func generatorStates() throws -> [NamedTensor] {
    try generatorDevices.map { device in
      let state = try TorchRandom.state(of: device)
      return NamedTensor(
        name: "generator.\(device.kindName)", tensor: try Tensor(state, shape: [state.count]))
    }
  }
}

/// Pixels [image, height, width, channel] in 0…255 as images in [0, 1],
/// [image, channel, height, width], channels-last in memory.
func imageTensor(_ pixels: [UInt8], shape: ImageShape, device: Device) throws -> Tensor {
  let count = pixels.count / shape.byteCount
  let bytes = try Tensor.uploaded(
    pixels, shape: [count, shape.height, shape.width, shape.channelCount], to: device)
  return try bytes.permuted([0, 3, 1, 2]).to(.float32) / 255
}

/// Numbers by name as JSON, which has none for infinities: those become `null`.
private func finiteNumbers(_ values: [String: Double]) -> JSONValue {
  .object(values.mapValues { $0.isFinite ? JSONValue.number($0) : JSONValue.null })
}
