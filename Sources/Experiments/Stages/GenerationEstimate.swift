package import BenchSupport
import Datasets
package import GenerationMetrics
import Reference
import Results
import Torch

/// What one run takes, from a short probe of every part before it starts.
package struct GenerationEstimate {
  /// One stage of training.
  package struct Stage {
    package let stage: TrainingStage
    package let secondsPerStep: Double
    package var stepCount: Int
    package var seconds: Double { secondsPerStep * Double(stepCount) }
  }

  private(set) var stages: [Stage] = []
  private let samplingSeconds: Double
  private let scoringSeconds: Double
  private let stateBytes: Int
  private let peakMemoryBytes: Int?
  private let configuration: RunConfiguration
  private let model: String

  /// Probes a run.
  ///
  /// - Parameters:
  ///   - run: What is to be run; only its configuration is looked at, not its folder.
  ///   - extractor: What makes the features.
  /// - Throws: Errors of the model, the dataset and libtorch.
  package init(_ run: ModelRun, _ extractor: FeatureExtractor) async throws {
    configuration = run.configuration
    model = run.specification.label
    guard let settings = run.configuration.generation else {
      preconditionFailure("a run without samples has no estimate")
    }
    let dataset = run.dataset
    let setting = ModelSetting(
      dataset: dataset, latentCount: configuration.latentCount,
      learningRate: configuration.learningRate)
    let wanted: Set<TrainingStage> = settings.decoder == nil ? [.all] : [.all, .decoder]
    let training = StageTraining(
      dataset: dataset, folder: run.folder, device: run.device, plan: configuration.plan,
      environment: run.environment)
    let probes = try training.dryRuns(
      wanted, run.specification, setting, denoiser: settings.denoiser,
      decoder: settings.decoder ?? DecoderTuning.Options())
    stages = zip(Self.stages(configuration), probes).map { stage, probe in
      Stage(stage: stage.0, secondsPerStep: probe.secondsPerStep, stepCount: stage.1)
    }
    stateBytes = probes.map(\.stateBytes).max() ?? 0
    let memory = PeakMemory()
    samplingSeconds = try Self.samplingSeconds(run, settings, setting)
    scoringSeconds = try await Self.scoringSeconds(dataset, settings, extractor)
    peakMemoryBytes = (probes.map(\.peakMemoryBytes) + [memory.bytes]).compactMap(\.self).max()
  }

  private static func stages(_ configuration: RunConfiguration) -> [(TrainingStage, Int)] {
    let settings = configuration.generation
    return [
      (.first, configuration.plan.stepCount), (.second, settings?.denoiserPlan.stepCount ?? 0),
      (.decoder, settings?.decoderPlan?.stepCount ?? 0),
    ]
  }

  private static func samplingSeconds(
    _ run: ModelRun, _ settings: GenerationSettings, _ setting: ModelSetting
  ) throws -> Double {
    let model = try run.specification.make(setting.context(on: run.device))
    let drawing = SampleDrawing(
      generator: .prior(model, seed: 0), shape: run.dataset.imageShape, isQuiet: true)
    let size = min(drawing.batchSize, settings.sampleCount, 100)
    let decoding = try Timing(count: 1, warmUp: 1) { _ = try drawing.generator.images(0..<size) }
    var perSample = decoding.median
    if let autoencoder = model as? MultiBetaVAE {
      let diffusion = try LatentDiffusion(autoencoder, settings.denoiser)
      var options = settings.sampling
      options.stepCount = 2
      let walk = try Timing(count: 1, warmUp: 1) { _ = try diffusion.generate(0..<size, options) }
      perSample += walk.median / 2 * Double(settings.samplingSteps)
    }
    return perSample / Double(size) * Double(settings.sampleCount)
  }

  private static func scoringSeconds(
    _ dataset: any ImageDataset, _ settings: GenerationSettings, _ extractor: FeatureExtractor
  ) async throws -> Double {
    let count = min(32, dataset.count)
    let start = ContinuousClock.now
    _ = try await extractor.extract(name: dataset.name, count: count, batchSize: 16) { index in
      try dataset.image(at: index).inColour
    }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let total = settings.sampleCount + min(settings.referenceCount, dataset.count)
    return seconds / Double(count) * Double(total)
  }

  // MARK: - Steps that fit

  /// The steps of every stage that fit into a time: the shares of the stages' own steps in it are
  /// those of the preset.
  ///
  /// - Parameter minutes: The time of the whole run.
  /// - Returns: The configuration with these steps.
  /// - Throws: ``ExperimentError/tooFewMinutes(asked:needed:)``.
  package mutating func fit(minutes: Double) throws -> RunConfiguration {
    let others = samplingSeconds + scoringSeconds
    // What cannot be foreseen: checkpoints, monitors, pictures.
    let budget = 0.9 * (60 * minutes - others)
    let planned = stages.reduce(0) { $0 + $1.seconds }
    guard budget > 1, planned > 0 else {
      throw ExperimentError.tooFewMinutes(asked: minutes, needed: others / 60)
    }
    for index in stages.indices {
      stages[index].stepCount = max(
        1, Int(Double(stages[index].stepCount) * budget / planned))
    }
    return configuration.withSteps { stage, steps in
      stages.first { $0.stage == stage }?.stepCount ?? steps
    }
  }

  // MARK: - Output

  /// Seconds of the whole run.
  package var seconds: Double {
    stages.reduce(0) { $0 + $1.seconds } + samplingSeconds + scoringSeconds
  }

  /// The estimate as JSON.
  package var json: JSONValue {
    [
      "model": .string(model), "seconds": .number(seconds),
      "stages": .array(
        stages.map { stage in
          [
            "stage": .string(stage.stage.rawValue), "steps": .integer(stage.stepCount),
            "seconds_per_step": .number(stage.secondsPerStep), "seconds": .number(stage.seconds),
          ]
        }),
      "sampling_seconds": .number(samplingSeconds), "scoring_seconds": .number(scoringSeconds),
      "state_bytes": .integer(stateBytes),
      "peak_memory_bytes": peakMemoryBytes.map { .integer($0) } ?? .null,
    ]
  }

  /// The estimate as a table.
  package var text: String {
    var table = ResultTable(
      title: "\(model): estimate from a few steps just now", header: ["part", "amount", "time"])
    for stage in stages {
      table.append([
        .init(stage.stage == .decoder ? "decoder tuning" : "stage \(stage.stage.rawValue)"),
        .init("\(stage.stepCount) steps of \(configuration.plan.batchSize)"),
        .init(duration(stage.seconds)),
      ])
    }
    let count = configuration.generation?.sampleCount ?? 0
    table.append([
      "sampling", .init("\(count) images"), .init(duration(samplingSeconds)),
    ])
    table.append(["scoring", "features, reference set included", .init(duration(scoringSeconds))])
    table.append(["all", "", .init(duration(seconds))])
    let resident = peakMemoryBytes.map {
      "; \((Double($0) / 0x1p20).fixed(0)) MiB resident in the probe"
    }
    table.footnotes = [
      """
      memory: \((Double(stateBytes) / 0x1p20).fixed(0)) MiB of weights, gradients, moments and \
      averages\(resident ?? "")
      """
    ]
    return table.text()
  }
}

extension RunConfiguration {
  /// The configuration with other numbers of steps.
  package func withSteps(_ steps: (TrainingStage, Int) -> Int) -> RunConfiguration {
    var result = self
    result.plan.stepCount = steps(.first, plan.stepCount)
    if var settings = generation {
      settings.denoiserPlan.stepCount = steps(.second, settings.denoiserPlan.stepCount)
      if var plan = settings.decoderPlan, var options = settings.decoder {
        plan.stepCount = steps(.decoder, plan.stepCount)
        options.warmUpStepCount = min(options.warmUpStepCount, plan.stepCount / 10)
        settings.decoderPlan = plan
        settings.decoder = options
      }
      result.generation = settings
    }
    return result
  }
}
