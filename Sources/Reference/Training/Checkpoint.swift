public import BenchSupport
import FoundationEssentials
public import Torch

/// A checkpoint folder: `model.safetensors`, `optimizer.safetensors` and `state.json`.
///
/// It is written beside its place, synced and renamed, and carries the checksums of its files, so
/// that a half-written or damaged one is never taken for a good one. Between the two renames of a
/// replacement the previous checkpoint stands under the name `<folder>.previous`.
public struct Checkpoint {
  /// What `state.json` holds besides the checksums.
  public struct State: Codable, Equatable, Sendable {
    /// Optimiser steps done.
    public var step: Int
    /// The model's name, with its options.
    public var model: String
    /// The plan it is trained on.
    public var plan: TrainingPlan
    /// Seconds spent training so far.
    public var trainingSeconds: Double
    /// Steps left out because a loss was not finite.
    public var skippedStepCount: Int
    /// How many of them were the last ones, one after another; nil for none, as in checkpoints of older
    /// versions.
    public var badStepsInARow: Int?
    /// What the model was built for: dataset, image shape, latents.
    public var context: JSONValue
    /// Processes that trained together up to this checkpoint since the last start; nil for one.
    public var processCount: Int?

    /// Describes a checkpoint.
    public init(
      step: Int, model: String, plan: TrainingPlan, trainingSeconds: Double,
      skippedStepCount: Int, badStepsInARow: Int? = nil, context: JSONValue,
      processCount: Int? = nil
    ) {
      self.step = step
      self.model = model
      self.plan = plan
      self.trainingSeconds = trainingSeconds
      self.skippedStepCount = skippedStepCount
      self.badStepsInARow = badStepsInARow
      self.context = context
      self.processCount = processCount
    }
  }

  private struct StateFile: Codable {
    var schema = 1
    let state: State
    let checksums: [String: String]
  }

  private static let files = ["model.safetensors", "optimizer.safetensors"]

  /// Where it was read.
  private let folder: String
  /// The state.
  public let state: State
  /// Parameters, buffers and averages.
  public let model: SafetensorsFile
  /// Optimisers' moments and generators' states.
  public let optimizer: SafetensorsFile

  /// Whether there is a checkpoint at `folder`.
  public static func exists(at folder: String) -> Bool { existing(folder) != nil }

  private static func existing(_ folder: String) -> String? {
    [folder, "\(folder).previous"].first {
      FileManager.default.fileExists(atPath: "\($0)/state.json")
    }
  }

  /// Reads and checks a checkpoint.
  ///
  /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` or `TorchError`.
  public init(folder: String) throws {
    guard let folder = Self.existing(folder) else {
      throw TrainingError.badCheckpoint(path: folder, reason: "there is no state.json in it")
    }
    let file: StateFile
    do {
      let text = try Data(contentsOf: URL(filePath: "\(folder)/state.json"))
      file = try JSONDecoder().decode(StateFile.self, from: text)
    } catch {
      throw TrainingError.badCheckpoint(path: folder, reason: "state.json cannot be read")
    }
    for name in Self.files {
      guard (try? Digest.ofFile("\(folder)/\(name)")) == file.checksums[name] else {
        throw TrainingError.badCheckpoint(
          path: folder, reason: "\(name) is missing or damaged (its checksum differs)")
      }
    }
    self.folder = folder
    state = file.state
    model = try SafetensorsFile(path: "\(folder)/model.safetensors")
    optimizer = try SafetensorsFile(path: "\(folder)/optimizer.safetensors")
  }

  /// Copies the checkpoint, whole or not at all, to a place where there is none.
  ///
  /// - Throws: `FileError`.
  public func copy(to target: String) throws {
    let files = FileManager.default
    let temporary = "\(target).partial"
    try? files.removeItem(atPath: temporary)
    do {
      let parent = URL(filePath: target).deletingLastPathComponent().path
      try files.createDirectory(atPath: parent, withIntermediateDirectories: true)
      try files.copyItem(atPath: folder, toPath: temporary)
    } catch {
      throw FileError.cannotWrite(path: target, reason: "the checkpoint cannot be copied there")
    }
    try AtomicFile.rename(temporary, to: target)
  }

  /// Writes a checkpoint over the one at `folder`.
  ///
  /// - Throws: `FileError` or `TorchError`; the previous checkpoint is then still there.
  public static func write(
    _ state: State, model: [NamedTensor], optimizer: [NamedTensor], to folder: String
  ) throws {
    let files = FileManager.default
    let (temporary, previous) = ("\(folder).partial", "\(folder).previous")
    try? files.removeItem(atPath: temporary)
    do {
      try files.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    } catch {
      throw FileError.cannotWrite(path: folder, reason: "the folder cannot be created")
    }
    do {
      var checksums: [String: String] = [:]
      for (name, tensors) in zip(Self.files, [model, optimizer]) {
        let bytes = try SafetensorsFile.encode(tensors)
        checksums[name] = Digest.of(bytes)
        try AtomicFile.writeSynced(bytes, to: "\(temporary)/\(name)")
      }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      let text = try encoder.encode(StateFile(state: state, checksums: checksums))
      try AtomicFile.writeSynced([UInt8](text), to: "\(temporary)/state.json")
    } catch {
      try? files.removeItem(atPath: temporary)
      throw error
    }
    if files.fileExists(atPath: folder) {
      try? files.removeItem(atPath: previous)
      try AtomicFile.rename(folder, to: previous)
    }
    try AtomicFile.rename(temporary, to: folder)
    try? files.removeItem(atPath: previous)
  }
}
