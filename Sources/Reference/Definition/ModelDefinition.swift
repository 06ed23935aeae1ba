public import Disentanglement

/// A model as the catalog lists it: what it is called, what can be set, how it is made and trained.
///
/// A new one is a file that defines it and a line in ``ModelCatalog``; one of another package is
/// registered with ``ModelCatalog/register(_:)`` (docs/models.md).
public struct ModelDefinition: Sendable {
  /// A model that trains, encodes and decodes.
  public typealias Model = any TrainableModel & RepresentationModel

  /// Its name on the command line.
  public let name: String
  /// One line for lists.
  public let summary: String
  /// Its settings.
  public let options: [ModelOption]
  /// The values of one option that the large-scale study tries; nil if the model is not part of it.
  public let grid: Grid?
  /// The values of options with which its nets have their published sizes; none where the defaults do, or nothing does.
  public let publishedSizes: [(option: String, value: String)]
  /// The stages of its training after the first, in order.
  public let laterStages: [ModelStage]
  /// How it draws images; nil for a model that decodes draws from the prior.
  public let sampling: ModelSampling?
  /// The axes, found without labels, on which the model's codes are read for its headline score.
  ///
  /// A choice made once for a model, before its scores: the model's own for one whose posterior gives them a
  /// meaning, independent components for one whose posterior does not.
  public let readout: CodeAlignment.Method
  /// Whether it encodes images; a model that does not has no points and is for generation alone.
  public let hasCodes: Bool
  /// Which share of a training's steps a model with given options takes.
  public let stepShare: @Sendable (ModelOptions) -> Double
  let make: @Sendable (ModelContext, ModelOptions) throws -> Model

  /// One option and the six values that the large-scale study of Locatello et al.,
  /// arXiv:1811.12359, tries for it (disentanglement_lib `unsupervised_study_v1/sweep.py`).
  public struct Grid: Sendable {
    /// The option's name.
    public let option: String
    /// Its values.
    public let values: [Double]

    /// Pairs an option with the values to try.
    public init(_ option: String, _ values: [Double]) {
      self.option = option
      self.values = values
    }
  }

  /// Describes a model.
  ///
  /// - Parameters:
  ///   - name: Its name on the command line: letters, digits, `-`, `_` and `.`.
  ///   - summary: One line for lists.
  ///   - options: Its settings.
  ///   - grid: The values of one option that a study tries.
  ///   - publishedSizes: The values of options with which its nets have their published sizes.
  ///   - laterStages: The stages of its training after the first.
  ///   - sampling: How it draws images; nil to decode draws from the prior.
  ///   - readout: The axes of the headline score.
  ///   - hasCodes: Whether it encodes images.
  ///   - stepShare: Which share of a training's steps it takes, by its options.
  ///   - make: Makes the model, untrained, its initial weights from libtorch's generator.
  public init(
    name: String, summary: String, options: [ModelOption] = [], grid: Grid? = nil,
    publishedSizes: [(option: String, value: String)] = [], laterStages: [ModelStage] = [],
    sampling: ModelSampling? = nil,
    readout: CodeAlignment.Method = .raw, hasCodes: Bool = true,
    stepShare: @escaping @Sendable (ModelOptions) -> Double = { _ in 1 },
    make: @escaping @Sendable (ModelContext, ModelOptions) throws -> Model
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    self.grid = grid
    self.publishedSizes = publishedSizes
    self.laterStages = laterStages
    self.sampling = sampling
    self.readout = readout
    self.hasCodes = hasCodes
    self.stepShare = stepShare
    self.make = make
  }

  /// Refuses a model that encodes nothing.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)``.
  package func requireCodes() throws(TrainingError) {
    guard !hasCodes else { return }
    throw .badConfiguration(
      what: "model", expected: "one that encodes images",
      found: "'\(name)', which only makes them ('bench generate', 'bench sample')")
  }

  /// The later stages with which images are drawn.
  public var generatingStages: [ModelStage] { laterStages.filter(\.generates) }

  /// The stage of a name.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` that names those there are.
  public func laterStage(named stage: String) throws(TrainingError) -> ModelStage {
    guard let found = laterStages.first(where: { $0.name == stage }) else {
      let others = laterStages.map { "'\($0.name)'" }
      throw .badConfiguration(
        what: "stage of \(name)",
        expected: others.isEmpty
          ? "1, the only one" : "1 or \(others.joined(separator: ", "))",
        found: "'\(stage)'")
    }
    return found
  }
}
