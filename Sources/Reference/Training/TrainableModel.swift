public import Torch

/// One minibatch and where in the training it stands.
public struct TrainingBatch: Sendable {
  /// Images in [0, 1], [batch, channel, height, width], channels-last in memory; for a model that
  /// takes several batches per step, all of them.
  public let images: Tensor
  /// The optimiser step it is for, from 0.
  public let step: Int
  /// Optimiser steps of the whole training.
  public let stepCount: Int
  /// The run's seed.
  public let seed: UInt64
  /// Which rows of the whole batch ``images`` are.
  public let shard: BatchShard
  /// Which of the step's ``TrainableModel/passes(at:of:)`` it is for, from 0.
  public let pass: Int

  /// Describes a minibatch; without a shard it is the whole batch.
  public init(
    images: Tensor, step: Int, stepCount: Int, seed: UInt64, shard: BatchShard? = nil,
    pass: Int = 0
  ) {
    self.images = images
    self.step = step
    self.stepCount = stepCount
    self.seed = seed
    self.shard = shard ?? BatchShard(batchSize: images.shape[0])
    self.pass = pass
  }

  /// Where in the training it stands.
  var position: TrainingPosition { TrainingPosition(step: step, stepCount: stepCount) }
}

/// Where in a training a batch stands.
package struct TrainingPosition {
  /// The optimiser step, from 0.
  package let step: Int
  /// Steps of the whole training.
  package let stepCount: Int

  /// Names a position.
  package init(step: Int, stepCount: Int) {
    self.step = step
    self.stepCount = stepCount
  }
}

/// What one optimiser minimises for a batch.
public struct Loss {
  /// The scalar to differentiate.
  public let value: Tensor
  /// Named parts for the log, each a scalar or [batch], of which the mean is logged.
  public let terms: [(name: String, value: Tensor)]

  /// Pairs a loss with its parts.
  public init(_ value: Tensor, terms: [(name: String, value: Tensor)]) {
    self.value = value
    self.terms = terms
  }
}

/// A set of parameters and how they are optimised.
public struct OptimizerGroup {
  /// The group's name in checkpoints, for instance `model` or `discriminator`.
  public let name: String
  /// The optimiser's settings.
  public let options: Adam.Options
  /// Which parameters it changes, by name.
  public let includes: (String) -> Bool
  /// The largest joint norm of its gradients; nil leaves them as they are.
  public let maximumGradientNorm: Double?
  /// What the learning rate is multiplied with at a position of the training.
  let learningRateFactor: (TrainingPosition) -> Double

  /// Describes a group.
  public init(
    name: String, options: Adam.Options, maximumGradientNorm: Double? = nil,
    includes: @escaping (String) -> Bool = { _ in true }
  ) {
    self.name = name
    self.options = options
    self.includes = includes
    self.maximumGradientNorm = maximumGradientNorm
    learningRateFactor = { _ in 1 }
  }

  /// Describes a group whose learning rate changes in the course of the training.
  init(
    name: String, options: Adam.Options, maximumGradientNorm: Double? = nil,
    includes: @escaping (String) -> Bool = { _ in true },
    learningRateFactor: @escaping (TrainingPosition) -> Double
  ) {
    self.name = name
    self.options = options
    self.includes = includes
    self.maximumGradientNorm = maximumGradientNorm
    self.learningRateFactor = learningRateFactor
  }
}

/// A model that the shared training loop can train.
public protocol TrainableModel: AnyObject {
  /// All parameters.
  var store: ParameterStore { get }
  /// The optimisers.
  var optimizerGroups: [OptimizerGroup] { get }
  /// The passes of a step, one after another: which of ``optimizerGroups`` each moves, by name.
  ///
  /// Each asks ``losses(_:)`` again, with its number in the batch, and so sees what the one before has moved. A step is
  /// left out from the first pass that is not finite on. Several passes can neither be shared by processes nor
  /// worked on in parts.
  func passes(at step: Int, of stepCount: Int) -> [[String]]
  /// Draws anew the parameters of groups that start again before a step; called before every step.
  ///
  /// Random numbers are those of libtorch's generator, which checkpoints keep.
  ///
  /// - Returns: The names of these groups, whose optimisers forget their moments.
  /// - Throws: `TorchError`.
  func restart(at step: Int, of stepCount: Int) throws -> [String]
  /// The decay of the averages used for evaluation; nil evaluates the parameters themselves.
  var averageDecay: Double? { get }
  /// Whether a parameter has an average, where there are any; the others are evaluated as they are.
  func isAveraged(_ name: String) -> Bool
  /// How many batches of the planned size each step takes.
  var batchesPerStep: Int { get }
  /// Whether the losses and gradients of a batch are the means of those of equal shares of it, drawn
  /// and averaged with ``TrainingBatch/shard``; only then can several processes train the model.
  var isDataParallel: Bool { get }
  /// Whether the losses and gradients of a batch are the means of those of parts of it that are worked
  /// on one after another, each weighted with its share of the images; only then can
  /// ``TrainingPlan/partCount`` be more than one.
  ///
  /// It is a property of the objective, not of its random numbers, which every part draws for itself.
  /// Parts do not know of each other, as processes do: what needs a number of the whole batch, be it
  /// the mean rate, is not divisible, even where it is data-parallel.
  var isDivisible: Bool { get }
  /// The losses of a batch, one for each group of the batch's pass, in its order, from one forward pass.
  func losses(_ batch: TrainingBatch) throws -> [Loss]
  /// Numbers that show whether training does what theory says, measured on fixed images.
  func monitors(_ images: Tensor) throws -> [[String: Double]]
  /// Measures what the trained model needs to know of itself, with its averages as parameters; called
  /// once, before the last checkpoint.
  func conclude(_ images: Tensor) throws
}

extension TrainableModel {
  /// One pass, which moves all groups.
  public func passes(at step: Int, of stepCount: Int) -> [[String]] {
    [optimizerGroups.map(\.name)]
  }
  /// Nothing starts again.
  public func restart(at step: Int, of stepCount: Int) throws -> [String] { [] }
  /// One batch.
  public var batchesPerStep: Int { 1 }
  /// One process only.
  public var isDataParallel: Bool { false }
  /// Whole batches only.
  public var isDivisible: Bool { false }
  /// No averages.
  public var averageDecay: Double? { nil }
  /// All.
  public func isAveraged(_ name: String) -> Bool { true }
  /// No monitors.
  public func monitors(_ images: Tensor) throws -> [[String: Double]] { [] }
  /// Nothing to measure.
  public func conclude(_ images: Tensor) throws {}
}
