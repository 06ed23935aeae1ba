import BenchSupport

/// A model as the catalog lists it.
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
  let make: @Sendable (ModelContext, ModelOptions) throws -> Model

  /// One option and the six values that the large-scale study of Locatello et al.,
  /// arXiv:1811.12359, tries for it (disentanglement_lib `unsupervised_study_v1/sweep.py`).
  public struct Grid: Sendable {
    /// The option's name.
    public let option: String
    /// Its values.
    public let values: [Double]

    init(_ option: String, _ values: [Double]) {
      self.option = option
      self.values = values
    }
  }

  init(
    name: String, summary: String, options: [ModelOption] = [], grid: Grid? = nil,
    make: @escaping @Sendable (ModelContext, ModelOptions) throws -> Model
  ) {
    self.name = name
    self.summary = summary
    self.options = options
    self.grid = grid
    self.make = make
  }
}

extension ModelDefinition {
  /// The models of the grid, as the command line writes them.
  fileprivate var gridNames: [String] {
    guard let grid else { return [] }
    return grid.values.map { "\(name):\(grid.option)=\($0)" }
  }
}

/// All models; a new one is one file and one line here.
public enum ModelCatalog {
  /// The models in the order in which tables show them.
  public static let all: [ModelDefinition] = [
    .multiBetaVAE, .multiBetaVAEDiagonal, .betaVAE, .factorVAE, .betaTCVAE, .annealedVAE,
    .dipVAE1, .dipVAE2, .infoVAE, .controlVAE, .multiRateVAE,
  ]

  /// The names of groups of models: the question at hand, every model, the large-scale study's 36,
  /// and each of its grids as `name:grid`.
  public static let groups: [(name: String, models: [String])] =
    [
      (
        "all",
        ["multi-beta-vae", "multi-beta-vae-diag", "beta-vae", "factor-vae", "beta-tcvae"]
      ),
      ("everything", all.map(\.name)),
      ("study", all.flatMap(\.gridNames)),
    ]
    + all.filter { $0.grid != nil }.map { ("\($0.name):grid", $0.gridNames) }

  /// The models that are not in the first group, `all`.
  public static var others: [String] {
    all.map(\.name).filter { !groups[0].models.contains($0) }
  }

  /// The models a command line asks for: names, groups, and `name:option=value,option=value`.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` with the nearest names.
  public static func specifications(_ texts: [String]) throws(TrainingError)
    -> [ModelSpecification]
  {
    var result: [ModelSpecification] = []
    for text in texts {
      let names = groups.first { $0.name == text }?.models ?? [text]
      for name in names {
        let specification = try ModelSpecification(parsing: name)
        if !result.contains(specification) { result.append(specification) }
      }
    }
    return result
  }
}

/// A model with the values of all its options.
public struct ModelSpecification: Sendable, Equatable {
  /// The model's name.
  public let name: String
  /// The values of its options.
  public let options: ModelOptions
  /// The name, with the options that differ from the defaults: `beta-vae:beta=6`.
  public let label: String

  /// Reads `name` or `name:option=value,…`.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)``.
  public init(parsing text: String) throws(TrainingError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    guard let definition = ModelCatalog.all.first(where: { $0.name == name }) else {
      let known = ModelCatalog.all.map(\.name) + ModelCatalog.groups.map(\.name)
      let near = nearestNames(to: name, in: known)
      throw .badConfiguration(
        what: "model", expected: "one of \((near.isEmpty ? known : near).joined(separator: ", "))",
        found: "'\(name)'")
    }
    var values = Dictionary(
      uniqueKeysWithValues: definition.options.map { ($0.name, $0.defaultValue) })
    var changed: [String] = []
    for setting in parts.dropFirst().joined().split(separator: ",") {
      let pair = setting.split(separator: "=", maxSplits: 1).map(String.init)
      guard let option = definition.options.first(where: { $0.name == pair[0] }) else {
        let known = definition.options.map(\.name).joined(separator: ", ")
        throw .badConfiguration(
          what: name, expected: known.isEmpty ? "no options" : "an option among \(known)",
          found: "'\(pair[0])'")
      }
      guard pair.count == 2 else {
        throw .badConfiguration(
          what: "\(name):\(pair[0])", expected: "a value after '='", found: "'\(setting)'")
      }
      let value = try option.canonical(pair[1], model: name)
      values[option.name] = value
    }
    for option in definition.options where values[option.name] != option.defaultValue {
      changed.append("\(option.name)=\(values[option.name] ?? "")")
    }
    self.name = name
    options = ModelOptions(values)
    label = changed.isEmpty ? name : "\(name):\(changed.joined(separator: ","))"
  }

  /// Creates the model, untrained; initial weights come from libtorch's generator.
  public func make(_ context: ModelContext) throws -> ModelDefinition.Model {
    guard let definition = ModelCatalog.all.first(where: { $0.name == name }) else {
      preconditionFailure("specification of the unknown model '\(name)'")
    }
    return try definition.make(context, options)
  }
}
