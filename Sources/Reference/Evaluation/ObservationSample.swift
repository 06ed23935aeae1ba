import BenchSupport
public import Datasets
public import Disentanglement
public import Torch

/// A fixed random sample of a dataset's observations, with factors where the dataset has them.
///
/// Drawn uniformly with replacement, as the reference metrics do, from a seed that does not depend
/// on the model: every model is scored on the same observations.
public struct ObservationSample: Sendable {
  /// The images' indices in the dataset.
  public let indices: [Int]
  /// Their factors.
  public let factors: Factors?
  private let dataset: any ImageDataset

  /// Draws `count` observations.
  public init(_ dataset: any ImageDataset, count: Int, seed: UInt64) throws {
    self.dataset = dataset
    var generator = Philox(seed: seed, stream: 0x5A3B_1E00)
    let drawn = (0..<count).map { _ in generator.integer(below: dataset.count) }
    indices = drawn
    factors = try (dataset as? any FactorDataset).map { factored in
      try Factors(
        rows: drawn.flatMap { factored.factors(at: $0) }, factorCount: factored.factorSizes.count,
        sizes: factored.factorSizes, names: factored.factorNames)
    }
  }

  /// Calls `body` with batches of images in [0, 1], in order.
  func forEachBatch(
    _ range: Range<Int>? = nil, size: Int = 250, on device: Device, _ body: (Tensor) throws -> Void
  ) throws {
    let range = range ?? indices.indices
    for start in stride(from: range.lowerBound, to: range.upperBound, by: size) {
      let part = Array(indices[start..<min(start + size, range.upperBound)])
      try body(
        imageTensor(dataset.pixels(at: part), shape: dataset.imageShape, device: device))
    }
  }

  /// The first `count` images in [0, 1], [image, channel, height, width].
  public func images(_ count: Int, on device: Device) throws -> Tensor {
    try imageTensor(
      dataset.pixels(at: Array(indices.prefix(count))), shape: dataset.imageShape, device: device)
  }
}
