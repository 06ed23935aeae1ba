import BenchSupport
import FoundationEssentials
import Reference
import Results
import Torch
import Yams

/// Everything that decides what a run gives: the contents of `config.yaml`.
struct RunConfiguration: Codable, Equatable {
  var dataset: String
  var datasetChecksum: String
  var model: String
  var preset: Preset
  var latentCount: Int
  var learningRate: Double
  var sampleCount: Int
  var metrics: [String]
  var plan: TrainingPlan

  enum CodingKeys: String, CodingKey {
    case dataset, model, preset, metrics
    case datasetChecksum = "dataset_checksum"
    case latentCount = "latent_count"
    case learningRate = "learning_rate"
    case sampleCount = "sample_count"
    case plan = "training"
  }

  /// Latents unless something else is asked for.
  static let defaultLatentCount = 10

  /// The preset's name, with what differs from it: `quick`, or `quick:steps=500,latents=6`.
  ///
  /// Run folders and results carry it, so that runs with other settings are never mistaken for the
  /// preset's.
  var presetName: String {
    var settings: [String] = []
    if plan.stepCount != preset.stepCount { settings.append("steps=\(plan.stepCount)") }
    if latentCount != Self.defaultLatentCount { settings.append("latents=\(latentCount)") }
    if plan.precision != .float32 { settings.append("precision=\(plan.precision.rawValue)") }
    return ([preset.rawValue] + (settings.isEmpty ? [] : [settings.joined(separator: ",")]))
      .joined(separator: ":")
  }

  /// The configuration as JSON, for result records.
  func json() throws -> JSONValue {
    try JSONValue(parsing: JSONEncoder().encode(self))
  }

  /// Writes `config.yaml`, or checks that the one there says the same.
  ///
  /// - Throws: ``CommandError/otherSettings(folder:setting:found:asked:)`` for another run's folder.
  func claim(_ folder: RunDirectory) throws {
    guard let data = FileManager.default.contents(atPath: folder.configPath) else {
      let text = try YAMLEncoder().encode(self)
      try AtomicFile.write(Array(text.utf8), to: folder.configPath)
      return
    }
    guard let found = try? YAMLDecoder().decode(RunConfiguration.self, from: data) else {
      throw CommandError.unreadableConfiguration(path: folder.configPath)
    }
    guard found != self else { return }
    let (mine, theirs) = (try json(), try found.json())
    let difference = Self.difference(mine, theirs, at: "")
    throw CommandError.otherSettings(
      folder: folder.path, setting: difference.name, found: difference.found,
      asked: difference.asked)
  }

  private static func difference(_ mine: JSONValue, _ theirs: JSONValue, at name: String) -> (
    name: String, asked: String, found: String
  ) {
    if case .object(let members) = mine {
      for (key, value) in members.sorted(by: { $0.key < $1.key }) where value != theirs[key] {
        return difference(value, theirs[key] ?? .null, at: name.isEmpty ? key : "\(name).\(key)")
      }
    }
    return (name, (try? mine.line()) ?? "?", (try? theirs.line()) ?? "?")
  }
}

/// What a command itself finds wrong.
enum CommandError: Error, Equatable, CustomStringConvertible {
  /// A run folder belongs to a run with other settings.
  case otherSettings(folder: String, setting: String, found: String, asked: String)
  /// A run folder's configuration is damaged.
  case unreadableConfiguration(path: String)
  /// Some of several runs failed; their messages have been printed.
  case failedRuns(count: Int, total: Int)
  /// There is no factor, attribute or pair of values of that name to move along.
  case unknownDirection(name: String, known: [String])
  /// A dataset lacks what a command needs.
  case unsuitableDataset(name: String, reason: String)

  var description: String {
    switch self {
    case .otherSettings(let folder, let setting, let found, let asked):
      """
      \(folder) holds a run with \(setting) \(found), not \(asked); use another --out folder, or \
      --fresh to replace it.
      """
    case .unreadableConfiguration(let path):
      "\(path): not the configuration of a run; use another --out folder, or --fresh to replace it."
    case .failedRuns(let count, let total):
      "\(count) of \(total) runs failed; see the messages above."
    case .unknownDirection(let name, let known):
      "--along '\(name)': expected latents, pca or \(known.joined(separator: ", "))."
    case .unsuitableDataset(let name, let reason): "dataset '\(name)': \(reason)."
    }
  }
}
