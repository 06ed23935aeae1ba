import ArgumentParser
import BenchSupport
import Disentanglement
import Experiments
import LinearAlgebra
import Reference
import Results

/// `bench centrality`: the model that others agree with, without labels.
struct CentralityCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "centrality",
    abstract: "Pick the best of several trained models without labels, by ModelCentrality.",
    discussion: """
      Every model draws images, in groups that hold one of its latents fixed, and every model's encoder \
      is asked which: models that disentangle agree, others are each wrong in their own way (Lin et al. \
      2020). The score of a model is its mean agreement with all others, at most 1. The runs are of one dataset, as the \
      seeds and settings of a sweep; models whose latents have no axes of their own are refused.

      Examples:
        bench centrality runs/scenes3d/beta-vae
        bench centrality runs/a runs/b runs/c --groups 200 --free 2000
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(
    help: "Run folders, or folders with finished runs in them.", completion: .directory)
  var folders: [String]

  @Option(help: "Groups of images of every model, its latents held in turn.")
  var groups = 500

  @Option(help: "Images of a group.")
  var groupSize = 100

  @Option(help: "Images of every model that hold nothing, for the spread of codes.")
  var free = 10_000

  func validate() throws {
    for (name, value, least) in [
      ("--groups", groups, 1), ("--group-size", groupSize, 2), ("--free", free, 2),
    ] where !(least...1_000_000).contains(value) {
      throw ValidationError("\(name) is \(value); it must be \(least) to 1,000,000.")
    }
  }

  func execute() async throws {
    let paths = try folders.flatMap(runs)
    guard paths.count > 1 else {
      throw ValidationError(
        "There is one trained model in \(folders.joined(separator: ", ")); name at least two.")
    }
    let device = try global.openDevice()
    let models = try paths.map { path in
      let trained = try TrainedModel(folder: path, device: device)
      global.noteUnfinished(trained.state)
      return trained
    }
    var sizes = CentralityMeasurement.Sizes()
    (sizes.groupCount, sizes.groupSize, sizes.freeCount) = (groups, groupSize, free)
    let measurement = try CentralityMeasurement(models, sizes: sizes, seed: UInt64(global.seed)) {
      try ObservationSample(
        global.openDataset(models[0].context.dataset), count: 2000, seed: UInt64(global.seed))
    }
    var progress = ProgressReporter(
      "centrality", total: measurement.imageCount, isQuiet: global.quiet)
    let agreements = try measurement.agreements { done in
      try Interruption.check()
      progress.update(done)
    }
    progress.finish()
    let centrality = try ModelCentrality(agreements: agreements)
    try global.emit(json(centrality, models, paths), text: table(centrality, models, paths).text())
  }

  /// The run folder at a path, or those with a result under it.
  private func runs(at path: String) throws -> [String] {
    if Checkpoint.exists(at: Trainer.checkpointPath(in: path)) || Checkpoint.exists(at: path) {
      return [path]
    }
    let found = RunDirectory.complete(under: path).map(\.path).filter {
      Checkpoint.exists(at: Trainer.checkpointPath(in: $0))
    }
    guard !found.isEmpty else {
      throw TrainingError.badCheckpoint(
        path: path,
        reason: "there is no trained model in it; name a run folder, or a folder with runs")
    }
    return found
  }

  private func table(
    _ centrality: ModelCentrality, _ models: [TrainedModel], _ paths: [String]
  ) -> ResultTable {
    let scores = centrality.scoreOfModel
    let order = scores.indices.sorted {
      scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1]
    }
    return ResultTable(
      title: "ModelCentrality on \(models[0].context.dataset)",
      header: ["model", "seed", "centrality", "with itself", "run"],
      rows: order.map { index in
        [
          ResultTable.Cell(models[index].label),
          ResultTable.Cell("\(models[index].state.plan.seed)"),
          ResultTable.Cell(scores[index].fixed(3), isBest: index == centrality.pick),
          ResultTable.Cell(centrality.similarities[index, index].fixed(3)),
          ResultTable.Cell(paths[index]),
        ]
      },
      footnotes: [
        "the mean agreement with all other models, without labels; * the one to take. With itself: how well a "
          + "model's encoder tells its own latents; \(groups) groups of \(groupSize) images each"
      ])
  }

  private func json(
    _ centrality: ModelCentrality, _ models: [TrainedModel], _ paths: [String]
  ) -> JSONValue {
    let runs = models.indices.map { index -> JSONValue in
      [
        "run": .string(paths[index]), "model": .string(models[index].label),
        "seed": .integer(Int(models[index].state.plan.seed)),
        "centrality": .number(centrality.scoreOfModel[index]),
        "similarities": .numbers(models.indices.map { centrality.similarities[index, $0] }),
      ]
    }
    return [
      "pick": .string(paths[centrality.pick]), "runs": .array(runs),
      "groups": .integer(groups), "group_size": .integer(groupSize), "free": .integer(free),
      "seed": .integer(global.seed),
    ]
  }
}
