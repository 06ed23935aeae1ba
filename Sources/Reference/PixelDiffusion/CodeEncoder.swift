import Torch

/// The net that makes a code of an image.
enum CodeEncoder {
  /// The study's convolutions, which all models here share.
  case study
  /// DiffAE's (`BeatGANsEncoderModel`): the way down of a U-Net whose blocks have one convolution, and the mean of the last map.
  case pooled
  /// InfoDiffusion's: a whole U-Net whose one map is read by two layers.
  case wholeNet

  /// Adds the layers to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - channelCount: Channels of the images, which are 64×64.
  ///   - codeWidth: Numbers of a code.
  ///   - width: Channels of the first level of a U-Net.
  /// - Returns: The net: images in [0, 1], [batch, channel, 64, 64] → [batch, code].
  /// - Throws: `TorchError`.
  func net(_ scope: ParameterScope, channelCount: Int, codeWidth: Int, width: Int) throws
    -> (Tensor) throws -> Tensor
  {
    switch self {
    case .study:
      let net = try ConvolutionalEncoder(
        scope, channelCount: channelCount, latentCount: codeWidth, headCount: 1)
      return { try net($0)[0] }
    case .pooled:
      let net = try PooledEncoder(
        scope, channelCount: channelCount, codeWidth: codeWidth, width: width)
      return { try net($0 * 2 - 1) }
    case .wholeNet:
      let net = try WholeNetEncoder(
        scope, channelCount: channelCount, codeWidth: codeWidth, width: width)
      return { try net($0 * 2 - 1) }
    }
  }
}

/// ``CodeEncoder/pooled``.
private struct PooledEncoder {
  private let descent: UNetDescent
  private let middle: UNetMiddle
  private let norm: GroupNorm
  private let output: Convolution

  init(_ scope: ParameterScope, channelCount: Int, codeWidth: Int, width: Int) throws {
    var form = UNetForm(
      width: width, multipliers: [1, 2, 4, 8, 8], attentionLevels: [2], attention: .heads(1),
      resampling: .blocks, conditions: [])
    form.body = .init(convolutionCount: 1)
    descent = try UNetDescent(scope, channelCount: channelCount, form)
    middle = try UNetMiddle(scope, form)
    let last = 8 * width
    norm = try GroupNorm(scope.scope("norm"), groups: form.groups(last), channels: last)
    output = try Convolution(scope.scope("code"), input: last, output: codeWidth, kernel: 1)
  }

  func callAsFunction(_ images: Tensor) throws -> Tensor {
    let maps = try descent(images, [])
    let features = try norm(middle(maps[maps.count - 1], [])).silu()
    return try output(features.mean([2, 3], keepsDimensions: true)).flattened()
  }
}

/// ``CodeEncoder/wholeNet``.
private struct WholeNetEncoder {
  private static let pixelCount = 64 * 64

  private let net: UNet
  private let head: UNetHead
  private let layers: [Linear]

  init(_ scope: ParameterScope, channelCount: Int, codeWidth: Int, width: Int) throws {
    var form = NoiseNetLayout.infoDiffusion(width: width).form([])
    form.body.convolutionCount = 2
    net = try UNet(scope.scope("net"), channelCount: channelCount, form)
    head = try UNetHead(
      scope.scope("map"), width: width, channelCount: 1, groups: form.groups, .glorotUniform)
    layers = [
      try Linear(scope.scope("layer"), input: Self.pixelCount, output: codeWidth),
      try Linear(scope.scope("code"), input: codeWidth, output: codeWidth),
    ]
  }

  func callAsFunction(_ images: Tensor) throws -> Tensor {
    try layers[1](layers[0](head(net(images, [])).flattened()))
  }
}
