import Datasets
package import Torch

/// The architectures of the autoencoder.
public enum Architecture: String, Sendable, CaseIterable {
  /// The large-scale study's nets for 64×64 images, modulated after every layer.
  case study
  /// Residual, 64 channels × 1, 2, 4, 4, with a vector of latents; for 64×64 images.
  case residualVector = "res-vector"
  /// Residual, 64 channels × 1, 2, 4, with latents of 4 channels at a quarter of the size.
  case residualSpatial = "res-spatial"
  /// Residual, 128 channels × 1, 2, 4, with latents of 3 channels at a quarter of the size: LDM's
  /// KL-f4 (arXiv:2112.10752) for 256×256 images.
  case klF4 = "kl-f4"
  /// Residual, 128 channels × 1, 2, 4, 4, with latents of 4 channels at an eighth: LDM's KL-f8.
  case klF8 = "kl-f8"

  /// The residual nets' sizes; nil for ``study``.
  func residual(width: Int?) -> ResidualSizes? {
    switch self {
    case .study: nil
    case .residualVector: ResidualSizes(width: width ?? 64, multipliers: [1, 2, 4, 4])
    case .residualSpatial:
      ResidualSizes(width: width ?? 64, multipliers: [1, 2, 4], latentChannels: 4)
    case .klF4: ResidualSizes(width: width ?? 128, multipliers: [1, 2, 4], latentChannels: 3)
    case .klF8: ResidualSizes(width: width ?? 128, multipliers: [1, 2, 4, 4], latentChannels: 4)
    }
  }
}

/// The sizes of a residual encoder and decoder.
struct ResidualSizes {
  /// Channels of the first level.
  let width: Int
  /// Channels of each level in units of ``width``; the size halves from level to level.
  let multipliers: [Int]
  /// Channels of spatial latents; nil for a vector of latents.
  var latentChannels: Int?
  /// Residual blocks per level of the encoder; the decoder has one more.
  var blockCount = 2

  /// Channels of every level.
  var widths: [Int] { multipliers.map { $0 * width } }
  /// By how much the last level is smaller than the image.
  var reduction: Int { 1 << (multipliers.count - 1) }
}

/// Residual encoder and decoder with AdaGN(β), after LDM's autoencoder without attention.
package struct ResidualMultiBetaNetworks: MultiBetaNetworks {
  package let latentCount: Int
  package let latentShape: [Int]
  package var outputWeight: Tensor { decoder.outputWeight }
  private let encoder: ResidualEncoder
  private let decoder: ResidualDecoder

  /// Adds the networks to a scope.
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` for images that cannot be
  ///   halved often enough.
  init(
    _ scope: ParameterScope, imageShape: ImageShape, latentCount: Int, sizes: ResidualSizes,
    hasShift: Bool = false
  ) throws {
    let reduction = sizes.reduction
    guard imageShape.height.isMultiple(of: reduction), imageShape.width.isMultiple(of: reduction)
    else {
      throw TrainingError.badConfiguration(
        what: "architecture", expected: "images whose sides are multiples of \(reduction)",
        found: "images of \(imageShape)")
    }
    let grid = [imageShape.height / reduction, imageShape.width / reduction]
    latentShape = sizes.latentChannels.map { [$0] + grid } ?? [latentCount]
    self.latentCount = latentShape.reduce(1, *)
    encoder = try ResidualEncoder(
      scope.scope("encoder"), channelCount: imageShape.channelCount, grid: grid,
      latentCount: self.latentCount, sizes: sizes, hasShift: hasShift)
    decoder = try ResidualDecoder(
      scope.scope("decoder"), channelCount: imageShape.channelCount, grid: grid,
      latentShape: latentShape, sizes: sizes)
  }

  package func encode(_ observations: Tensor, _ condition: Tensor) throws -> Tensor {
    try posterior(observations, condition).mean
  }

  package func posterior(_ observations: Tensor, _ condition: Tensor) throws -> PosteriorHeads {
    try encoder(observations, condition)
  }

  package func decode(_ latents: Tensor, _ condition: Tensor) throws -> Tensor {
    try decoder(latents, condition)
  }
}

/// Images to latents.
struct ResidualEncoder {
  private let first: Convolution
  private let levels: [[ResidualBlock]]
  private let downsamplings: [Convolution]
  private let middle: [ResidualBlock]
  private let norm: GroupNorm
  private let mean: ResidualHead
  private let shift: ResidualHead?

  init(
    _ scope: ParameterScope, channelCount: Int, grid: [Int], latentCount: Int,
    sizes: ResidualSizes, hasShift: Bool
  ) throws {
    let widths = sizes.widths
    let condition = BetaEmbedding.width
    first = try Convolution(
      scope.scope("first"), input: channelCount, output: widths[0], kernel: 3, padding: 1)
    levels = try widths.indices.map { level in
      try (0..<sizes.blockCount).map { block in
        try ResidualBlock(
          scope.scope("level\(level + 1).block\(block + 1)"),
          input: block > 0 ? widths[level] : widths[max(level - 1, 0)], output: widths[level],
          condition: condition)
      }
    }
    downsamplings = try widths.dropLast().enumerated().map { level, width in
      try Convolution(
        scope.scope("level\(level + 1).down"), input: width, output: width, kernel: 3, stride: 2,
        padding: 1)
    }
    let width = widths[widths.count - 1]
    middle = try (0..<2).map { block in
      try ResidualBlock(
        scope.scope("middle\(block + 1)"), input: width, output: width, condition: condition)
    }
    norm = try GroupNorm(scope.scope("norm"), groups: groupCount(width), channels: width)
    func head(_ name: String, _ initializer: Initializer) throws -> ResidualHead {
      try ResidualHead(
        scope.scope(name), width: width, grid: grid, latentCount: latentCount,
        latentChannels: sizes.latentChannels, initializer)
    }
    mean = try head("mean", .torchDefault)
    shift = hasShift ? try head("log_variance", .constant(0)) : nil
  }

  /// [batch, channel, height, width] → the posterior's heads, [batch, latent] each.
  func callAsFunction(_ images: Tensor, _ condition: Tensor) throws -> PosteriorHeads {
    var features = try first(images)
    for (level, blocks) in levels.enumerated() {
      for block in blocks { features = try block(features, condition) }
      if level < downsamplings.count { features = try downsamplings[level](features) }
    }
    for block in middle { features = try block(features, condition) }
    features = try norm(features).silu()
    return PosteriorHeads(mean: try mean(features), shift: try shift.map { try $0(features) })
  }
}

/// One number per latent from the last features: a convolution for spatial latents, else a dense layer.
private struct ResidualHead {
  private let convolution: Convolution?
  private let dense: Linear?

  init(
    _ scope: ParameterScope, width: Int, grid: [Int], latentCount: Int, latentChannels: Int?,
    _ initializer: Initializer
  ) throws {
    convolution = try latentChannels.map {
      try Convolution(
        scope, input: width, output: $0, kernel: 3, padding: 1, initializer)
    }
    dense =
      latentChannels == nil
      ? try Linear(scope, input: width * grid[0] * grid[1], output: latentCount, initializer) : nil
  }

  /// [batch, feature, height, width] → [batch, latent].
  func callAsFunction(_ features: Tensor) throws -> Tensor {
    let flat = try (convolution.map { try $0(features) } ?? features).contiguous().flattened()
    return try dense.map { try $0(flat) } ?? flat
  }
}

/// Latents to images.
struct ResidualDecoder {
  private let dense: Linear?
  private let first: Convolution?
  private let startShape: [Int]
  private let middle: [ResidualBlock]
  private let levels: [[ResidualBlock]]
  private let upsamplings: [Upsampling]
  private let norm: GroupNorm
  private let last: Convolution

  /// The weight of the last layer.
  var outputWeight: Tensor { last.weight }

  init(
    _ scope: ParameterScope, channelCount: Int, grid: [Int], latentShape: [Int],
    sizes: ResidualSizes
  ) throws {
    let widths: [Int] = sizes.widths.reversed()
    let condition = BetaEmbedding.width
    let isSpatial = latentShape.count == 3
    startShape = [-1, isSpatial ? latentShape[0] : widths[0]] + grid
    dense =
      isSpatial
      ? nil
      : try Linear(
        scope.scope("first"), input: latentShape[0], output: widths[0] * grid[0] * grid[1])
    first =
      isSpatial
      ? try Convolution(
        scope.scope("first"), input: latentShape[0], output: widths[0], kernel: 3, padding: 1)
      : nil
    middle = try (0..<2).map { block in
      try ResidualBlock(
        scope.scope("middle\(block + 1)"), input: widths[0], output: widths[0],
        condition: condition)
    }
    levels = try widths.indices.map { level in
      try (0...sizes.blockCount).map { block in
        try ResidualBlock(
          scope.scope("level\(level + 1).block\(block + 1)"),
          input: block > 0 ? widths[level] : widths[max(level - 1, 0)], output: widths[level],
          condition: condition)
      }
    }
    upsamplings = try widths.dropLast().enumerated().map { level, width in
      try Upsampling(scope.scope("level\(level + 1).up"), channels: width)
    }
    let width = widths[widths.count - 1]
    norm = try GroupNorm(scope.scope("norm"), groups: groupCount(width), channels: width)
    last = try Convolution(
      scope.scope("last"), input: width, output: channelCount, kernel: 3, padding: 1)
  }

  /// [batch, latent] → [batch, channel, height, width].
  func callAsFunction(_ latents: Tensor, _ condition: Tensor) throws -> Tensor {
    let start = try (dense.map { try $0(latents) } ?? latents).reshaped(startShape).channelsLast()
    var features = try first.map { try $0(start) } ?? start
    for block in middle { features = try block(features, condition) }
    for (level, blocks) in levels.enumerated() {
      for block in blocks { features = try block(features, condition) }
      if level < upsamplings.count { features = try upsamplings[level](features) }
    }
    return try last(norm(features).silu())
  }
}
