import BenchSupport
import Synchronization

/// All models.
public enum ModelCatalog {
  /// The suite's own, in the order in which tables show them; a new one is one file and one line here.
  private static let builtIn: [ModelDefinition] = [
    .multiBetaVAE, .multiBetaVAEDiagonal, .multiBetaVAEDiagonalPerImage, .betaVAE, .factorVAE,
    .betaTCVAE, .annealedVAE,
    .dipVAE1, .dipVAE2, .infoVAE, .controlVAE, .multiRateVAE, .gan, .infoGAN, .infoGANCR,
    .diffusion, .diffusionAutoencoder, .infoDiffusion, .tokenDiffusion, .conceptDiffusion,
  ]

  /// The multi-β VAE as it stands beside others in the tables of arXiv:2507.06613, in both of its readings.
  private static let ours = ["multi-beta-vae", "multi-beta-vae:times=logit"]

  private static let registered = Mutex<[ModelDefinition]>([])

  /// The suite's models and those that were registered.
  public static var all: [ModelDefinition] { builtIn + registered.withLock { $0 } }

  /// Adds a model of another package: every study and command finds it by its name from then on.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` if the name is taken or cannot
  ///   be written on a command line and in a folder's name.
  public static func register(_ definition: ModelDefinition) throws(TrainingError) {
    let isName =
      definition.name.first != "."
      && definition.name.wholeMatch(of: /[A-Za-z0-9._-]+/) != nil
    let groups = groups.map(\.name)
    // Asked and added under one lock, or two threads could take the same name.
    let isAdded = registered.withLock { models in
      let taken = (builtIn + models).map(\.name) + groups
      guard isName, !taken.contains(definition.name) else { return false }
      models.append(definition)
      return true
    }
    guard isAdded else {
      throw .badConfiguration(
        what: "name of a model",
        expected: isName
          ? "one that no model or group has" : "letters, digits, '-', '_' and '.'",
        found: "'\(definition.name)'")
    }
  }

  /// The model of a name.
  ///
  /// - Throws: ``TrainingError/unknownModel(name:known:)``, which names the nearest.
  public static func definition(named name: String) throws(TrainingError) -> ModelDefinition {
    if let found = all.first(where: { $0.name == name }) { return found }
    throw .unknownModel(name: name, known: all.map(\.name) + groups.map(\.name))
  }

  /// The names of groups of models: the question at hand, every model, the large-scale study's 36,
  /// and each of its grids as `name:grid`.
  public static var groups: [(name: String, models: [String])] {
    [
      (
        "all",
        ["multi-beta-vae", "multi-beta-vae-diag", "beta-vae", "factor-vae", "beta-tcvae"]
      ),
      (
        "main",
        [
          "multi-beta-vae", "multi-beta-vae:times=logit", "multi-beta-vae-diag:times=logit",
          "multi-beta-vae-diag-x:times=logit", "beta-vae", "factor-vae", "beta-tcvae", "mr-vae",
        ]
      ),
      ("rivals", ["diffae", "info-diffusion", "disdiff", "encdiff", "infogan-cr"]),
      (
        "table1",
        ["beta-vae", "info-vae", "diffae", "info-diffusion:mmd=0", "info-diffusion", "disdiff"]
          + ours
      ),
      ("table2", ["factor-vae", "beta-tcvae", "infogan-cr"] + ours),
      ("everything", all.filter(\.hasCodes).map(\.name)),
      ("study", all.flatMap(\.gridNames)),
    ]
      + all.filter { $0.grid != nil }.map { ("\($0.name):grid", $0.gridNames) }
  }

  /// The models of the group `everything` that are not in the first, `all`.
  public static var others: [String] {
    all.filter(\.hasCodes).map(\.name).filter { !groups[0].models.contains($0) }
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

extension ModelSpecification {
  /// Reads `name` or `name:option=value,…`.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)``.
  public init(parsing text: String) throws(TrainingError) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    self.init(try ModelCatalog.definition(named: String(parts[0])))
    for setting in parts.dropFirst().joined().split(separator: ",") {
      let pair = setting.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        .map(String.init)
      guard pair.count == 2 || !hasOption(pair[0]) else {
        throw .badConfiguration(
          what: "\(name):\(pair[0])", expected: "a value after '='", found: "'\(setting)'")
      }
      try choose(pair[0], pair.count == 2 ? pair[1] : "")
    }
  }
}

extension ModelDefinition {
  /// The models of the grid, as the command line writes them.
  fileprivate var gridNames: [String] {
    guard let grid else { return [] }
    return grid.values.map { "\(name):\(grid.option)=\($0)" }
  }
}
