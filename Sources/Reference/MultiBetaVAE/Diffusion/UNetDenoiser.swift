import Torch

/// The sizes of a ``UNetDenoiser``.
struct UNetSizes {
  /// Channels of the first level.
  let width: Int
  /// Channels of each level in units of ``width``.
  let multipliers: [Int]
  /// Residual blocks per level on the way down; one more on the way up.
  var blockCount = 2

  /// The sizes for latents of a height: LDM's for 64 (arXiv:2112.10752), smaller ones below 32.
  init(latentHeight: Int, width: Int?) {
    let isLarge = latentHeight >= 32
    self.width = width ?? (isLarge ? 224 : 128)
    multipliers = isLarge ? [1, 2, 3, 4] : [1, 2, 2]
  }
}

/// The denoiser of spatial latents: ADM's U-Net as LDM has it, with two heads.
///
/// Residual blocks with AdaGN, attention of heads of 32 channels on all levels but the first, one
/// normalisation and one 3×3 convolution that starts at zero per head.
struct UNetDenoiser: DenoiserNetwork {
  private let latentShape: [Int]
  private let embedding: BetaEmbedding
  private let net: UNet
  private let heads: [UNetHead]

  /// Adds the layers to a scope; latents are [channel, height, width].
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` for latents that cannot be
  ///   halved often enough.
  init(_ scope: ParameterScope, latentShape: [Int], sizes: UNetSizes) throws {
    let form = UNetForm(
      width: sizes.width, multipliers: sizes.multipliers, blockCount: sizes.blockCount,
      attentionLevels: Set(sizes.multipliers.indices.dropFirst()),
      attention: .pixels(headWidth: 32), resampling: .convolutions,
      conditions: [.init(width: BetaEmbedding.width)])
    guard latentShape.dropFirst().allSatisfy({ $0.isMultiple(of: form.reduction) }) else {
      throw TrainingError.badConfiguration(
        what: "latents", expected: "sides that are multiples of \(form.reduction)",
        found: "\(latentShape)")
    }
    self.latentShape = latentShape
    embedding = try BetaEmbedding(scope.scope("embedding"))
    net = try UNet(scope, channelCount: latentShape[0], form)
    heads = try ["noise", "displacement"].map { name in
      try UNetHead(scope.scope(name), width: form.widths[0], channelCount: latentShape[0])
    }
  }

  func callAsFunction(_ states: Tensor, t: Tensor, gamma: Tensor) throws -> DenoiserHeads {
    let conditions = try embedding(t: t, gamma: gamma)
    let width = conditions.shape[1]
    let condition = try conditions.unsqueezed(1)
      .expanded([t.shape[0], states.shape[0] / t.shape[0], width]).reshaped([-1, width])
    let features = try net(
      states.reshaped([-1] + latentShape), UNetContext(conditions: [condition]))
    return DenoiserHeads(
      noise: try heads[0](features).contiguous().flattened(),
      displacement: try heads[1](features).contiguous().flattened())
  }
}
