package import BenchSupport
import Torch

extension ModelStage {
  /// The diffusion model of codes.
  static let codes = ModelStage(name: "2", folder: "codes", label: CodeDiffusion.name) {
    (model: any CodedDiffusion, _, options) in
    try CodeDiffusion(model, .init(options[DiffusionOptions.self] ?? DiffusionOptions()))
  }
}

extension ModelSampling {
  /// From noise to a code with the second stage, and with the code from noise to an image.
  static let codeDiffusion = ModelSampling(drawsFromPrior: true, takesOptions: false) {
    trained, folders, options, _ in
    guard let model = trained.model as? any CodedDiffusion else {
      preconditionFailure("the stage 'codes' is listed for '\(trained.label)'")
    }
    let checkpoint = try folders.checkpoint(of: .codes)
    let stage = try CodeDiffusion(
      model, folders.options(CodeDiffusion.Options.self, of: .codes, in: checkpoint))
    try restore(stage.trainedState, from: checkpoint.model)
    return ImageGenerator(stage, noiseCount: model.noiseCount, seed: options.seed)
  } untrained: { model, context, stages, options in
    guard let stage = try ModelStage.codes.make(on: model, context, stages) as? CodeDiffusion
    else { preconditionFailure("the stage 'codes' makes another model") }
    return ImageGenerator(stage, noiseCount: model.noiseCount, seed: options.seed)
  }
}

extension ImageGenerator {
  fileprivate init(_ stage: CodeDiffusion, noiseCount: Int, seed: UInt64) {
    self.init { samples, _ in
      var noise = SampleNoise(
        seed: seed, samples: samples, width: noiseCount, device: stage.store.device)
      return try stage.images(ofNoise: noise.next())
    }
  }
}

extension CodeDiffusion: StageModel {
  /// The choices made.
  package func optionsJSON() throws -> JSONValue { try JSONValue(encoding: options) }
}

extension CodeDiffusion.Options {
  /// What the choices of second stages say of this one.
  fileprivate init(_ options: DiffusionOptions) {
    self.init()
    width = options.width
    learningRate = options.learningRate
    averageDecay = options.averageDecay
  }
}
