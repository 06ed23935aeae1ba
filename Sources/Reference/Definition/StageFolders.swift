public import BenchSupport

/// The places of the stages' checkpoints in a run folder.
public struct StageFolders: Sendable {
  /// The run folder, which holds the first stage's checkpoint.
  public let first: String

  /// The places in a run folder; naming the checkpoint in it names the folder.
  public init(_ folder: String) { first = Trainer.runFolder(of: folder) }

  /// A later stage's folder.
  public func folder(of stage: ModelStage) -> String { "\(first)/\(stage.folder)" }

  /// What identifies the first stage that later stages are built on.
  ///
  /// - Throws: ``TrainingError`` if there is none.
  public func firstDigest() throws -> String {
    let path = Trainer.checkpointPath(in: first)
    guard let digest = try? Digest.ofFile("\(path)/model.safetensors") else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "there is no trained first stage; start with bench train --stage 1")
    }
    return digest
  }

  /// Refuses a first stage whose training has not ended.
  func requireFinished(_ trained: TrainedModel) throws(TrainingError) {
    guard trained.state.step == trained.state.plan.stepCount else {
      throw .badCheckpoint(
        path: first,
        reason: """
          the first stage stands at step \(trained.state.step) of \
          \(trained.state.plan.stepCount); finish it first
          """)
    }
  }

  /// What a later stage was built for, kept in its checkpoints.
  public func context(of model: any StageModel) throws -> JSONValue {
    // The field's name is that of the first model that had stages; older checkpoints have it too.
    ["autoencoder": .string(try firstDigest()), "options": try model.optionsJSON()]
  }

  /// The checkpoint of a later stage.
  ///
  /// - Throws: ``TrainingError`` if there is none, or if it was trained on another first stage.
  public func checkpoint(of stage: ModelStage) throws -> Checkpoint {
    let path = Trainer.checkpointPath(in: folder(of: stage))
    guard Checkpoint.exists(at: path) else {
      throw TrainingError.badCheckpoint(
        path: path,
        reason: "there is no \(stage.title); train it with bench train --stage \(stage.name)")
    }
    let checkpoint = try Checkpoint(folder: path)
    guard checkpoint.state.context["autoencoder"]?.string == (try firstDigest()) else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "it was trained on another first stage than the one in \(first)")
    }
    return checkpoint
  }

  /// The choices that a later stage was trained with.
  ///
  /// - Throws: ``TrainingError/badCheckpoint(path:reason:)`` if the checkpoint does not say them.
  func options<Options: Decodable>(
    _ type: Options.Type, of stage: ModelStage, in checkpoint: Checkpoint
  ) throws(TrainingError) -> Options {
    guard let options = checkpoint.state.context["options"]?.decoded(as: type) else {
      throw .badCheckpoint(
        path: Trainer.checkpointPath(in: folder(of: stage)),
        reason: "state.json does not say which \(stage.title) it is")
    }
    return options
  }
}
