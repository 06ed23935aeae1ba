import BenchSupport
import Datasets
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
  /// Samples and their scores; nil for a run without.
  var generation: GenerationSettings?

  enum CodingKeys: String, CodingKey {
    case dataset, model, preset, metrics, generation
    case datasetChecksum = "dataset_checksum"
    case latentCount = "latent_count"
    case learningRate = "learning_rate"
    case sampleCount = "sample_count"
    case plan = "training"
  }

  /// The preset in folders and records, with what differs from it: `quick`, or
  /// `quick:steps=500,latents=6`.
  ///
  /// Runs with other settings are thus never mistaken for the preset's. Runs that only generate are
  /// trained for longer than those that are scored for their representations, and never stand among
  /// them.
  func presetLabel(for dataset: any ImageDataset) -> String {
    guard generation == nil || !metrics.isEmpty else { return Self.generationLabel(preset) }
    var settings: [String] = []
    if plan.stepCount != preset.stepCount { settings.append("steps=\(plan.stepCount)") }
    if latentCount != preset.latentCount(for: dataset) { settings.append("latents=\(latentCount)") }
    if plan.precision != .float32 { settings.append("precision=\(plan.precision.rawValue)") }
    return ([preset.rawValue] + (settings.isEmpty ? [] : [settings.joined(separator: ",")]))
      .joined(separator: ":")
  }

  /// The preset in folders and records of runs that only generate.
  static func generationLabel(_ preset: Preset) -> String { "generate-\(preset.rawValue)" }

  /// The configuration as JSON, for result records.
  func json() throws -> JSONValue {
    try JSONValue(parsing: JSONEncoder().encode(self))
  }

  /// Writes `config.yaml`, or checks that the one there says the same.
  ///
  /// - Throws: ``CommandError/otherSettings(folder:setting:found:asked:)`` for another run's folder.
  func claim(_ folder: RunDirectory) throws {
    guard let found = try RunConfiguration(of: folder) else {
      try AtomicFile.write(Array(yamlText(json()).utf8), to: folder.configPath)
      return
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

extension RunConfiguration {
  /// Reads the configuration of a run folder; nil if there is none.
  ///
  /// - Throws: ``CommandError/unreadableConfiguration(path:reason:)``.
  init?(of folder: RunDirectory) throws(CommandError) {
    guard let data = FileManager.default.contents(atPath: folder.configPath) else { return nil }
    do {
      self = try YAMLDecoder().decode(RunConfiguration.self, from: data)
    } catch {
      throw .unreadableConfiguration(path: folder.configPath, reason: Self.reason(error))
    }
  }

  /// What keeps a file from being a configuration, with the field's name.
  private static func reason(_ error: any Error) -> String {
    func field(_ path: [any CodingKey]) -> String {
      "the field '\(path.map(\.stringValue).joined(separator: "."))'"
    }
    switch error as? DecodingError {
    case .keyNotFound(let key, let context)?:
      return "\(field(context.codingPath + [key])) is missing"
    case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
      return "\(field(context.codingPath)) has another type than it must"
    case .dataCorrupted(let context)? where !context.codingPath.isEmpty:
      let unknown = context.underlyingError as? UnknownName
      return "\(field(context.codingPath)) \(unknown.map { "\($0)" } ?? "has no valid value")"
    default: return "it is not YAML"
    }
  }
}

/// What a command itself finds wrong.
enum CommandError: Error, Equatable, CustomStringConvertible {
  /// A run folder belongs to a run with other settings.
  case otherSettings(folder: String, setting: String, found: String, asked: String)
  /// A run folder's configuration is damaged.
  case unreadableConfiguration(path: String, reason: String)
  /// Some of several runs failed; their messages have been printed.
  case failedRuns(count: Int, total: Int)
  /// There is no factor, attribute or pair of values of that name to move along.
  case unknownDirection(name: String, known: [String])
  /// A dataset lacks what a command needs.
  case unsuitableDataset(name: String, reason: String)
  /// A sample is of another size than the dataset's images.
  case otherSize(file: String, found: ImageShape, expected: ImageShape)
  /// A folder of samples has the name of a model that was trained here.
  case otherSystem(name: String, folder: String)
  /// A checkpoint is of another model than the one asked for.
  case otherModel(checkpoint: String, found: String, asked: String)
  /// A command that works alone was started as several processes.
  case oneProcessOnly(command: String, processCount: Int)
  /// A time is too short for what has to happen in it.
  case tooFewMinutes(asked: Double, needed: Double)

  var description: String {
    switch self {
    case .otherSettings(let folder, let setting, let found, let asked):
      """
      \(folder) holds a run with \(setting) \(found), not \(asked); use another --out folder, or \
      --fresh to replace it.
      """
    case .unreadableConfiguration(let path, let reason):
      """
      \(path): not the configuration of a run: \(reason); correct it, use another --out folder, or \
      --fresh to replace it.
      """
    case .failedRuns(let count, let total):
      "\(count) of \(total) runs failed; see the messages above."
    case .unknownDirection(let name, let known):
      "--along '\(name)': expected latents, pca or \(known.joined(separator: ", "))."
    case .unsuitableDataset(let name, let reason): "dataset '\(name)': \(reason)."
    case .otherSize(let file, let found, let expected):
      """
      \(file): an image of \(found), the dataset's are \(expected); make the samples of that size, \
      or open the dataset at theirs, as in 'NAME@64'.
      """
    case .otherSystem(let name, let folder):
      "\(folder) holds a run of the model '\(name)'; give the samples another name with --system."
    case .otherModel(let checkpoint, let found, let asked):
      "\(checkpoint): it holds '\(found)', not '\(asked)'; leave out --model, or give another checkpoint."
    case .oneProcessOnly(let command, let processCount):
      """
      bench \(command) works in one process, and \(processCount) were started together; start it \
      without mpirun or srun (commands that share their work: \
      \(Bench.jointCommands.joined(separator: ", "))).
      """
    case .tooFewMinutes(let asked, let needed):
      """
      --minutes \(asked.fixed(1)) leaves no time for training: sampling and scoring alone take about \
      \(needed.fixed(1)); give more, or ask for fewer --samples.
      """
    }
  }
}
