import Torch

/// Blocks of 4×4 pixels put into channels, DDPM's own option (`block_size` in its CelebA-HQ script): the map of 64×64 images
/// is 16×16, as latent diffusion's first stage would make it, without one.
struct PixelBlocks {
  private static let side = 4

  /// Channels of the images.
  let channelCount: Int

  /// Channels of the blocks.
  var width: Int { channelCount * Self.side * Self.side }

  /// [batch, channel, height, width] → [batch, channel · 16, height / 4, width / 4].
  func split(_ images: Tensor) throws -> Tensor {
    let (shape, side) = (images.shape, Self.side)
    return try images.reshaped(
      [shape[0], shape[1], shape[2] / side, side, shape[3] / side, side]
    ).permuted([0, 1, 3, 5, 2, 4])
      .reshaped([shape[0], shape[1] * side * side, shape[2] / side, shape[3] / side])
  }

  /// The other way.
  func joined(_ blocks: Tensor) throws -> Tensor {
    let (shape, side) = (blocks.shape, Self.side)
    return try blocks.reshaped([shape[0], channelCount, side, side, shape[2], shape[3]])
      .permuted([0, 1, 4, 2, 5, 3])
      .reshaped([shape[0], channelCount, shape[2] * side, shape[3] * side])
  }
}
