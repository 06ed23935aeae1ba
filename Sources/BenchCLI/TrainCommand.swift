import ArgumentParser
import BenchSupport
import Datasets
import Reference
import Results
import Torch

/// `bench train`: trains one model into a run folder, without scoring it.
struct TrainCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Train one model and keep its checkpoint.",
    discussion: """
      Started again with the same folder, the training continues from its checkpoint and ends with \
      the same weights as one that was never interrupted.

      Examples:
        bench train --dataset scenes3d --model multi-beta-vae --out runs/mine
        bench train --model beta-vae:beta=6 --steps 5000 --seed 1 --out runs/beta6
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "The dataset; see bench datasets list.")
  var dataset = "scenes3d"

  @Option(help: "The model, NAME or NAME:OPTION=VALUE,OPTION=VALUE.")
  var model: String

  @Option(help: "smoke (seconds), quick (minutes) or paper (300,000 steps of 64).")
  var preset = Preset.quick

  @Option(help: "Optimiser steps instead of the preset's.")
  var steps: Int?

  @Option(help: "Steps between checkpoints.")
  var checkpointEvery = 1000

  @Option(help: "Number of latents.")
  var latents = 10

  @Option(help: "float32, or bfloat16 operands in convolutions and matrix products.")
  var precision = PrecisionChoice.float32

  @Option(help: "The run's folder.", completion: .directory)
  var out: String

  @Flag(help: "Continue from the checkpoint. This is what happens anyway; scripts may say so.")
  var resume = false

  func validate() throws {
    if let steps, steps < 1 { throw ValidationError("--steps is \(steps); it must be at least 1.") }
    guard checkpointEvery > 0 else {
      throw ValidationError("--checkpoint-every is \(checkpointEvery); it must be at least 1.")
    }
    guard (1...4096).contains(latents) else {
      throw ValidationError("--latents is \(latents); it must be 1 to 4096.")
    }
  }

  func execute() async throws {
    let specification = try ModelSpecification(parsing: model)
    let source = try DatasetCatalog.open(dataset, dataDirectory: global.dataRoot)
    let device = try global.openDevice()
    let folder = RunDirectory(path: out)
    let lock = try folder.lock()
    defer { withExtendedLifetime(lock) {} }
    let setting = ModelSetting(
      dataset: source, latentCount: latents, learningRate: preset.learningRate)
    try TorchRandom.seed(UInt64(global.seed))
    let model = try specification.make(setting.context(on: device))
    let plan = TrainingPlan(
      stepCount: steps ?? preset.stepCount, seed: UInt64(global.seed),
      checkpointInterval: checkpointEvery, precision: precision.value)
    let trainer = try Trainer(
      model, named: specification.label, dataset: source, plan: plan, folder: folder.path,
      context: setting.json, isQuiet: global.quiet)
    let summary = try trainer.train { Interruption.isRequested }
    try global.emit(
      [
        "checkpoint": .string(folder.checkpointPath), "model": .string(specification.label),
        "steps": .integer(plan.stepCount), "seconds": .number(summary.seconds),
        "images_per_second": .number(summary.imagesPerSecond),
        "skipped_steps": .integer(summary.skippedStepCount),
        "parameters": .integer(model.store.parameterCount),
      ],
      text: """
        \(specification.label): \(plan.stepCount) steps in \(duration(summary.seconds)), \
        \(model.store.parameterCount) parameters; checkpoint: \(folder.checkpointPath)
        """)
  }
}
