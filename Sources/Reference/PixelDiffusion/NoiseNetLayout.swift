import Torch

/// The sizes of the net that predicts noise, and what its parts are.
struct NoiseNetLayout: Sendable {
  /// Pixels on a side of the blocks that are put into channels; 1 leaves images as they are.
  var blockSide = 4
  /// Channels of the first level.
  var width: Int
  /// Channels of each level in units of ``width``.
  var multipliers = [1, 2, 4, 4]
  /// Residual blocks per level on the way down; one more on the way up.
  var blockCount = 2
  /// The levels with attention; the middle always has it.
  var attentionLevels: Set<Int> = [0, 1, 2]
  /// Heads of attention.
  var headCount = 8
  /// Numbers of a state's embedding in units of ``width``.
  var embeddingFactor = 4
  /// How the size of maps changes.
  var resampling = UNetForm.Resampling.blocks
  /// What residual blocks consist of.
  var body = ResidualBlock.Body()
  /// How a state enters them.
  var stateEntry = ResidualBlock.Condition.Entry.scaleAndShift
  /// Groups of a normalisation of so many channels.
  var groups: @Sendable (Int) -> Int = wideGroupCount

  /// The net that all methods share here: ``latentDiffusion(width:)`` with one block per level on the way down in the place
  /// of two, and heads of at least 16 channels, as many as divide the width, or one head.
  static func shared(width: Int) -> NoiseNetLayout {
    let headCount = (1...max(1, width / 16)).last { width.isMultiple(of: $0) } ?? 1
    return NoiseNetLayout(width: width, blockCount: 1, headCount: headCount)
  }

  /// DisDiff's and EncDiff's (`openaimodel_shift.py`, `openaimodel_enc.py`), on blocks of pixels in the place of latents.
  static func latentDiffusion(width: Int) -> NoiseNetLayout {
    NoiseNetLayout(width: width, groups: groupCount)
  }

  /// DDPM's for 64×64 images, as `ermongroup/ddim` has it (`configs/celeba.yml`).
  static func ddpm(width: Int) -> NoiseNetLayout {
    NoiseNetLayout(
      blockSide: 1, width: width, multipliers: [1, 2, 2, 2, 4], attentionLevels: [2], headCount: 1,
      resampling: .convolutions, body: .init(dropout: 0.1), stateEntry: .sum, groups: groupCount)
  }

  /// DiffAE's for 64×64 images (`celeba64d2c_autoenc`).
  static func diffAE(width: Int) -> NoiseNetLayout {
    NoiseNetLayout(
      blockSide: 1, width: width, multipliers: [1, 2, 4, 8], attentionLevels: [2], headCount: 1,
      embeddingFactor: 8, body: .init(dropout: 0.1), groups: groupCount)
  }

  /// InfoDiffusion's on its main branch (`AuxiliaryUNet`), without the cross-attention that it builds and does not call.
  static func infoDiffusion(width: Int) -> NoiseNetLayout {
    NoiseNetLayout(
      blockSide: 1, width: width, multipliers: [1, 2, 2, 2], attentionLevels: [2], headCount: 1,
      resampling: .convolutions,
      body: .init(convolutionCount: 3, lastInitializer: .glorotUniform, dropout: 0.1),
      groups: groupCount)
  }

  /// Numbers of a state's embedding.
  var embeddingWidth: Int { embeddingFactor * width }

  /// The form of the U-Net, attention over pixels.
  func form(_ conditions: [ResidualBlock.Condition]) -> UNetForm {
    var form = UNetForm(
      width: width, multipliers: multipliers, blockCount: blockCount,
      attentionLevels: attentionLevels, attention: .heads(headCount), resampling: resampling,
      conditions: conditions)
    form.body = body
    form.groups = groups
    return form
  }
}
