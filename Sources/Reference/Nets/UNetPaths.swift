import Torch

/// A residual block of a ``UNet``, perhaps with attention after it.
private struct UNetBlock {
  private let residual: ResidualBlock
  private let attention: Attention?

  private enum Attention {
    case pixels(SpatialAttention)
    case tokens(TokenTransformer)
  }

  init(
    _ scope: ParameterScope, _ form: UNetForm, input: Int, output: Int,
    hasAttention: Bool, resampling: ResidualBlock.Resampling = .none
  ) throws {
    residual = try ResidualBlock(
      scope, input: input, output: output, conditions: form.conditions, body: form.body,
      resampling: resampling, groups: form.groups)
    guard hasAttention else {
      attention = nil
      return
    }
    let inner = scope.scope("attention")
    attention =
      switch form.attention {
      case .pixels(let headWidth):
        .pixels(
          try SpatialAttention(
            inner, channels: output, headWidth: headWidth, groups: form.groups))
      case .heads(let count):
        .pixels(
          try SpatialAttention(
            inner, channels: output, headWidth: output / count, groups: form.groups))
      case .tokens(let heads, let width):
        .tokens(
          try TokenTransformer(
            inner, channels: output, headCount: heads, tokenWidth: width, groups: form.groups))
      }
  }

  func callAsFunction(_ features: Tensor, _ context: UNetContext) throws -> Tensor {
    let result = try residual(features, context.conditions, isTraining: context.isTraining)
    switch attention {
    case nil: return result
    case .pixels(let attention): return try attention(result)
    case .tokens(let transformer):
      guard let tokens = context.tokens else {
        preconditionFailure("a U-Net of tokens without tokens")
      }
      return try transformer(result, tokens)
    }
  }
}

/// What makes a map half as large, or twice.
private enum UNetResampler {
  case convolution(Convolution)
  case upsampling(Upsampling)
  case block(UNetBlock)

  func callAsFunction(_ features: Tensor, _ context: UNetContext) throws -> Tensor {
    switch self {
    case .convolution(let convolution): try convolution(features)
    case .upsampling(let upsampling): try upsampling(features)
    case .block(let block): try block(features, context)
    }
  }
}

/// The way down of a ``UNet``.
struct UNetDescent {
  private let first: Convolution
  private let blocks: [[UNetBlock]]
  private let downsamplings: [UNetResampler]

  /// Adds the layers to a scope; inputs have `channelCount` channels.
  init(_ scope: ParameterScope, channelCount: Int, _ form: UNetForm) throws {
    let widths = form.widths
    first = try Convolution(
      scope.scope("first"), input: channelCount, output: widths[0], kernel: 3, padding: 1)
    var width = widths[0]
    blocks = try widths.enumerated().map { level, output in
      try (0..<form.blockCount).map { block in
        defer { width = output }
        return try UNetBlock(
          scope.scope("down\(level + 1).block\(block + 1)"), form, input: width,
          output: output, hasAttention: form.attentionLevels.contains(level))
      }
    }
    downsamplings = try widths.dropLast().enumerated().map { level, width in
      let scope = scope.scope("down\(level + 1).down")
      return switch form.resampling {
      case .convolutions:
        .convolution(
          try Convolution(scope, input: width, output: width, kernel: 3, stride: 2, padding: 1))
      case .blocks:
        .block(
          try UNetBlock(
            scope, form, input: width, output: width, hasAttention: false, resampling: .halved))
      }
    }
  }

  /// Every map on the way, in order, the last of which is the smallest: what a way up starts from.
  func callAsFunction(_ input: Tensor, _ context: UNetContext) throws -> [Tensor] {
    var features = try first(input.channelsLast())
    var maps = [features]
    for (level, blocks) in blocks.enumerated() {
      for block in blocks {
        features = try block(features, context)
        maps.append(features)
      }
      if level < downsamplings.count {
        features = try downsamplings[level](features, context)
        maps.append(features)
      }
    }
    return maps
  }
}

/// The middle of a ``UNet``: two blocks, with attention after the first.
struct UNetMiddle {
  private let blocks: [UNetBlock]

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, _ form: UNetForm) throws {
    let width = form.widths[form.widths.count - 1]
    blocks = try (0..<2).map { block in
      try UNetBlock(
        scope.scope("middle\(block + 1)"), form, input: width, output: width,
        hasAttention: block == 0)
    }
  }

  /// The smallest map of a way down → the same shape.
  func callAsFunction(_ map: Tensor, _ context: UNetContext) throws -> Tensor {
    try blocks.reduce(map) { try $1($0, context) }
  }
}

/// The middle of a ``UNet`` and its way up.
struct UNetAscent {
  private let middle: UNetMiddle
  private let blocks: [[UNetBlock]]
  private let upsamplings: [UNetResampler]

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, _ form: UNetForm) throws {
    let widths = form.widths
    var skips = form.skipWidths
    var width = widths[widths.count - 1]
    middle = try UNetMiddle(scope, form)
    blocks = try widths.enumerated().reversed().map { level, output in
      try (0...form.blockCount).map { block in
        defer { width = output }
        return try UNetBlock(
          scope.scope("up\(level + 1).block\(block + 1)"), form,
          input: width + skips.removeLast(), output: output,
          hasAttention: form.attentionLevels.contains(level))
      }
    }
    upsamplings = try widths.enumerated().dropFirst().reversed().map { level, width in
      let scope = scope.scope("up\(level + 1).up")
      return switch form.resampling {
      case .convolutions: .upsampling(try Upsampling(scope, channels: width))
      case .blocks:
        .block(
          try UNetBlock(
            scope, form, input: width, output: width, hasAttention: false, resampling: .doubled))
      }
    }
  }

  /// The maps of a way down → [batch, ``UNetForm/width`` · first multiplier, height, width].
  func callAsFunction(_ maps: [Tensor], _ context: UNetContext) throws -> Tensor {
    var skips = maps
    guard let last = skips.last else { preconditionFailure("a way up from no maps") }
    var features = try middle(last, context)
    for (level, blocks) in blocks.enumerated() {
      for block in blocks {
        let joined = try Tensor.concatenated([features, skips.removeLast()], dimension: 1)
        features = try block(joined, context)
      }
      if level < upsamplings.count { features = try upsamplings[level](features, context) }
    }
    return features
  }
}
