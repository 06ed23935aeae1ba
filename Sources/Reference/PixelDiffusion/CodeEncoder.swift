import Torch

/// The net that makes a code of an image.
enum CodeEncoder {
  /// The study's convolutions, which all models here share.
  case study
  /// DiffAE's (`BeatGANsEncoderModel`): the way down of a U-Net whose blocks have one convolution, and the mean of the last map.
  case pooled
  /// InfoDiffusion's: a whole U-Net whose one map is read by two layers.
  case wholeNet
  /// DisDiff's and EncDiff's (`Encoder4`): strided convolutions and two residual blocks with batch normalisation.
  case normalized

  /// Images in [0, 1], [batch, channel, 64, 64], and whether a batch is normalised by its own moments → [batch, code].
  typealias Net = (_ images: Tensor, _ isTraining: Bool) throws -> Tensor

  /// Adds the layers to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - channelCount: Channels of the images, which are 64×64.
  ///   - codeWidth: Numbers of a code.
  ///   - width: Channels of the first level of a U-Net.
  /// - Returns: The net.
  /// - Throws: `TorchError`.
  func net(_ scope: ParameterScope, channelCount: Int, codeWidth: Int, width: Int) throws
    -> Net
  {
    switch self {
    case .study:
      let net = try ConvolutionalEncoder(
        scope, channelCount: channelCount, latentCount: codeWidth, headCount: 1)
      return { images, _ in try net(images)[0] }
    case .pooled:
      let net = try PooledEncoder(
        scope, channelCount: channelCount, codeWidth: codeWidth, width: width)
      return { images, _ in try net(images * 2 - 1) }
    case .wholeNet:
      let net = try WholeNetEncoder(
        scope, channelCount: channelCount, codeWidth: codeWidth, width: width)
      return { try net($0 * 2 - 1, isTraining: $1) }
    case .normalized:
      let net = try NormalizedEncoder(scope, channelCount: channelCount, codeWidth: codeWidth)
      return { try net($0 * 2 - 1, isTraining: $1) }
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
    let maps = try descent(images, UNetContext())
    let features = try norm(middle(maps[maps.count - 1], UNetContext())).silu()
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

  func callAsFunction(_ images: Tensor, isTraining: Bool) throws -> Tensor {
    try layers[1](layers[0](head(net(images, UNetContext(isTraining: isTraining))).flattened()))
  }
}

/// ``CodeEncoder/normalized``.
private struct NormalizedEncoder {
  private static let width = 128
  private static let lastSide = 4

  private let convolutions: [(convolution: Convolution, norm: BatchNorm)]
  private let blocks: [Block]
  private let norm: BatchNorm
  private let output: Linear

  init(_ scope: ParameterScope, channelCount: Int, codeWidth: Int) throws {
    let width = Self.width
    convolutions = try (0..<4).map { index in
      (
        try Convolution(
          scope.scope("conv\(index + 1)"), input: index == 0 ? channelCount : width,
          output: width, kernel: 4, stride: 2, padding: 1),
        try BatchNorm(scope.scope("norm\(index + 1)"), width: width)
      )
    }
    blocks = try (0..<2).map { try Block(scope.scope("block\($0 + 1)"), width: width) }
    norm = try BatchNorm(scope.scope("norm"), width: width)
    output = try Linear(
      scope.scope("code"), input: width * Self.lastSide * Self.lastSide, output: codeWidth)
  }

  func callAsFunction(_ images: Tensor, isTraining: Bool) throws -> Tensor {
    var features = images
    for (index, layers) in convolutions.enumerated() {
      features = try layers.norm(layers.convolution(features), isTraining: isTraining)
      // Nothing but its normalisation follows the third.
      if index != 2 { features = try features.relu() }
    }
    features = try blocks[0](features, isTraining: isTraining)
    features = try norm(features, isTraining: isTraining).relu()
    return try output(blocks[1](features, isTraining: isTraining).flattened())
  }

  /// ReLU → 3×3 → batch normalisation → ReLU → 1×1, plus the input.
  private struct Block {
    private let first: Convolution
    private let norm: BatchNorm
    private let second: Convolution

    init(_ scope: ParameterScope, width: Int) throws {
      first = try Convolution(
        scope.scope("conv1"), input: width, output: width, kernel: 3, padding: 1)
      norm = try BatchNorm(scope.scope("norm"), width: width)
      second = try Convolution(scope.scope("conv2"), input: width, output: width, kernel: 1)
    }

    func callAsFunction(_ features: Tensor, isTraining: Bool) throws -> Tensor {
      let inner = try norm(first(features.relu()), isTraining: isTraining).relu()
      return try features + second(inner)
    }
  }
}
