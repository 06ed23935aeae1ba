import Datasets
import Disentanglement
package import LinearAlgebra
package import Reference
import Torch

/// How far the encoders of several trained models agree with each other's generated images, which is all that
/// ModelCentrality needs; no labels and no images of a dataset but those that pick a point on a model's β axis.
package struct CentralityMeasurement {
  /// How many images are drawn of every model.
  package struct Sizes: Sendable {
    /// Groups that hold one latent each, the latents in turn.
    package var groupCount = 500
    /// Images of a group.
    package var groupSize = 100
    /// Images that hold nothing, for the spreads.
    package var freeCount = 10_000

    /// As many as InfoGAN-CR's code takes, but for the images that hold nothing, of which that has a tenth of the dataset.
    package init() {}

    var total: Int { groupCount * groupSize + freeCount }
  }

  /// A model and where on its β axis it encodes.
  private struct Encoder {
    let model: ModelDefinition.Model
    let point: RepresentationPoint
  }

  private let encoders: [Encoder]
  private let sizes: Sizes
  private let seed: UInt64

  /// Images that are drawn and encoded for every model.
  package var imageCount: Int { sizes.total * encoders.count }

  /// Prepares a comparison.
  ///
  /// - Parameters:
  ///   - models: Trained models of one dataset.
  ///   - sizes: How many images are drawn.
  ///   - seed: Of the draws.
  ///   - sample: Observations on which a model of several points is read, to pick one without labels.
  /// - Throws: ``ExperimentError/notComparable(model:reason:)`` for models of other images, or whose latents have no
  ///   axes of their own to hold, and errors of the model.
  package init(
    _ models: [TrainedModel], sizes: Sizes, seed: UInt64, sample: () throws -> ObservationSample
  ) throws {
    try requireOneDataset(models)
    for trained in models {
      guard trained.specification.definition.sampling?.drawsFromPrior ?? true else {
        throw ExperimentError.notComparable(
          model: trained.label,
          reason: "its images need its later stages, whose noise is not its latents")
      }
      guard trained.specification.definition.readout == .raw else {
        throw ExperimentError.notComparable(
          model: trained.label,
          reason: "its latents have no axes of their own, of which one could be held fixed")
      }
    }
    encoders = try models.map { trained in
      let points = try trained.model.points()
      let place =
        points.count == 1
        ? 0
        : try labelFreePick(
          measure(trained.model, at: points, on: sample(), device: trained.model.store.device))
      return Encoder(model: trained.model, point: points[place])
    }
    self.sizes = sizes
    self.seed = seed
  }

  /// The agreement of encoder i with the images of model j, [i, j].
  ///
  /// - Parameter progress: Called before each batch with the number of images done.
  /// - Returns: The matrix.
  /// - Throws: Errors of the models and of metrics, and what `progress` throws.
  package func agreements(progress: (Int) throws -> Void) throws -> Matrix<Double> {
    let columns = try encoders.indices.map { generator in
      try column(of: generator) { try progress(generator * sizes.total + $0) }
    }
    return Matrix(
      rowCount: encoders.count, columnCount: encoders.count,
      elements: encoders.indices.flatMap { encoder in columns.map { $0[encoder] } })
  }

  /// The agreement of all encoders with the images of one model.
  private func column(of generator: Int, progress: (Int) throws -> Void) throws -> [Double] {
    let model = encoders[generator].model
    let held = (0..<sizes.groupCount).map { $0 % model.latentCount }
    var groups = encoders.map { _ in [Float]() }
    var free = groups
    try withoutGradients {
      for start in stride(from: 0, to: sizes.total, by: sizes.groupSize) {
        try progress(start)
        let group = start / sizes.groupSize
        let isFree = group >= sizes.groupCount
        let numbers = start..<min(start + sizes.groupSize, sizes.total)
        let images = try model.sample(
          noise(of: model, numbers, holding: isFree ? nil : held[group]))
        for (index, encoder) in encoders.enumerated() {
          let codes: [Float] = try encoder.model.encode(images, at: encoder.point).mean.elements()
          if isFree { free[index] += codes } else { groups[index] += codes }
        }
      }
    }
    return try encoders.indices.map { index in
      let width = encoders[index].model.latentCount
      func codes(_ elements: [Float]) throws -> Codes {
        try Codes(
          Matrix(rowCount: elements.count / width, columnCount: width, elements: elements))
      }
      return try FixedCodeVotes(
        groups: codes(groups[index]), holding: held, of: model.latentCount, free: codes(free[index])
      ).agreement
    }
  }

  /// The noise of samples by their numbers; one latent is the first sample's in all of them.
  private func noise(
    of model: ModelDefinition.Model, _ numbers: Range<Int>, holding latent: Int?
  ) throws -> Tensor {
    var source = SampleNoise(
      seed: seed, samples: numbers, width: model.noiseCount, device: model.store.device)
    let noise = try source.next()
    guard let latent else { return noise }
    try noise.narrowed(1, start: latent, count: 1).copyInPlace(
      noise.narrowed(0, start: 0, count: 1).narrowed(1, start: latent, count: 1).cloned())
    return noise
  }
}
