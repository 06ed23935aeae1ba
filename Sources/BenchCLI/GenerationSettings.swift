import Reference
import Torch

/// Everything beyond the first stage that decides what a run's samples are and how they score.
struct GenerationSettings: Codable, Equatable {
  /// Number of samples.
  var sampleCount: Int
  /// Images of the dataset that are the reference set, at most.
  var referenceCount: Int
  /// The id of how features are made.
  var featureProtocol: String
  /// What stands in the place of the dataset's images.
  var reference: String?
  /// The sampler, by name.
  var sampler: String
  /// Its number of steps.
  var samplingSteps: Int
  /// How they are spaced.
  var grid: String
  /// The second stage; models without one ignore it.
  var denoiser: DiffusionOptions
  /// How it is trained.
  var denoiserPlan: TrainingPlan
  /// Whether a tuned decoder is passed over.
  var usesOriginalDecoder = false
  /// The decoder's tuning, if it is wanted.
  var decoder: DecoderTuning.Options?
  /// How it is trained.
  var decoderPlan: TrainingPlan?
  /// The minutes that the numbers of steps were chosen for.
  var minutes: Double?
  /// The run whose trained stages are taken over.
  var checkpoint: String?

  enum CodingKeys: String, CodingKey {
    case reference, sampler, grid, denoiser, decoder, minutes, checkpoint
    case sampleCount = "sample_count"
    case referenceCount = "reference_count"
    case featureProtocol = "features"
    case samplingSteps = "sampling_steps"
    case usesOriginalDecoder = "original_decoder"
    case denoiserPlan = "denoiser_training"
    case decoderPlan = "decoder_training"
  }

  /// How to sample.
  var sampling: SamplingOptions {
    SamplingOptions(
      sampler: Sampler(name: sampler) ?? .ddim(eta: 0), stepCount: samplingSteps,
      grid: SamplingGrid(rawValue: grid) ?? .uniform, seed: denoiserPlan.seed)
  }
}

extension GenerationSettings {
  /// The settings of a run that says nothing special about sampling and tunes no decoder.
  init(
    sampleCount: Int, _ scoring: SampleScoring.Settings, featureProtocol: String,
    denoiser: DiffusionOptions, denoiserPlan: TrainingPlan
  ) {
    let sampling = SamplingOptions()
    self.init(
      sampleCount: sampleCount, referenceCount: scoring.referenceCount,
      featureProtocol: featureProtocol, reference: scoring.reference,
      sampler: sampling.sampler.name, samplingSteps: sampling.stepCount,
      grid: sampling.grid.rawValue, denoiser: denoiser, denoiserPlan: denoiserPlan)
  }
}

/// Optimiser steps of every stage.
struct StageSteps: Equatable {
  var first: Int
  var second: Int
  var decoder: Int
}

extension Preset {
  /// Steps of a run that generates.
  var stageSteps: StageSteps {
    switch self {
    case .smoke: StageSteps(first: 150, second: 150, decoder: 20)
    case .quick: StageSteps(first: 2000, second: 4000, decoder: 500)
    case .paper: StageSteps(first: 300_000, second: 300_000, decoder: 50_000)
    }
  }

  /// Samples that are drawn and scored.
  var generatedCount: Int {
    switch self {
    case .smoke: 500
    case .quick: 5000
    case .paper: 50_000
    }
  }

  /// Images of the reference set, at most.
  var referenceCount: Int {
    switch self {
    case .smoke: 1000
    case .quick: 10_000
    case .paper: 250_000
    }
  }
}
