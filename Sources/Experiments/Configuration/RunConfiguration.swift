package import BenchSupport
package import Datasets
import FoundationEssentials
package import Reference
package import Results
import Torch
import Yams

/// Everything that decides what a run gives: the contents of `config.yaml`.
package struct RunConfiguration: Codable, Equatable {
  package var dataset: String
  package var datasetChecksum: String
  package var model: String
  package var preset: Preset
  package var latentCount: Int
  package var learningRate: Double
  package var sampleCount: Int
  package var metrics: [String]
  package var plan: TrainingPlan
  /// Samples and their scores; nil for a run without.
  package var generation: GenerationSettings?

  /// Describes a run.
  package init(
    dataset: String, datasetChecksum: String, model: String, preset: Preset, latentCount: Int,
    learningRate: Double, sampleCount: Int, metrics: [String], plan: TrainingPlan,
    generation: GenerationSettings? = nil
  ) {
    self.dataset = dataset
    self.datasetChecksum = datasetChecksum
    self.model = model
    self.preset = preset
    self.latentCount = latentCount
    self.learningRate = learningRate
    self.sampleCount = sampleCount
    self.metrics = metrics
    self.plan = plan
    self.generation = generation
  }

  package enum CodingKeys: String, CodingKey {
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
  package func presetLabel(for dataset: any ImageDataset) -> String {
    guard generation == nil || !metrics.isEmpty else { return Self.generationLabel(preset) }
    var settings: [String] = []
    // Of a model that takes a share of the steps, the training's are named, as all models' are.
    let specification = try? ModelSpecification(parsing: model)
    if plan.stepCount != specification?.stepCount(of: preset.stepCount) ?? preset.stepCount {
      let share = specification.map { $0.definition.stepShare($0.options) } ?? 1
      settings.append("steps=\(Int((Double(plan.stepCount) / share).rounded()))")
    }
    if latentCount != preset.latentCount(for: dataset) { settings.append("latents=\(latentCount)") }
    if plan.precision != .float32 { settings.append("precision=\(plan.precision.rawValue)") }
    return ([preset.rawValue] + (settings.isEmpty ? [] : [settings.joined(separator: ",")]))
      .joined(separator: ":")
  }

  /// The preset in folders and records of runs that only generate.
  package static func generationLabel(_ preset: Preset) -> String { "generate-\(preset.rawValue)" }

  /// The configuration as JSON, for result records.
  package func json() throws -> JSONValue {
    try JSONValue(parsing: JSONEncoder().encode(self))
  }

  /// Writes `config.yaml`, or checks that the one there says the same.
  ///
  /// - Throws: ``ExperimentError/otherSettings(folder:setting:found:asked:)`` for another run's folder,
  ///   ``ExperimentError/foreignResult(folder:)`` for a result that no run made.
  package func claim(_ folder: RunDirectory) throws {
    guard let found = try RunConfiguration(of: folder) else {
      if folder.isComplete {
        let provenance = try RunResult(path: folder.resultPath).provenance
        guard let provenance, provenance.config["samples_from"] == nil else {
          throw ExperimentError.foreignResult(folder: folder.path)
        }
      }
      try AtomicFile.write(Array(yamlText(json()).utf8), to: folder.configPath)
      return
    }
    guard found != self else { return }
    let (mine, theirs) = (try json(), try found.json())
    let difference = Self.difference(mine, theirs, at: "")
    throw ExperimentError.otherSettings(
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
  /// - Throws: ``ExperimentError/unreadableConfiguration(path:reason:)``.
  package init?(of folder: RunDirectory) throws(ExperimentError) {
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
