package import Datasets
package import Reference
import Torch

/// Everything beyond the first stage that decides what a run's samples are and how they score.
package struct GenerationSettings: Codable, Equatable {
  /// Number of samples.
  package var sampleCount: Int
  /// Images of the dataset that are the reference set, at most.
  package var referenceCount: Int
  /// Images of the dataset that no stage is trained on.
  package var heldOutCount: Int?
  /// The id of how features are made.
  package var featureProtocol: String
  /// What stands in the place of the dataset's images.
  package var reference: String?
  /// The sampler.
  package var sampler: Sampler
  /// Its number of steps.
  package var samplingSteps: Int
  /// How they are spaced.
  package var grid: SamplingGrid
  /// The second stage; models without one ignore it.
  package var denoiser: DiffusionOptions
  /// How it is trained.
  package var denoiserPlan: TrainingPlan
  /// Whether a tuned decoder is passed over.
  package var usesOriginalDecoder = false
  /// The decoder's tuning, if it is wanted.
  package var decoder: DecoderTuning.Options?
  /// How it is trained.
  package var decoderPlan: TrainingPlan?
  /// The minutes that the numbers of steps were chosen for.
  package var minutes: Double?
  /// The run whose trained stages are taken over.
  package var checkpoint: String?

  /// Describes all settings.
  package init(
    sampleCount: Int, referenceCount: Int, heldOutCount: Int? = nil, featureProtocol: String,
    reference: String? = nil,
    sampler: Sampler, samplingSteps: Int, grid: SamplingGrid, denoiser: DiffusionOptions,
    denoiserPlan: TrainingPlan, usesOriginalDecoder: Bool = false,
    decoder: DecoderTuning.Options? = nil, decoderPlan: TrainingPlan? = nil, minutes: Double? = nil,
    checkpoint: String? = nil
  ) {
    self.sampleCount = sampleCount
    self.referenceCount = referenceCount
    self.heldOutCount = heldOutCount
    self.featureProtocol = featureProtocol
    self.reference = reference
    self.sampler = sampler
    self.samplingSteps = samplingSteps
    self.grid = grid
    self.denoiser = denoiser
    self.denoiserPlan = denoiserPlan
    self.usesOriginalDecoder = usesOriginalDecoder
    self.decoder = decoder
    self.decoderPlan = decoderPlan
    self.minutes = minutes
    self.checkpoint = checkpoint
  }

  package enum CodingKeys: String, CodingKey {
    case reference, sampler, grid, denoiser, decoder, minutes, checkpoint
    case sampleCount = "sample_count"
    case referenceCount = "reference_count"
    case heldOutCount = "held_out_count"
    case featureProtocol = "features"
    case samplingSteps = "sampling_steps"
    case usesOriginalDecoder = "original_decoder"
    case denoiserPlan = "denoiser_training"
    case decoderPlan = "decoder_training"
  }

  /// How a later stage is trained; nil for an optional one that is not wanted.
  package func plan(of stage: ModelStage) -> TrainingPlan? {
    stage.isOptional ? decoderPlan : denoiserPlan
  }

  /// The choices of later stages.
  package var stageOptions: StageOptions {
    var options = StageOptions()
    options[DiffusionOptions.self] = denoiser
    options[DecoderTuning.Options.self] = decoder
    return options
  }

  /// How to sample.
  package var sampling: SamplingOptions {
    SamplingOptions(
      sampler: sampler, stepCount: samplingSteps, grid: grid, seed: denoiserPlan.seed)
  }
}

extension GenerationSettings {
  /// The settings of a run that says nothing special about sampling and tunes no decoder.
  package init(
    _ samples: SampleSettings, _ preset: Preset, featureProtocol: String,
    denoiserPlan: TrainingPlan
  ) {
    let sampling = SamplingOptions(sampler: .fromNoise)
    self.init(
      sampleCount: samples.sampleCount ?? preset.generatedCount,
      referenceCount: samples.referenceCount ?? preset.referenceCount,
      featureProtocol: featureProtocol, reference: samples.reference,
      sampler: sampling.sampler, samplingSteps: sampling.stepCount, grid: sampling.grid,
      denoiser: preset.diffusionOptions, denoiserPlan: denoiserPlan)
  }
}

/// How much the stages of a run that generates are trained.
package struct GenerationBudget: Equatable {
  /// Optimiser steps of the autoencoder.
  package var first: Int
  /// Optimiser steps of the denoiser.
  package var second: Int
  /// Optimiser steps of the decoder's tuning.
  package var decoder: Int
  /// The learning rate of Adam in the first stage.
  package var firstLearningRate: Double
}

extension Preset {
  /// What a run that generates is trained for.
  ///
  /// Its first stage takes more than one that is scored for its representation: at β = 0 the decoder
  /// has to be as sharp as the images, or no sample can pass for one of them (docs/denoiser.md).
  /// Nets for larger images take minutes for steps that take the study's nets seconds, and keep to
  /// fewer.
  package func generationBudget(for dataset: any ImageDataset) -> GenerationBudget {
    switch self {
    case .smoke:
      GenerationBudget(first: 150, second: 150, decoder: 20, firstLearningRate: learningRate)
    case .quick where dataset.imageShape.height > 64:
      GenerationBudget(first: 2000, second: 4000, decoder: 500, firstLearningRate: learningRate)
    case .quick:
      GenerationBudget(first: 12_000, second: 4000, decoder: 500, firstLearningRate: 1e-3)
    case .standard where dataset.imageShape.height > 64:
      GenerationBudget(
        first: 20_000, second: 20_000, decoder: 2000, firstLearningRate: learningRate)
    case .standard:
      GenerationBudget(first: 20_000, second: 20_000, decoder: 2000, firstLearningRate: 1e-3)
    case .paper:
      GenerationBudget(
        first: 300_000, second: 300_000, decoder: 50_000, firstLearningRate: learningRate)
    }
  }

  /// The second stage where nothing else is said.
  package var diffusionOptions: DiffusionOptions {
    var options = DiffusionOptions()
    options.learningRate = learningRate
    options.averageDecay = averageDecay
    return options
  }

  /// The model that generates where none is named: the paper's, and in the quick and standard presets the one that
  /// learns sharp images in fewer steps, with t spread by information (docs/study.md).
  package var generatedModel: String {
    self == .quick || self == .standard ? "multi-beta-vae:times=logit" : "multi-beta-vae"
  }

  /// Samples that are drawn and scored.
  package var generatedCount: Int {
    switch self {
    case .smoke: 500
    case .quick: 5000
    case .standard: 10_000
    case .paper: 50_000
    }
  }

  /// Images of the reference set, at most.
  package var referenceCount: Int {
    switch self {
    case .smoke: 1000
    case .quick, .standard: 10_000
    case .paper: 250_000
    }
  }
}
