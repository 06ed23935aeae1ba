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

  /// Channels of every level.
  var widths: [Int] { multipliers.map { $0 * width } }
}

/// The denoiser of spatial latents: ADM's U-Net as LDM has it, with two heads.
///
/// Residual blocks with AdaGN, attention of heads of 32 channels on all levels but the first, one
/// normalisation and one 3×3 convolution that starts at zero per head.
struct UNetDenoiser: DenoiserNetwork {
  /// A residual block, perhaps with attention after it.
  private struct Block {
    let residual: ResidualBlock
    let attention: SpatialAttention?

    init(_ scope: ParameterScope, input: Int, output: Int, hasAttention: Bool) throws {
      residual = try ResidualBlock(
        scope, input: input, output: output, condition: BetaEmbedding.width)
      attention =
        hasAttention ? try SpatialAttention(scope.scope("attention"), channels: output) : nil
    }

    func callAsFunction(_ features: Tensor, _ condition: Tensor) throws -> Tensor {
      let result = try residual(features, condition)
      return try attention.map { try $0(result) } ?? result
    }
  }

  /// One of the two outputs.
  private struct Head {
    let norm: GroupNorm
    let convolution: Convolution

    init(_ scope: ParameterScope, width: Int, channelCount: Int) throws {
      norm = try GroupNorm(scope.scope("norm"), groups: groupCount(width), channels: width)
      convolution = try Convolution(
        scope.scope("conv"), input: width, output: channelCount, kernel: 3, padding: 1,
        .constant(0))
    }

    func callAsFunction(_ features: Tensor) throws -> Tensor {
      try convolution(norm(features).silu()).contiguous().flattened()
    }
  }

  private let latentShape: [Int]
  private let embedding: BetaEmbedding
  private let first: Convolution
  private let down: [[Block]]
  private let downsamplings: [Convolution]
  private let middle: [Block]
  private let up: [[Block]]
  private let upsamplings: [Upsampling]
  private let heads: [Head]

  /// Adds the layers to a scope; latents are [channel, height, width].
  ///
  /// - Throws: ``TrainingError/badConfiguration(what:expected:found:)`` for latents that cannot be
  ///   halved often enough.
  init(_ scope: ParameterScope, latentShape: [Int], sizes: UNetSizes) throws {
    let widths = sizes.widths
    let reduction = 1 << (widths.count - 1)
    guard latentShape.dropFirst().allSatisfy({ $0.isMultiple(of: reduction) }) else {
      throw TrainingError.badConfiguration(
        what: "latents", expected: "sides that are multiples of \(reduction)",
        found: "\(latentShape)")
    }
    self.latentShape = latentShape
    embedding = try BetaEmbedding(scope.scope("embedding"))
    first = try Convolution(
      scope.scope("first"), input: latentShape[0], output: widths[0], kernel: 3, padding: 1)
    // What every block on the way down leaves for the way up.
    var skips = [widths[0]]
    var width = widths[0]
    var down: [[Block]] = []
    for (level, output) in widths.enumerated() {
      down.append(
        try (0..<sizes.blockCount).map { block in
          defer {
            width = output
            skips.append(output)
          }
          return try Block(
            scope.scope("down\(level + 1).block\(block + 1)"), input: width, output: output,
            hasAttention: level > 0)
        })
      if level < widths.count - 1 { skips.append(output) }
    }
    self.down = down
    downsamplings = try widths.dropLast().enumerated().map { level, width in
      try Convolution(
        scope.scope("down\(level + 1).down"), input: width, output: width, kernel: 3, stride: 2,
        padding: 1)
    }
    middle = try (0..<2).map { block in
      try Block(
        scope.scope("middle\(block + 1)"), input: width, output: width, hasAttention: block == 0)
    }
    var up: [[Block]] = []
    for (level, output) in widths.enumerated().reversed() {
      up.append(
        try (0...sizes.blockCount).map { block in
          defer { width = output }
          return try Block(
            scope.scope("up\(level + 1).block\(block + 1)"), input: width + skips.removeLast(),
            output: output, hasAttention: level > 0)
        })
    }
    self.up = up
    upsamplings = try widths.enumerated().dropFirst().reversed().map { level, width in
      try Upsampling(scope.scope("up\(level + 1).up"), channels: width)
    }
    heads = try ["noise", "displacement"].map { name in
      try Head(scope.scope(name), width: width, channelCount: latentShape[0])
    }
  }

  func callAsFunction(_ states: Tensor, t: Tensor, gamma: Tensor) throws -> DenoiserHeads {
    let conditions = try embedding(t: t, gamma: gamma)
    let width = conditions.shape[1]
    let condition = try conditions.unsqueezed(1)
      .expanded([t.shape[0], states.shape[0] / t.shape[0], width]).reshaped([-1, width])
    var features = try first(states.reshaped([-1] + latentShape).channelsLast())
    var skips = [features]
    for (level, blocks) in down.enumerated() {
      for block in blocks {
        features = try block(features, condition)
        skips.append(features)
      }
      if level < downsamplings.count {
        features = try downsamplings[level](features)
        skips.append(features)
      }
    }
    for block in middle { features = try block(features, condition) }
    for (level, blocks) in up.enumerated() {
      for block in blocks {
        let joined = try Tensor.concatenated([features, skips.removeLast()], dimension: 1)
        features = try block(joined, condition)
      }
      if level < upsamplings.count { features = try upsamplings[level](features) }
    }
    return DenoiserHeads(
      noise: try heads[0](features), displacement: try heads[1](features))
  }
}
