import BenchSupport
public import Datasets
public import Torch

/// How long one thing takes, over repeated measurements.
public struct Timing: Sendable {
  /// Seconds of each repetition.
  public let seconds: [Double]
  /// Floating-point operations of one repetition in convolutions and matrix products; nil where they were not
  /// counted.
  public let operations: Int?

  /// The middle one of the repetitions.
  public var median: Double { seconds.sorted()[seconds.count / 2] }
  /// The spread from the first to the third quartile.
  public var interquartileRange: Double {
    let sorted = seconds.sorted()
    return sorted[3 * (sorted.count - 1) / 4] - sorted[(sorted.count - 1) / 4]
  }

  /// Calls `body` a few times unmeasured, then `count` times measured.
  ///
  /// - Parameters:
  ///   - count: Measured calls.
  ///   - warmUp: Calls before them.
  ///   - counter: Counts the operations of the first call of the warm-up, which is then at least one.
  ///   - body: What is measured.
  /// - Throws: Errors of `body` and of the counter.
  package init(
    count: Int, warmUp: Int = 3, counter: OperationCounter? = nil, _ body: () throws -> Void
  ) throws {
    operations = try counter?.count(body)
    for _ in 0..<(counter == nil ? warmUp : warmUp - 1) { try body() }
    var seconds: [Double] = []
    for _ in 0..<count {
      let start = ContinuousClock.now
      try body()
      seconds.append((ContinuousClock.now - start) / .seconds(1))
    }
    self.seconds = seconds
  }
}

/// Times a model's whole optimiser step on a fixed batch of random images, 64×64×3.
public func timeTrainingStep(
  _ specification: ModelSpecification, batchSize: Int, count: Int, precision: Precision,
  device: Device
) throws -> Timing {
  try TorchRandom.seed(0)
  let dataset = Scenes3D()
  let context = ModelContext(
    dataset: dataset, latentCount: 10, learningRate: 1e-4, device: device)
  return try timeTrainingStep(
    specification.make(context), dataset: dataset,
    plan: TrainingPlan(stepCount: 1, batchSize: batchSize, seed: 0, precision: precision),
    count: count)
}

/// Times a model's whole optimiser step, as a plan has it, on a dataset's first images.
///
/// - Parameters:
///   - model: The model, whose parameters move.
///   - dataset: Where the images are from.
///   - plan: How it is trained.
///   - count: Measured steps.
///   - warmUp: Steps before them.
///   - position: The number of the first of these steps, and of all.
/// - Returns: The times.
/// - Throws: Errors of the dataset and of libtorch.
public func timeTrainingStep(
  _ model: any TrainableModel, dataset: any ImageDataset, plan: TrainingPlan, count: Int,
  warmUp: Int = 3, at position: (step: Int, of: Int) = (0, 300_000)
) throws -> Timing {
  let optimizers = try TrainingOptimizers(model)
  let device = model.store.device
  let indices = (0..<plan.imageCount(of: model)).map { $0 % dataset.count }
  let images = try imageTensor(
    dataset.pixels(at: indices), shape: dataset.imageShape, device: device)
  var step = position.step
  return try Timing(count: count, warmUp: max(1, warmUp), counter: .tensors) {
    _ = try optimizers.step(
      model, TrainingBatch(images: images, step: step, stepCount: position.of, seed: plan.seed),
      plan)
    step += 1
    try device.synchronize()
  }
}
