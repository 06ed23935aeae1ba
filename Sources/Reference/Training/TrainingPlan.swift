import BenchSupport
public import Torch

/// How long and on what terms a model is trained.
public struct TrainingPlan: Sendable, Equatable, Codable {
  /// Number of optimiser steps.
  public var stepCount: Int
  /// Images per step, for a model that takes one batch per step; others take so many in each.
  public var batchSize: Int
  /// The seed of initial weights, batches and noise.
  public var seed: UInt64
  /// Steps between checkpoints.
  public var checkpointInterval: Int
  /// Steps between lines of the log.
  public var logInterval: Int
  /// Steps between measurements of the monitors.
  public var monitorInterval: Int
  /// Arithmetic in convolutions and matrix products.
  public var precision: Precision
  /// Parts in which a batch is worked on, one after another, to save memory; nil for one.
  ///
  /// The objective is the same as without parts. The random numbers are not: every part draws its own,
  /// and spreads its positions on a model's β axis over all of it.
  public var partCount: Int?

  /// Plans a run.
  public init(
    stepCount: Int, batchSize: Int = 64, seed: UInt64, checkpointInterval: Int = 1000,
    logInterval: Int = 50, monitorInterval: Int = 500, precision: Precision = .float32,
    partCount: Int? = nil
  ) {
    self.stepCount = stepCount
    self.batchSize = batchSize
    self.seed = seed
    self.checkpointInterval = checkpointInterval
    self.logInterval = logInterval
    self.monitorInterval = monitorInterval
    self.precision = precision
    self.partCount = partCount
  }

  /// Images of one optimiser step of a model.
  public func imageCount(of model: any TrainableModel) -> Int { batchSize * model.batchesPerStep }

  /// Refuses a model that cannot be trained on these terms.
  ///
  /// - Throws: ``TrainingError/notDivisible(model:partCount:)``.
  public func check(_ model: any TrainableModel, named name: String) throws(TrainingError) {
    guard let partCount, partCount > 1, !model.isDivisible else { return }
    throw .notDivisible(model: name, partCount: partCount)
  }
}
