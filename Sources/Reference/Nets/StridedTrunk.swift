import Torch

/// 64×64 images to 128 features: what the discriminators of InfoGAN-CR begin with (`gan/network.py`).
///
/// Convolutions 32, 32, 64, 64, all k4 s2, then 128; leaky ReLU 0.2 after each. Weights N(0, 0.02²), those of
/// convolutions cut off at two deviations.
struct StridedTrunk {
  /// What keeps the layers' scales.
  enum Normalization: String, CaseIterable {
    /// Every weight over its spectral norm.
    case spectral
    /// The features of the second to the fifth layer by the batch's moments, after the activation.
    case batch
  }

  /// Features it ends with.
  static let width = 128
  private static let deviation = 0.02

  private let convolutions: [Convolution]
  private let dense: Linear
  /// One per layer, or none.
  private let spectralNorms: [SpectralNorm]
  /// One per layer but the first, or none.
  private let batchNorms: [BatchNorm]

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, channelCount: Int, _ normalization: Normalization) throws {
    let widths = [channelCount, 32, 32, 64, 64]
    convolutions = try (0..<4).map { index in
      try Convolution(
        scope.scope("conv\(index + 1)"), input: widths[index], output: widths[index + 1],
        kernel: 4, stride: 2, padding: 1, .truncatedNormal(Self.deviation))
    }
    dense = try Linear(
      scope.scope("dense"), input: 1024, output: Self.width, .normal(Self.deviation))
    let weights = convolutions.map(\.weight) + [dense.weight]
    spectralNorms =
      normalization == .spectral
      ? try weights.enumerated().map { index, weight in
        try SpectralNorm(scope.scope("spectral\(index + 1)"), of: weight)
      } : []
    batchNorms =
      normalization == .batch
      ? try zip(2..., weights.dropFirst()).map { index, weight in
        try BatchNorm(scope.scope("norm\(index)"), width: weight.shape[0])
      } : []
  }

  /// [batch, channel, 64, 64] → [batch, ``width``]; batch normalisation is by the batch's moments.
  func callAsFunction(_ images: Tensor) throws -> Tensor {
    var features = images
    for (index, layer) in convolutions.enumerated() {
      features = try activated(
        features.convolution(
          weight(index, layer.weight), bias: layer.bias, stride: [2, 2], padding: [1, 1]), index)
    }
    return try activated(
      features.flattened().linear(weight(4, dense.weight), bias: dense.bias), 4)
  }

  private func weight(_ index: Int, _ weight: Tensor) throws -> Tensor {
    spectralNorms.isEmpty ? weight : try spectralNorms[index].normalized()
  }

  private func activated(_ features: Tensor, _ index: Int) throws -> Tensor {
    let active = try features.leakyRelu(slope: 0.2)
    guard index > 0, !batchNorms.isEmpty else { return active }
    return try batchNorms[index - 1](active, isTraining: true)
  }

  /// Stores the vectors of the power iterations.
  func advance() throws {
    for norm in spectralNorms { try norm.advance() }
  }

  /// Draws the parameters anew; stored vectors and running moments stay.
  func restart() throws {
    for layer in convolutions {
      try Initializer.truncatedNormal(Self.deviation).fill(layer.weight)
      try layer.bias?.zeroInPlace()
    }
    try Initializer.normal(Self.deviation).fill(dense.weight)
    try dense.bias?.zeroInPlace()
    for norm in batchNorms { try norm.restart() }
  }
}

/// A fully connected layer whose weight is divided by its spectral norm.
struct SpectralLinear {
  private let layer: Linear
  private let norm: SpectralNorm

  /// Adds the layer and the stored vector to a scope; weights are N(0, 0.02²).
  init(_ scope: ParameterScope, input: Int, output: Int) throws {
    layer = try Linear(scope, input: input, output: output, .normal(0.02))
    norm = try SpectralNorm(scope, of: layer.weight)
  }

  /// [batch, input] → [batch, output].
  func callAsFunction(_ input: Tensor) throws -> Tensor {
    try input.linear(norm.normalized(), bias: layer.bias)
  }

  /// Stores the vector of the power iteration.
  func advance() throws { try norm.advance() }
}
