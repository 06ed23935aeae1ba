import BenchSupport
public import Datasets
public import Disentanglement
public import Torch

/// A fixed random sample of a dataset's observations, with factors or attributes where the dataset has
/// them.
///
/// Drawn uniformly with replacement, as the reference metrics do, from a seed that does not depend
/// on the model: every model is scored on the same observations.
public struct ObservationSample: Sendable {
  /// The images' indices in the dataset.
  public let indices: [Int]
  /// Their factors of more than one value.
  public let factors: Factors?
  /// Their binary attributes.
  public let attributes: Attributes?
  /// Further images, for the metrics that test what they fitted to the others; as ``indices``.
  public let testIndices: [Int]
  /// The factors of the further images.
  public let testFactors: Factors?
  private let dataset: any ImageDataset

  /// Draws `count` observations and, of datasets with factors, half as many to test on, if wanted: the 10,000
  /// and 5,000 of disentanglement_lib's configurations.
  ///
  /// The first do not depend on whether there are others.
  public init(
    _ dataset: any ImageDataset, count: Int, seed: UInt64, hasTest: Bool = true
  ) throws {
    self.dataset = dataset
    var generator = Philox(seed: seed, stream: 0x5A3B_1E00)
    let drawn = (0..<count).map { _ in generator.integer(below: dataset.count) }
    indices = drawn
    factors = try (dataset as? any FactorDataset).flatMap { try Self.factors($0, drawn) }
    let tested =
      factors == nil || !hasTest
      ? [] : (0..<count / 2).map { _ in generator.integer(below: dataset.count) }
    testIndices = tested
    testFactors =
      tested.isEmpty
      ? nil : try (dataset as? any FactorDataset).flatMap { try Self.factors($0, tested) }
    attributes = try (dataset as? any AttributeDataset).map { dataset in
      try Attributes(
        rows: drawn.flatMap { dataset.attributes(at: $0).map { $0 ? 1 : 0 } },
        attributeCount: dataset.attributeNames.count, names: dataset.attributeNames)
    }
  }

  /// The factors that vary; one with a single value, such as the colour of dSprites, says nothing.
  private static func factors(_ dataset: any FactorDataset, _ indices: [Int]) throws -> Factors? {
    let varied = dataset.factorSizes.indices.filter { dataset.factorSizes[$0] > 1 }
    guard !varied.isEmpty else { return nil }
    let rows = indices.flatMap { index in
      let values = dataset.factors(at: index)
      return varied.map { values[$0] }
    }
    return try Factors(
      rows: rows, factorCount: varied.count, sizes: varied.map { dataset.factorSizes[$0] },
      names: varied.map { dataset.factorNames[$0] })
  }

  /// Calls `body` with batches of images in [0, 1], in order: of 250 images of 64×64, of fewer larger
  /// ones; ``indices``, or those given.
  func forEachBatch(
    of wanted: [Int]? = nil, on device: Device, _ body: (Tensor) throws -> Void
  ) throws {
    let wanted = wanted ?? indices
    let size = dataset.imageShape.scaledCount(250)
    for start in stride(from: 0, to: wanted.count, by: size) {
      let part = Array(wanted[start..<min(start + size, wanted.count)])
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

extension ImageShape {
  /// How many images of this shape have as many pixels as `count` of 64×64; at least 4, and no more
  /// than `count`.
  func scaledCount(_ count: Int) -> Int {
    min(count, max(4, count * 64 * 64 / (height * width)))
  }
}

extension ImageDataset {
  /// How many images to measure something on: `count` of 64×64, fewer larger ones, and no more than
  /// there are.
  package func scaledCount(_ count: Int) -> Int { min(self.count, imageShape.scaledCount(count)) }
}
