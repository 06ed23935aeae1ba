import BenchSupport

/// The metrics that answer the main questions; the others are there for who asks.
enum PrimaryMetrics {
  /// Of representations, in the order of questions (docs/experiments.md): shown by their label-free headline
  /// where results have one.
  private static let ofCodes = ["dci", "factorvae", "mig", "tad"]
  /// Of reconstructions and samples.
  private static let ofImages = ["rate", "mse", "fid", "frechet", "precision", "recall"]

  /// Those of a list of names, in the order of the questions.
  static func among(_ names: [String]) -> [String] {
    let known = Set(names)
    return ofCodes.compactMap { name in
      [RunResult.readoutName(name), name].first { known.contains($0) }
    } + ofImages.filter { known.contains($0) }
  }
}

/// Presets in the order of tables: the standard one first, the others by name.
func inOrderOfTables(_ presets: [String]) -> [String] {
  func isStandard(_ preset: String) -> Bool { preset.prefix { $0 != ":" } == "standard" }
  return presets.filter(isStandard).sorted() + presets.filter { !isStandard($0) }.sorted()
}
