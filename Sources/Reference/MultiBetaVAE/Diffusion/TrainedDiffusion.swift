public import BenchSupport
import FoundationEssentials
public import Torch

/// The places of the stages' checkpoints in a run folder.
public struct StageFolders: Sendable {
  /// The run folder, which holds the first stage's checkpoint.
  public let autoencoder: String
  /// The second stage's folder.
  public var denoiser: String { "\(autoencoder)/denoiser" }
  /// The folder of the decoder that was tuned afterwards.
  public var decoder: String { "\(autoencoder)/decoder" }

  /// The places in a run folder.
  public init(_ folder: String) { autoencoder = folder }

  /// What identifies the first stage that later stages are built on.
  func autoencoderDigest() throws -> String {
    let path = Trainer.checkpointPath(in: autoencoder)
    guard let digest = try? Digest.ofFile("\(path)/model.safetensors") else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "there is no trained first stage; start with bench train --stage 1")
    }
    return digest
  }

  /// The trained first stage.
  ///
  /// - Throws: ``TrainingError`` if there is none, if its training has not ended, or if the model has
  ///   no second stage.
  public func openAutoencoder(on device: Device) throws -> (
    trained: TrainedModel, model: MultiBetaVAE
  ) {
    _ = try autoencoderDigest()
    let trained = try TrainedModel(folder: autoencoder, device: device)
    guard let model = trained.model as? MultiBetaVAE else {
      throw TrainingError.badConfiguration(
        what: "model", expected: "a multi-β VAE, which alone has further stages",
        found: "'\(trained.label)'")
    }
    guard trained.state.step == trained.state.plan.stepCount else {
      throw TrainingError.badCheckpoint(
        path: autoencoder,
        reason: """
          the first stage stands at step \(trained.state.step) of \
          \(trained.state.plan.stepCount); finish it first
          """)
    }
    return (trained, model)
  }
}

extension LatentDiffusion {
  /// The name in checkpoints.
  public static let name = "latent-diffusion"

  /// What a second stage was built for, kept in its checkpoints.
  public func context(_ folders: StageFolders) throws -> JSONValue {
    [
      "autoencoder": .string(try folders.autoencoderDigest()),
      "options": try options.json(),
    ]
  }
}

extension DecoderTuning.Options {
  /// What a tuned decoder was made from, kept in its checkpoints.
  public func context(_ folders: StageFolders) throws -> JSONValue {
    [
      "autoencoder": .string(try folders.autoencoderDigest()),
      "options": try JSONValue(parsing: JSONEncoder().encode(self)),
    ]
  }
}

extension DiffusionOptions {
  /// The choices as JSON.
  func json() throws -> JSONValue { try JSONValue(parsing: JSONEncoder().encode(self)) }

  /// Reads what ``json()`` gave; nil if it is something else.
  init?(_ json: JSONValue) {
    guard let text = try? json.line(),
      let options = try? JSONDecoder().decode(DiffusionOptions.self, from: Data(text.utf8))
    else { return nil }
    self = options
  }
}

/// Both trained stages, with the tuned decoder where there is one.
public struct TrainedDiffusion {
  /// The first stage as trained.
  public let trained: TrainedModel
  /// The second stage.
  public let diffusion: LatentDiffusion
  /// How far the second stage was trained.
  public let state: Checkpoint.State
  /// What turns clean latents into images: the first stage, or its tuned copy.
  public let decoder: MultiBetaVAE
  /// Whether ``decoder`` was tuned.
  public let hasTunedDecoder: Bool

  /// The first stage.
  public var autoencoder: MultiBetaVAE { diffusion.autoencoder }

  /// Opens a run folder.
  ///
  /// - Parameters:
  ///   - folder: The run folder.
  ///   - device: Where tensors live.
  ///   - usesTunedDecoder: Whether to decode with the tuned decoder if there is one.
  /// - Throws: ``TrainingError`` if a stage is missing or belongs to another first stage.
  public init(folder: String, device: Device, usesTunedDecoder: Bool = true) throws {
    let folders = StageFolders(folder)
    let (trained, autoencoder) = try folders.openAutoencoder(on: device)
    let path = Trainer.checkpointPath(in: folders.denoiser)
    guard Checkpoint.exists(at: path) else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "there is no second stage; train it with bench train --stage 2")
    }
    let checkpoint = try Checkpoint(folder: path)
    guard checkpoint.state.context["autoencoder"]?.string == (try folders.autoencoderDigest())
    else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "it was trained on another first stage than the one in \(folder)")
    }
    guard let options = checkpoint.state.context["options"].flatMap(DiffusionOptions.init) else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "state.json does not say which second stage it is")
    }
    let diffusion = try LatentDiffusion(autoencoder, options)
    try restore(diffusion.trainedState, from: checkpoint.model)
    self.trained = trained
    self.diffusion = diffusion
    state = checkpoint.state
    let tuned =
      usesTunedDecoder ? try Self.tunedDecoder(folders, trained, device: device) : nil
    decoder = tuned ?? autoencoder
    hasTunedDecoder = tuned != nil
  }

  /// The first stage with the decoder that was tuned afterwards, if it was.
  private static func tunedDecoder(
    _ folders: StageFolders, _ trained: TrainedModel, device: Device
  ) throws -> MultiBetaVAE? {
    let path = Trainer.checkpointPath(in: folders.decoder)
    guard Checkpoint.exists(at: path) else { return nil }
    let checkpoint = try Checkpoint(folder: path)
    let model = try ModelSpecification(parsing: trained.label).make(
      trained.setting.context(on: device))
    guard checkpoint.state.context["autoencoder"]?.string == (try folders.autoencoderDigest()),
      let decoder = model as? MultiBetaVAE
    else {
      throw TrainingError.badCheckpoint(
        path: path, reason: "it was tuned on another first stage than the one beside it")
    }
    try restore(decoder.trainedState, from: checkpoint.model)
    return decoder
  }

  /// Images in [0, 1] of clean latents.
  public func decode(_ latents: Tensor) throws -> Tensor {
    try decoder.decode(latents, at: autoencoder.sharpestPoint())
  }
}
