import Torch

/// Blocks of pixels put into channels, DDPM's own option (`block_size` in its CelebA-HQ script): with 4×4 pixels the map of
/// 64×64 images is 16×16, as latent diffusion's first stage would make it, without one.
struct PixelBlocks {
  /// Channels of the images.
  let channelCount: Int
  /// Pixels on a side of a block; 1 changes nothing.
  let side: Int

  /// Channels of the blocks.
  var width: Int { channelCount * side * side }

  /// [batch, channel, height, width] → [batch, channel · side², height / side, width / side].
  func split(_ images: Tensor) throws -> Tensor {
    guard side > 1 else { return images }
    let shape = images.shape
    return try images.reshaped(
      [shape[0], shape[1], shape[2] / side, side, shape[3] / side, side]
    ).permuted([0, 1, 3, 5, 2, 4])
      .reshaped([shape[0], shape[1] * side * side, shape[2] / side, shape[3] / side])
  }

  /// The other way.
  func joined(_ blocks: Tensor) throws -> Tensor {
    guard side > 1 else { return blocks }
    let shape = blocks.shape
    return try blocks.reshaped([shape[0], channelCount, side, side, shape[2], shape[3]])
      .permuted([0, 1, 4, 2, 5, 3])
      .reshaped([shape[0], channelCount, shape[2] * side, shape[3] * side])
  }
}
