import Torch

/// InfoGAN-CR's generator for 64×64 images (`gan/network.py`).
///
/// latents → 128 → 64×4×4, ReLU, then deconvolutions 64, 32, 32, leaky ReLU 0.2, and channels, all k4 s2; batch
/// normalisation after every activation but the last, a sigmoid. Weights N(0, 0.02²).
struct InfoGANGenerator {
  private let dense: [Linear]
  private let convolutions: [TransposedConvolution]
  private let norms: [BatchNorm]

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, latentCount: Int, channelCount: Int) throws {
    dense = try [(latentCount, 128), (128, 1024)].enumerated().map { index, shape in
      try Linear(
        scope.scope("dense\(index + 1)"), input: shape.0, output: shape.1, .normal(0.02))
    }
    let shapes = [(64, 64), (64, 32), (32, 32), (32, channelCount)]
    convolutions = try shapes.enumerated().map { index, shape in
      try TransposedConvolution(
        scope.scope("conv\(index + 1)"), input: shape.0, output: shape.1, kernel: 4, stride: 2,
        padding: 1, .normal(0.02))
    }
    norms = try [128, 1024, 64, 32, 32].enumerated().map { index, width in
      try BatchNorm(scope.scope("norm\(index + 1)"), width: width)
    }
  }

  /// [batch, latent] → images in [0, 1], [batch, channel, 64, 64].
  func callAsFunction(_ latents: Tensor, isTraining: Bool) throws -> Tensor {
    var features = latents
    for (layer, norm) in zip(dense, norms) {
      features = try norm(layer(features).relu(), isTraining: isTraining)
    }
    features = try features.reshaped([-1, 64, 4, 4]).channelsLast()
    for (layer, norm) in zip(convolutions, norms[2...]) {
      features = try norm(layer(features).leakyRelu(slope: 0.2), isTraining: isTraining)
    }
    return try convolutions[3](features).sigmoid()
  }
}

/// The discriminator D and the regressor Q of the codes on one trunk (`InfoGANDiscriminator`); spectral norms
/// everywhere.
struct InfoGANDiscriminator {
  /// What it says of images.
  struct Judgement {
    /// D(x): the probability that an image is of the data, [batch].
    let reality: Tensor
    /// Q(x): the codes, [batch, latent].
    let codes: Tensor
  }

  private let trunk: StridedTrunk
  private let reality: SpectralLinear
  private let codes: [SpectralLinear]

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, latentCount: Int, channelCount: Int) throws {
    trunk = try StridedTrunk(scope.scope("trunk"), channelCount: channelCount, .spectral)
    let width = StridedTrunk.width
    reality = try SpectralLinear(scope.scope("reality"), input: width, output: 1)
    codes = try [width, latentCount].enumerated().map { index, output in
      try SpectralLinear(scope.scope("codes\(index + 1)"), input: width, output: output)
    }
  }

  /// Judges images in [0, 1], [batch, channel, 64, 64].
  func callAsFunction(_ images: Tensor) throws -> Judgement {
    let features = try trunk(images)
    return Judgement(
      reality: try reality(features).squeezed(1).sigmoid(),
      codes: try codes[1](codes[0](features).leakyRelu(slope: 0.2)))
  }

  /// Stores the vectors of the power iterations.
  func advance() throws {
    try trunk.advance()
    for layer in [reality] + codes { try layer.advance() }
  }
}

/// The net R that sees which code two images share (`CrDiscriminator`), given one above the other.
struct ContrastNetwork {
  private let trunk: StridedTrunk
  private let output: Linear

  /// Adds the layers to a scope; the last has no normalisation.
  init(
    _ scope: ParameterScope, latentCount: Int, channelCount: Int,
    _ normalization: StridedTrunk.Normalization
  ) throws {
    trunk = try StridedTrunk(
      scope.scope("trunk"), channelCount: 2 * channelCount, normalization)
    output = try Linear(
      scope.scope("output"), input: StridedTrunk.width, output: latentCount, .normal(0.02))
  }

  /// Two batches of images, [batch, channel, 64, 64] → logits, [batch, latent].
  func callAsFunction(_ first: Tensor, _ second: Tensor) throws -> Tensor {
    try output(trunk(Tensor.concatenated([first, second], dimension: 1)))
  }

  /// Stores the vectors of the power iterations.
  func advance() throws { try trunk.advance() }

  /// Draws the parameters anew.
  func restart() throws {
    try trunk.restart()
    try Initializer.normal(0.02).fill(output.weight)
    try output.bias?.zeroInPlace()
  }
}
