public import BenchSupport
public import Torch

/// A model that a later stage trains.
public protocol StageModel: TrainableModel {
  /// Its choices as JSON, kept in its checkpoints.
  func optionsJSON() throws -> JSONValue
  /// What ``prepare(_:from:in:)`` does, for the reader; nil if there is nothing to prepare.
  var preparation: String? { get }
  /// Finds out what training needs to know, once, before it begins.
  ///
  /// - Parameters:
  ///   - images: Some images of the data in [0, 1].
  ///   - trained: The finished first stage.
  ///   - folders: Where the other stages lie.
  /// - Throws: Errors of the model, and ``TrainingError`` for a stage that is needed and not there.
  func prepare(_ images: Tensor, from trained: TrainedModel, in folders: StageFolders) throws
}

extension StageModel {
  /// Nothing.
  public var preparation: String? { nil }

  /// Nothing to find out.
  public func prepare(_ images: Tensor, from trained: TrainedModel, in folders: StageFolders) throws
  {}
}

/// A stage of a model's training after the first, on the finished first one, which is left as it is.
public struct ModelStage: Sendable {
  /// Its name on the command line: `2`, `decoder`.
  public let name: String
  /// Its folder in the run's.
  public let folder: String
  /// What its model is called in checkpoints and progress bars.
  public let label: String
  /// Whether it is trained only where it is asked for.
  public let isOptional: Bool
  /// Whether images are drawn with it; one that only explores what the model has learned plays no part in
  /// runs that draw samples.
  public let generates: Bool
  /// The codes of images that it gives once it is trained.
  public let readings: [CodeReading]
  private let makeModel:
    @Sendable (ModelDefinition.Model, ModelContext, StageOptions) throws -> any StageModel

  /// Describes a stage.
  ///
  /// - Parameters:
  ///   - name: Its name on the command line.
  ///   - folder: Its folder in the run's.
  ///   - label: What its model is called in checkpoints.
  ///   - isOptional: Whether it is trained only where it is asked for.
  ///   - generates: Whether images are drawn with it.
  ///   - readings: The codes of images that it gives.
  ///   - make: Makes the stage's model, untrained, from the trained first stage.
  public init<First>(
    name: String, folder: String, label: String, isOptional: Bool = false,
    generates: Bool = true, readings: [CodeReading] = [],
    make: @escaping @Sendable (First, ModelContext, StageOptions) throws -> any StageModel
  ) {
    self.name = name
    self.folder = folder
    self.label = label
    self.isOptional = isOptional
    self.generates = generates
    self.readings = readings
    makeModel = { model, context, options in
      guard let first = model as? First else {
        preconditionFailure(
          "stage '\(name)' is listed for a \(type(of: model)), not a \(First.self)")
      }
      return try make(first, context, options)
    }
  }

  /// Its name in tables: `stage 2`, `decoder`.
  public var title: String { Int(name) == nil ? name : "stage \(name)" }

  /// Makes the stage's model, untrained.
  ///
  /// - Parameters:
  ///   - first: The first stage.
  ///   - context: What it was built for.
  ///   - options: The choices of stages.
  /// - Returns: The model.
  /// - Throws: Errors of the model.
  public func make(
    on first: ModelDefinition.Model, _ context: ModelContext, _ options: StageOptions
  ) throws -> any StageModel {
    try makeModel(first, context, options)
  }
}

/// The choices of later stages, one value of each type; a stage takes its own type's.
public struct StageOptions: Sendable {
  private var values: [ObjectIdentifier: any Sendable] = [:]

  /// No choices: every stage has its defaults.
  public init() {}

  /// The choices of one type; nil for the defaults.
  public subscript<Options: Sendable>(_ type: Options.Type) -> Options? {
    get { values[ObjectIdentifier(type)] as? Options }
    set { values[ObjectIdentifier(type)] = newValue }
  }
}
