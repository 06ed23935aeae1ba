import ArgumentParser
import BenchSupport
import Disentanglement
import Experiments
import LinearAlgebra
import Reference
import Results

/// `bench centrality`: the model that others agree with, without labels.
struct CentralityCommand: BenchCommand {
  /// What models are ranked by.
  enum Score: String, CaseIterable, ExpressibleByArgument {
    case centrality
    case udr
    case udrSpearman = "udr-spearman"

    /// Its name in titles.
    var title: String {
      switch self {
      case .centrality: "ModelCentrality"
      case .udr: "UDR (Lasso)"
      case .udrSpearman: "UDR (Spearman)"
      }
    }
  }

  static let configuration = CommandConfiguration(
    commandName: "centrality",
    abstract: "Pick the best of several trained models without labels, by ModelCentrality or UDR.",
    discussion: """
      By ModelCentrality, every model draws images, in groups that hold one of its latents fixed, and every \
      model's encoder is asked which: models that disentangle agree, others are each wrong in their own way (Lin \
      et al. 2020). The score of a model is its mean agreement with all others, at most 1. Models whose \
      latents have no axes of their own are refused.

      By UDR (Duan et al. 2020), all encode the same images of the dataset, and a model's score is the median of how well \
      its latents match those of each other one. Models are read as bench disentangle reads them, on independent \
      components if they have no axes of their own.

      The runs are of one dataset, as the seeds and settings of a sweep.

      Examples:
        bench centrality runs/scenes3d/beta-vae
        bench centrality runs/a runs/b runs/c --groups 200 --free 2000
        bench centrality runs/scenes3d --by udr
      """)

  @OptionGroup var global: GlobalOptions

  @Argument(
    help: "Run folders, or folders with finished runs in them.", completion: .directory)
  var folders: [String]

  @Option(help: "centrality, udr (by Lasso) or udr-spearman.")
  var by = Score.centrality

  @Option(help: "ModelCentrality: groups of images of every model, its latents held in turn.")
  var groups = 500

  @Option(help: "ModelCentrality: images of a group.")
  var groupSize = 100

  @Option(
    help: "ModelCentrality: images of every model that hold nothing, for the spread of codes.")
  var free = 10_000

  @Option(help: "UDR: observations that every model encodes.")
  var observations = 10_000

  func validate() throws {
    for (name, value, least) in [
      ("--groups", groups, 1), ("--group-size", groupSize, 2), ("--free", free, 2),
      ("--observations", observations, 2),
    ] where !(least...1_000_000).contains(value) {
      throw ValidationError("\(name) is \(value); it must be \(least) to 1,000,000.")
    }
  }

  func execute() async throws {
    // A run that is named twice, or lies in two of the folders, would agree with itself.
    var known: Set<String> = []
    let paths = try folders.flatMap(runs).filter { path in
      known.insert(resolvedPath(path) ?? path).inserted
    }
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
    let ranking =
      switch by {
      case .centrality: try centrality(models)
      case .udr: try codeRanking(models, .lasso)
      case .udrSpearman: try codeRanking(models, .spearman)
      }
    try global.emit(json(ranking, models, paths), text: table(ranking, models, paths).text())
  }

  /// The scores of models and of pairs of them.
  private struct Ranking {
    let scores: [Double]
    /// Of each model with the others.
    let pairs: Matrix<Double>
    /// What the pairs are called in JSON.
    let pairsName: String
    /// How it was measured, for the record.
    let settings: [String: JSONValue]
    let footnote: String

    /// Models by falling score, the first of equal ones first.
    var order: [Int] {
      scores.indices.sorted { scores[$0] == scores[$1] ? $0 < $1 : scores[$0] > scores[$1] }
    }
  }

  private func centrality(_ models: [TrainedModel]) throws -> Ranking {
    var sizes = CentralityMeasurement.Sizes()
    (sizes.groupCount, sizes.groupSize, sizes.freeCount) = (groups, groupSize, free)
    let measurement = try CentralityMeasurement(models, sizes: sizes, seed: UInt64(global.seed)) {
      try ObservationSample(
        global.openDataset(models[0].context.dataset), count: 2000, seed: UInt64(global.seed))
    }
    var progress = ProgressReporter(
      "centrality", total: measurement.imageCount, isQuiet: global.quiet)
    let centrality = try ModelCentrality(
      agreements: measurement.agreements { done in
        try Interruption.check()
        progress.update(done)
      })
    progress.finish()
    return Ranking(
      scores: centrality.scoreOfModel, pairs: centrality.similarities, pairsName: "similarities",
      settings: [
        "groups": .integer(groups), "group_size": .integer(groupSize), "free": .integer(free),
      ],
      footnote:
        "the mean agreement with all other models, without labels; * the one to take. With itself: how well a "
        + "model's encoder tells its own latents; \(groups) groups of \(groupSize) images each")
  }

  private func codeRanking(
    _ models: [TrainedModel], _ similarity: UnsupervisedDisentanglementRanking.Similarity
  ) throws -> Ranking {
    let sample = try ObservationSample(
      global.openDataset(models[0].context.dataset), count: observations,
      seed: UInt64(global.seed), hasTest: false)
    var progress = ProgressReporter(
      by.rawValue, total: models.count * sample.indices.count, isQuiet: global.quiet)
    let found = try UnsupervisedDisentanglementRanking(models, on: sample, similarity: similarity) {
      done in
      try Interruption.check()
      progress.update(done)
    }
    progress.finish()
    return Ranking(
      scores: found.scoreOfModel, pairs: found.pairScores, pairsName: "pairs",
      settings: ["observations": .integer(observations)],
      footnote:
        "the median of how well a model's latents match those of each other one, without labels; * the one to take. "
        + "Codes of \(observations) observations, read as bench disentangle reads them")
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
    _ ranking: Ranking, _ models: [TrainedModel], _ paths: [String]
  ) -> ResultTable {
    let order = ranking.order
    // UDR says nothing of a model and itself.
    let hasDiagonal = by == .centrality
    return ResultTable(
      title: "\(by.title) on \(models[0].context.dataset)",
      header: ["model", "seed", by.rawValue] + (hasDiagonal ? ["with itself"] : []) + ["run"],
      rows: order.map { index in
        [
          ResultTable.Cell(models[index].label),
          ResultTable.Cell("\(models[index].state.plan.seed)"),
          ResultTable.Cell(ranking.scores[index].fixed(3), isBest: index == order[0]),
        ] + (hasDiagonal ? [ResultTable.Cell(ranking.pairs[index, index].fixed(3))] : [])
          + [ResultTable.Cell(paths[index])]
      },
      footnotes: [ranking.footnote])
  }

  private func json(
    _ ranking: Ranking, _ models: [TrainedModel], _ paths: [String]
  ) -> JSONValue {
    let runs = models.indices.map { index -> JSONValue in
      [
        "run": .string(paths[index]), "model": .string(models[index].label),
        "seed": .integer(Int(models[index].state.plan.seed)),
        by.rawValue: .number(ranking.scores[index]),
        ranking.pairsName: .numbers(models.indices.map { ranking.pairs[index, $0] }),
      ]
    }
    let found: [String: JSONValue] = [
      "pick": .string(paths[ranking.order[0]]), "by": .string(by.rawValue), "runs": .array(runs),
      "seed": .integer(global.seed),
    ]
    return .object(found.merging(ranking.settings) { first, _ in first })
  }
}
