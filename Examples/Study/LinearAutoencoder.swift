import Datasets
import Reference
import Torch

/// A model as another package would bring it: images to latents and back with one matrix each.
final class LinearAutoencoder: TrainableModel, RepresentationModel {
  let store: ParameterStore
  let latentCount: Int
  private let context: ModelContext
  private let encoder: Linear
  private let decoder: Linear
  private let rateWeight: Double

  init(_ context: ModelContext, rateWeight: Double) throws {
    self.context = context
    self.rateWeight = rateWeight
    store = ParameterStore(device: context.device)
    latentCount = context.latentCount
    let pixelCount = context.imageShape.byteCount
    encoder = try Linear(store.root.scope("encoder"), input: pixelCount, output: latentCount)
    decoder = try Linear(store.root.scope("decoder"), input: latentCount, output: pixelCount)
  }

  var optimizerGroups: [OptimizerGroup] {
    [OptimizerGroup(name: "model", options: Adam.Options(learningRate: context.learningRate))]
  }

  func losses(_ batch: TrainingBatch) throws -> [Loss] {
    let latents = try encoder(batch.images.flattened())
    let errors = try (decoder(latents) - batch.images.flattened()).squared()
    let reconstruction = try errors.sum([1]).mean()
    let rate = try latents.squared().sum([1]).mean() * 0.5
    return [
      Loss(
        try reconstruction + rate * rateWeight,
        terms: [("reconstruction", reconstruction), ("kl", rate)])
    ]
  }

  func points() throws -> [RepresentationPoint] { [RepresentationPoint(label: "mean")] }

  func encode(_ images: Tensor, at point: RepresentationPoint) throws -> Encoding {
    let latents = try encoder(images.flattened())
    return Encoding(mean: latents, rate: try latents.squared().sum([1]) * 0.5)
  }

  func decode(_ latents: Tensor, at point: RepresentationPoint) throws -> Tensor {
    let shape = context.imageShape
    return try decoder(latents).clamped(from: 0, to: 1)
      .reshaped([-1, shape.channelCount, shape.height, shape.width])
  }
}

extension ModelDefinition {
  static let linearAutoencoder = ModelDefinition(
    name: "linear-autoencoder", summary: "images to latents and back with one matrix each",
    options: [.number("weight", 1, in: 0...1000, "weight of the squared latents")]
  ) { context, options in
    try LinearAutoencoder(context, rateWeight: options.number("weight"))
  }
}
