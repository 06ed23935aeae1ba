/// Which part of a multi-β model a command trains.
package enum TrainingStage: String, CaseIterable {
  /// The autoencoder; the whole of every other model.
  case first = "1"
  /// The denoiser of its latents.
  case second = "2"
  /// The decoder, adversarially, on the finished first stage.
  case decoder
  /// The first two, one after the other.
  case all

  package var hasFirst: Bool { self == .first || self == .all }
  package var hasSecond: Bool { self == .second || self == .all }
}
