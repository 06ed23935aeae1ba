import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import MessagePassing
import Reference
import Results
import Torch

/// `bench train`: trains one model into a run folder, without scoring it.
struct TrainCommand: BenchCommand {
  static let isResumable = true
  static let isJoint = true

  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train one model and keep its checkpoint.",
    discussion: """
      Started again with the same folder, the training continues from its checkpoint and ends with \
      the same weights as one that was never interrupted.

      Examples:
        bench train --dataset scenes3d --model multi-beta-vae --out runs/mine
        bench train --model beta-vae:beta=6 --steps 5000 --seed 1 --out runs/beta6
        bench train --model multi-beta-vae --stage all --out runs/mine
        bench train --model multi-beta-vae:architecture=kl-f4 --stage all --batch-size 12 --gradient-accumulation 6 \
      --dry-run --dataset ffhq --out runs/big
        bench train --stage 2 --steps 5000 --weighting elbo --out runs/mine
        bench train --stage disco --steps 5000 --out runs/beta6   (then bench encode --codes disco)
        mpirun -np 4 bench train --model beta-vae --out runs/mine     (see docs/scaling.md)
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "The dataset; see bench datasets list.")
  var dataset = "scenes3d"

  @Option(
    help: "The model, NAME or NAME:OPTION=VALUE,OPTION=VALUE; later stages take it from the folder."
  )
  var model: String?

  @Option(
    help:
      """
      1, or all that images need; multi-β models have 2 (denoiser) and decoder (its adversarial tuning), and those whose \
      images are a function of latents have disco (directions in them).
      """)
  var stage = StageChoice("1")

  @Option(
    help:
      "smoke (seconds), quick (minutes), standard (an hour) or paper (300,000 steps of 64).")
  var preset = Preset.quick

  @Option(help: "Optimiser steps instead of the preset's.")
  var steps: Int?

  @Option(help: "Learning rate of the optimiser instead of the preset's.")
  var learningRate: Double?

  @Option(help: "Images per step, in all processes together.")
  var batchSize = 64

  @OptionGroup var accumulation: AccumulationOptions

  @Flag(help: "Train nothing: show parameters, and time and memory of a short probe.")
  var dryRun = false

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 1000

  @Option(help: "Number of latents.")
  var latents = 10

  @Option(
    help: "float32, or operands of convolutions and matrix products in tf32 (on CUDA) or bfloat16.")
  var precision = Precision.float32

  @Option(help: "The run's folder.", completion: .directory)
  var out: String

  @OptionGroup(title: "Second stage") var denoiser: DenoiserOptions

  @OptionGroup(title: "Decoder") var tuning: DecoderOptions

  @OptionGroup(title: "DisCo") var disco: DisCoOptions

  @Flag(help: "Continue from the checkpoint. This is what happens anyway; scripts may say so.")
  var resume = false

  func validate() throws {
    if let steps, steps < 1 { throw ValidationError("--steps is \(steps); it must be at least 1.") }
    guard learningRate.map({ $0 > 0 && $0 < 10 }) ?? true else {
      throw ValidationError("--learning-rate must lie between 0 and 10.")
    }
    guard (1...65_536).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); it must be 1 to 65,536.")
    }
    try accumulation.validate(batchSize: batchSize)
    guard checkpointEvery > 0 else {
      throw ValidationError("--checkpoint-every is \(checkpointEvery); it must be at least 1.")
    }
    guard model != nil || !stage.hasFirst else {
      throw ValidationError("--model is missing; stage \(stage.name) trains one.")
    }
    guard (1...4096).contains(latents) else {
      throw ValidationError("--latents is \(latents); it must be 1 to 4096.")
    }
  }

  func execute() async throws {
    try await withProcessGroup(stopsTogether: true) { group in try execute(group) }
  }

  private func execute(_ group: ProcessGroup) throws {
    let global = global.speaking(in: group)
    let specification = try model.map { text throws(TrainingError) in
      let specification = try ModelSpecification(parsing: text)
      return preset == .paper ? try specification.withPublishedSizes() : specification
    }
    let source = try global.openDataset(dataset)
    let plan = TrainingPlan(
      stepCount: specification?.stepCount(of: steps ?? preset.stepCount)
        ?? steps ?? preset.stepCount, batchSize: batchSize, seed: UInt64(global.seed),
      checkpointInterval: checkpointEvery, precision: precision,
      partCount: accumulation.partCount > 1 ? accumulation.partCount : nil)
    let training = StageTraining(
      dataset: source, folder: RunDirectory(path: out), device: try global.openDevice(for: group),
      plan: plan, environment: global.environment, group: group)
    var options = StageOptions()
    options[DiffusionOptions.self] = denoiser.values(preset, learningRate)
    options[DecoderTuning.Options.self] = tuning.values.options(
      stepCount: plan.stepCount, batchSize: batchSize, learningRate: learningRate)
    options[DisCo.Options.self] = disco.values(preset, learningRate)
    let definition =
      try specification?.definition
      ?? StageFolders(out).openFirst(on: training.device).specification.definition
    let later = try stage.later(of: definition)
    let context = ModelContext(
      dataset: source, latentCount: latents, learningRate: learningRate ?? preset.learningRate,
      device: training.device)
    if dryRun {
      guard !group.isJoint else {
        throw CommandError.oneProcessOnly(
          command: "train --dry-run", processCount: group.size)
      }
      let runs = try training.dryRuns(
        specification, context, hasFirst: stage.hasFirst, later: later, options)
      return try global.emit(
        ["stages": .array(runs.map(\.json))], text: runs.map(\.text).joined(separator: "\n\n"))
    }
    let lock = group.isFirst ? try training.folder.lock() : nil
    defer { withExtendedLifetime(lock) {} }
    var reports: [StageTraining.Report] = []
    if let specification, stage.hasFirst {
      reports.append(try training.first(specification, context))
    }
    for stage in later { reports.append(try training.later(stage, options)) }
    guard group.isFirst else { return }
    try global.emit(
      reports.count == 1 ? reports[0].json : ["stages": .array(reports.map(\.json))],
      text: reports.map(\.text).joined(separator: "\n"))
  }
}
