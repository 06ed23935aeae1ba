import BenchSupport
import Datasets
public import Torch

/// How long one thing takes, over repeated measurements.
public struct Timing: Sendable {
  /// Seconds of each repetition.
  public let seconds: [Double]

  /// The middle one of the repetitions.
  public var median: Double { seconds.sorted()[seconds.count / 2] }
  /// The spread from the first to the third quartile.
  public var interquartileRange: Double {
    let sorted = seconds.sorted()
    return sorted[3 * (sorted.count - 1) / 4] - sorted[(sorted.count - 1) / 4]
  }

  /// Calls `body` a few times unmeasured, then `count` times measured.
  public init(count: Int, warmUp: Int = 3, _ body: () throws -> Void) rethrows {
    for _ in 0..<warmUp { try body() }
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
  let setting = ModelSetting(dataset: dataset, latentCount: 10, learningRate: 1e-4)
  let model = try specification.make(setting.context(on: device))
  let optimizers = try TrainingOptimizers(model)
  let images = try imageTensor(
    dataset.pixels(at: Array(0..<batchSize * model.batchesPerStep)), shape: dataset.imageShape,
    device: device)
  var step = 0
  return try Timing(count: count) {
    let batch = TrainingBatch(images: images, step: step, stepCount: 300_000, seed: 0)
    let losses = try withPrecision(precision, on: device) { try model.losses(batch) }
    step += 1
    try optimizers.step(losses, number: step)
    try device.synchronize()
  }
}
