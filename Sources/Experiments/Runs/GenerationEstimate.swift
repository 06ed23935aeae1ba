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
    /// `1`, or the later stage's name.
    package let name: String
    /// What tables call it.
    package let title: String
    /// Whether it is trained only where it is asked for.
    package let isOptional: Bool
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
    let context = run.context
    let later = run.specification.definition.generatingStages.filter {
      settings.plan(of: $0) != nil
    }
    let training = StageTraining(
      dataset: dataset, folder: run.folder, device: run.device, plan: configuration.plan,
      environment: run.environment)
    let probes = try training.dryRuns(
      run.specification, context, hasFirst: true, later: later, settings.stageOptions)
    stages = [
      Stage(
        name: "1", title: "stage 1", isOptional: false, secondsPerStep: probes[0].secondsPerStep,
        stepCount: configuration.plan.stepCount)
    ]
    for (stage, probe) in zip(later, probes.dropFirst()) {
      stages.append(
        Stage(
          name: stage.name, title: stage.title, isOptional: stage.isOptional,
          secondsPerStep: probe.secondsPerStep, stepCount: settings.plan(of: stage)?.stepCount ?? 0)
      )
    }
    stateBytes = probes.map(\.stateBytes).max() ?? 0
    let memory = PeakMemory()
    samplingSeconds = try Self.samplingSeconds(run, settings, context)
    scoringSeconds = try await Self.scoringSeconds(dataset, settings, extractor)
    peakMemoryBytes = (probes.map(\.peakMemoryBytes) + [memory.bytes]).compactMap(\.self).max()
  }

  private static func samplingSeconds(
    _ run: ModelRun, _ settings: GenerationSettings, _ context: ModelContext
  ) throws -> Double {
    let model = try run.specification.make(context)
    let drawing = SampleDrawing(
      generator: .prior(model, seed: 0), shape: run.dataset.imageShape, isQuiet: true)
    let size = min(drawing.batchSize, settings.sampleCount, 100)
    func seconds(_ generator: ImageGenerator) throws -> Double {
      try Timing(count: 1, warmUp: 1) { _ = try generator.images(0..<size) }.median
    }
    let decoding = try seconds(drawing.generator)
    var perBatch = decoding
    let definition = run.specification.definition
    if let sampling = definition.sampling {
      var options = settings.sampling
      options.stepCount = 2
      let walk = try seconds(
        definition.untrainedGenerator(model, context, settings.stageOptions, options))
      // What takes no number of steps was timed with its own.
      let repeats = sampling.takesOptions ? Double(settings.samplingSteps) / 2 : 1
      perBatch += max(0, walk - decoding) * repeats
    }
    return perBatch / Double(size) * Double(settings.sampleCount)
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
    let total =
      settings.sampleCount + min(settings.referenceCount, dataset.count)
      + (settings.heldOutCount ?? 0)
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
    return configuration.withSteps(
      first: stages[0].stepCount,
      later: stages.dropFirst().first { !$0.isOptional }?.stepCount,
      optional: stages.first { $0.isOptional }?.stepCount)
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
            "stage": .string(stage.name), "steps": .integer(stage.stepCount),
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
        .init(stage.title),
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
  /// The configuration with other numbers of steps: of the first stage, of later ones, and of those
  /// that are trained only where they are asked for; nil leaves them.
  package func withSteps(first: Int, later: Int?, optional: Int?) -> RunConfiguration {
    var result = self
    result.plan.stepCount = first
    if var settings = generation {
      settings.denoiserPlan.stepCount = later ?? settings.denoiserPlan.stepCount
      if let optional, var options = settings.decoder {
        settings.decoderPlan?.stepCount = optional
        options.warmUpStepCount = min(options.warmUpStepCount, optional / 10)
        settings.decoder = options
      }
      result.generation = settings
    }
    return result
  }

  /// The configuration with the numbers of steps of another.
  package func withSteps(of other: RunConfiguration) -> RunConfiguration {
    withSteps(
      first: other.plan.stepCount, later: other.generation?.denoiserPlan.stepCount,
      optional: other.generation?.decoderPlan?.stepCount)
  }
}
