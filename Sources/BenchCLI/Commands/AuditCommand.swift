import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import GenerationMetrics
import LinearAlgebra
import Plotting
import Reference
import Results
import Torch

/// `bench audit`: what each sampler makes of the same denoiser, and of heads that are known exactly.
struct AuditCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Compare all samplers on toys with known answers and on a trained model.",
    discussion: """
      Toys: the variance of samples of Gaussian data (1 is right), with a variance-preserving and \
      another path, and the fraction of samples that reach one of eight points. All heads are exact, \
      so that every error is the sampler's. With --checkpoint, the Fréchet distance, precision and \
      recall of a trained model's samples in a fixed feature space, and precision and recall of the \
      sampled latents among the codes of observations at β = 0, where the decoder's blur plays no \
      part; where the folder is empty, --model is trained there first, both stages.

      Examples:
        bench audit --out audit
        bench audit --checkpoint runs/mine --steps 10,25,50,100 --count 1000 --out audit
        bench audit --checkpoint runs/new --model multi-beta-vae --preset quick --out audit
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "A run folder with both stages; without it only the toys.", completion: .directory)
  var checkpoint: String?

  @Option(help: "The model to train where the folder has none.")
  var model: String?

  @Option(help: "For training: quick or paper, with the steps of bench generate.")
  var preset = Preset.quick

  @Option(help: "For training: the dataset.")
  var dataset = "scenes3d"

  @Option(help: "Numbers of steps, separated by commas.")
  var steps = "10,25,50,100"

  @Option(help: "Samplers, separated by commas; default: all.")
  var samplers: String?

  @Option(help: "Spacing of the steps: uniform (in t), log-sigma, edm or rate.")
  var grid = SamplingGrid.uniform

  @Option(help: "Samples per sampler.")
  var count = 1000

  @Option(help: "Folder for the plots.", completion: .directory)
  var out: String

  func validate() throws {
    guard (50...100_000).contains(count) else {
      throw ValidationError("--count is \(count); it must be 50 to 100,000.")
    }
    _ = try (stepCounts(), chosen())
  }

  private func stepCounts() throws -> [Int] {
    let counts = try steps.split(separator: ",").map { text in
      guard let count = Int(text), (1...10_000).contains(count) else {
        throw ValidationError("--steps has '\(text)'; numbers of steps are 1 to 10,000.")
      }
      return count
    }
    return counts.sorted()
  }

  private func chosen() throws -> [Sampler] {
    guard let samplers else { return Sampler.all }
    return try samplers.split(separator: ",").map { text in
      guard let sampler = Sampler(name: String(text)) else {
        let known = Sampler.all.map(\.name).joined(separator: ", ")
        throw ValidationError("--samplers has '\(text)'; known are \(known).")
      }
      return sampler
    }
  }

  /// One sampler at one number of steps.
  private struct Entry {
    let sampler: Sampler
    let stepCount: Int
    let variance: Double
    let skewedVariance: Double
    let circle: CircleToy.Result
    var figures: SampleEvaluation.Figures?
    var latents: PrecisionRecall?
    var seconds: Double?

    var json: JSONValue {
      var members: [String: JSONValue] = [
        "sampler": .string(sampler.name), "steps": .integer(stepCount),
        "toy_variance": .number(variance), "toy_variance_not_preserving": .number(skewedVariance),
        "toy_hit_rate": .number(circle.hitRate), "toy_rarest": .number(circle.rarest),
      ]
      if let latents {
        members["latent_precision"] = .number(latents.precision)
        members["latent_recall"] = .number(latents.recall)
      }
      if let figures, let seconds {
        members["frechet"] = .number(figures.frechet)
        members["precision"] = .number(figures.precision)
        members["recall"] = .number(figures.recall)
        members["sharpness"] = .number(figures.sharpness)
        members["seconds"] = .number(seconds)
      }
      return .object(members)
    }
  }

  func execute() async throws {
    let (samplers, counts) = try (chosen(), stepCounts())
    try createFolder(out)
    _ = try global.openDevice()
    let source = try checkpoint.map { try open(Trainer.runFolder(of: $0)) }
    var progress = ProgressReporter(
      "audit", total: samplers.count * counts.count, isQuiet: global.quiet)
    var entries: [Entry] = []
    for sampler in samplers {
      for count in counts {
        try Interruption.check()
        progress.update(entries.count, detail: "\(sampler.name), \(count) steps")
        entries.append(try entry(sampler, count, source))
      }
    }
    progress.finish()
    let plots = try write(entries, samplers)
    let baseline = try source.map { try $0.evaluation.figures($0.others) }
    let latentBaseline = try source.map { try $0.manifold(of: $0.codes(of: $0.others)) }
    var result: [String: JSONValue] = [
      "entries": .array(entries.map(\.json)), "plots": .array(plots.map { .string($0) }),
      "grid": .string(grid.rawValue), "count": .integer(count),
      "features": .string(BenchFeatures.name),
      "neighbours": .integer(SampleEvaluation.neighbourCount),
    ]
    if let baseline {
      result["data"] = [
        "frechet": .number(baseline.frechet), "precision": .number(baseline.precision),
        "recall": .number(baseline.recall), "sharpness": .number(baseline.sharpness),
        "latent_precision": latentBaseline.map { .number($0.precision) } ?? .null,
        "latent_recall": latentBaseline.map { .number($0.recall) } ?? .null,
      ]
    }
    try global.emit(
      .object(result),
      text: table(entries, baseline, latentBaseline).text() + "\n" + plots.joined(separator: "\n"))
  }

  private func entry(_ sampler: Sampler, _ stepCount: Int, _ source: Source?) throws -> Entry {
    var entry = Entry(
      sampler: sampler, stepCount: stepCount,
      variance: try GaussianToy(.linear).variance(of: sampler, stepCount: stepCount),
      skewedVariance: try GaussianToy(.skewed).variance(of: sampler, stepCount: stepCount),
      circle: try CircleToy().result(of: sampler, stepCount: stepCount, sampleCount: 2000))
    guard let source else { return entry }
    let start = ContinuousClock.now
    let options = SamplingOptions(
      sampler: sampler, stepCount: stepCount, grid: grid, seed: UInt64(global.seed))
    let (latents, images) = try withoutGradients {
      let latents = try source.trained.diffusion.generate(0..<count, options) { _, _ in
        try Interruption.check()
      }
      return (latents, try source.trained.decode(latents))
    }
    entry.seconds = (ContinuousClock.now - start) / .seconds(1)
    entry.figures = try source.evaluation.figures(images)
    entry.latents = try source.manifold(of: latents)
    return entry
  }

  // MARK: - The trained model

  /// A trained model, the reference set, and as many other observations.
  private struct Source {
    let trained: TrainedDiffusion
    let evaluation: SampleEvaluation
    let others: Tensor
    /// The reference set's codes at β = 0.
    let codes: FeatureSet

    init(_ trained: TrainedDiffusion, reference: Tensor, others: Tensor) throws {
      self.trained = trained
      self.others = others
      evaluation = try SampleEvaluation(reference: reference)
      codes = try Self.set(Self.codes(of: reference, trained), name: "data")
    }

    /// Codes at β = 0, [observation, latent].
    func codes(of images: Tensor) throws -> Tensor { try Self.codes(of: images, trained) }

    /// How latents lie among the reference set's codes.
    func manifold(of latents: Tensor) throws -> PrecisionRecall {
      try PrecisionRecall(
        reference: codes, generated: Self.set(latents, name: "samples"),
        neighbourCount: SampleEvaluation.neighbourCount)
    }

    private static func codes(of images: Tensor, _ trained: TrainedDiffusion) throws -> Tensor {
      let model = trained.autoencoder
      let point = try model.sharpestPoint()
      return try withoutGradients {
        try Tensor.concatenated(
          stride(from: 0, to: images.shape[0], by: 500).map { start in
            let count = min(500, images.shape[0] - start)
            return try model.encode(images.narrowed(0, start: start, count: count), at: point).mean
          })
      }
    }

    private static func set(_ latents: Tensor, name: String) throws -> FeatureSet {
      let rows = try latents.reshaped([latents.shape[0], -1])
      return try FeatureSet(
        name: name,
        features: Matrix(
          rowCount: rows.shape[0], columnCount: rows.shape[1],
          elements: rows.elements(as: Float.self)))
    }
  }

  private func open(_ folder: String) throws -> Source {
    let device = try global.openDevice()
    if let model, !Checkpoint.exists(at: Trainer.checkpointPath(in: folder)) {
      try train(model, in: folder, device)
    }
    let trained = try TrainedDiffusion(folder: folder, device: device)
    global.noteUnfinished(trained.trained.state)
    global.noteUnfinished(trained.state)
    let data = try global.openDataset(trained.trained.context.dataset)
    let sample = try ObservationSample(data, count: 2 * count, seed: UInt64(global.seed))
    let images = try sample.images(2 * count, on: device)
    return try Source(
      trained, reference: images.narrowed(0, start: 0, count: count),
      others: images.narrowed(0, start: count, count: count))
  }

  private func train(_ model: String, in folder: String, _ device: Device) throws {
    let data = try global.openDataset(dataset)
    let budget = preset.generationBudget(for: data)
    let run = RunDirectory(path: folder)
    func training(_ stepCount: Int) -> StageTraining {
      StageTraining(
        dataset: data, folder: run, device: device,
        plan: TrainingPlan(
          stepCount: stepCount, batchSize: preset.batchSize(for: data), seed: UInt64(global.seed)),
        environment: global.environment)
    }
    let lock = try run.lock()
    defer { withExtendedLifetime(lock) {} }
    let specification = try ModelSpecification(parsing: model)
    let context = ModelContext(
      dataset: data, latentCount: preset.latentCount(for: data),
      learningRate: budget.firstLearningRate, device: device)
    _ = try training(budget.first).first(specification, context)
    var options = StageOptions()
    options[DiffusionOptions.self] = preset.diffusionOptions
    for stage in specification.definition.laterStages where !stage.isOptional {
      _ = try training(budget.second).later(stage, options)
    }
  }

  // MARK: - Results

  private func table(
    _ entries: [Entry], _ baseline: SampleEvaluation.Figures?, _ latentBaseline: PrecisionRecall?
  ) -> ResultTable {
    var table = ResultTable(
      header: ["sampler", "steps", "variance", "not preserving", "hits"]
        + (baseline == nil ? [] : Self.modelColumns))
    if let baseline, let latentBaseline {
      table.append(
        ["data", "", "1", "1", "1"] + Self.cells(baseline, latentBaseline) + [""])
    }
    for entry in entries {
      let toys = [entry.variance, entry.skewedVariance, entry.circle.hitRate].map {
        ResultTable.Cell($0.fixed(4))
      }
      var cells: [ResultTable.Cell] = []
      if let figures = entry.figures, let latents = entry.latents {
        cells = Self.cells(figures, latents) + [.init((entry.seconds ?? 0).fixed(1))]
      }
      table.append([.init(entry.sampler.name), .init("\(entry.stepCount)")] + toys + cells)
    }
    if baseline != nil {
      table.footnotes = [
        "Fréchet, precision, recall: images in \(BenchFeatures.name); of latents: sampled latents among "
          + "the codes of observations at β = 0; \(SampleEvaluation.neighbourCount) neighbours"
      ]
    }
    return table
  }

  private static let modelColumns = [
    "Fréchet", "precision", "recall", "sharpness", "precision of latents", "recall of latents", "s",
  ]

  private static func cells(
    _ figures: SampleEvaluation.Figures, _ latents: PrecisionRecall
  ) -> [ResultTable.Cell] {
    [figures.frechet, figures.precision, figures.recall].map { .init($0.fixed(3)) }
      + [.init(figures.sharpness.fixed(5))]
      + [latents.precision, latents.recall].map { .init($0.fixed(3)) }
  }

  private func write(_ entries: [Entry], _ samplers: [Sampler]) throws -> [String] {
    func plot(_ title: String, _ yLabel: String, _ value: (Entry) -> Double?) -> LinePlot {
      LinePlot(
        title: title, xLabel: "steps", yLabel: yLabel, isLogarithmicX: true,
        series: samplers.map { sampler in
          let mine = entries.filter { $0.sampler == sampler }
          return .init(
            name: sampler.name, x: mine.map { Double($0.stepCount) },
            y: mine.map { value($0) ?? .nan })
        })
    }
    var plots = [("audit-variance", plot("Gaussian data", "variance of samples", \.variance))]
    if checkpoint != nil {
      plots.append(
        ("audit-frechet", plot("Trained model", "Fréchet distance") { $0.figures?.frechet }))
      plots.append(("audit-recall", plot("Trained model", "recall") { $0.figures?.recall }))
    }
    return try plots.map { name, plot in
      try plot.write(to: "\(out)/\(name)")
      return "\(out)/\(name).svg"
    }
  }
}
