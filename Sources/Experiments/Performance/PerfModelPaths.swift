import Datasets
import Reference
import Torch

/// Training, encoding, decoding and sampling, on rendered scenes of 64×64×3.
struct PerfModelPaths {
  let settings: PerfSettings

  /// Images of an encoded or decoded batch.
  private static let evaluationBatch = 250
  /// Models whose evaluation is measured: the baselines share one encoder and one decoder.
  private static let evaluated = ["beta-vae", "multi-beta-vae"]
  private static let sampleCount = 64

  var paths: [PerfPath] {
    let training = ModelCatalog.all.map { model in
      PerfPath(name: "train:\(model.name)", itemCount: 64) {
        try timeTrainingStep(
          ModelSpecification(parsing: model.name), batchSize: 64, count: settings.repeats,
          precision: settings.precision, device: settings.openDevice())
      }
    }
    let evaluation = Self.evaluated.flatMap { name in
      [
        PerfPath(name: "encode:\(name)", itemCount: Self.evaluationBatch) { try encoding(name) },
        PerfPath(name: "decode:\(name)", itemCount: Self.evaluationBatch) { try decoding(name) },
      ]
    }
    let denoiser = [
      PerfPath(name: "train:denoiser", itemCount: 64, measure: denoiserTraining),
      PerfPath(name: "sample:denoiser", itemCount: Self.sampleCount, measure: sampling),
    ]
    return training + evaluation + denoiser
  }

  private func context() throws -> ModelContext {
    ModelContext(
      dataset: Scenes3D(), latentCount: 10, learningRate: 1e-4, device: try settings.openDevice())
  }

  private func model(_ name: String) throws -> ModelDefinition.Model {
    try TorchRandom.seed(0)
    return try ModelSpecification(parsing: name).make(context())
  }

  private func images() throws -> Tensor {
    try ObservationSample(Scenes3D(), count: Self.evaluationBatch, seed: 0)
      .images(Self.evaluationBatch, on: settings.openDevice())
  }

  private func encoding(_ name: String) throws -> Timing {
    let model = try model(name)
    let images = try images()
    let point = try model.sharpestPoint()
    return try withoutGradients {
      try settings.timing(counting: .tensors) {
        _ = try model.encode(images, at: point).mean.elements()
      }
    }
  }

  private func decoding(_ name: String) throws -> Timing {
    let model = try model(name)
    let point = try model.sharpestPoint()
    let latents = try Tensor.normal(
      [Self.evaluationBatch, model.latentCount], device: settings.openDevice())
    return try withoutGradients {
      try settings.timing(counting: .tensors) {
        _ = try model.decode(latents, at: point).elements()
      }
    }
  }

  /// The paper's second stage on an untrained first one: the cost does not depend on the weights.
  private func denoiserTraining() throws -> Timing {
    guard
      let model = try ModelStage.denoiser.make(
        on: model("multi-beta-vae"), context(), StageOptions()) as? LatentDiffusion
    else { preconditionFailure("the stage 'denoiser' makes another model") }
    try model.prepare(images())
    return try timeTrainingStep(
      model, dataset: Scenes3D(),
      plan: TrainingPlan(stepCount: 1, batchSize: 64, seed: 0, precision: settings.precision),
      count: settings.repeats)
  }

  /// Twenty steps from noise to latents, and the decoder.
  private func sampling() throws -> Timing {
    let generator = try ModelCatalog.definition(named: "multi-beta-vae").untrainedGenerator(
      model("multi-beta-vae"), context(), StageOptions(),
      SamplingOptions(sampler: .ofCodes, stepCount: 20))
    return try settings.timing(counting: .tensors) {
      _ = try generator.images(0..<Self.sampleCount).elements()
    }
  }
}
