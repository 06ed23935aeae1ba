import Torch

/// The transposed-convolution decoder of the large-scale study of Locatello et al.,
/// arXiv:1811.12359 (disentanglement_lib `architectures.deconv_decoder`).
///
/// latent → 256 → 1024 → 64×4×4 → convT 64, 32, 32, channels, all k4 s2; ReLU between.
struct ConvolutionalDecoder {
  /// Features of the layers that can be modulated.
  static let modulatedWidths = [256, 1024, 64, 32, 32]

  private let dense: [Linear]
  private let convolutions: [TransposedConvolution]

  /// Adds the layers to a scope.
  init(
    _ scope: ParameterScope, channelCount: Int, latentCount: Int,
    initializer: Initializer = .glorotUniform
  ) throws {
    dense = try [(latentCount, 256), (256, 1024)].enumerated().map { index, shape in
      try Linear(
        scope.scope("dense\(index + 1)"), input: shape.0, output: shape.1, initializer)
    }
    let shapes = [(64, 64), (64, 32), (32, 32), (32, channelCount)]
    convolutions = try shapes.enumerated().map { index, shape in
      try TransposedConvolution(
        scope.scope("conv\(index + 1)"), input: shape.0, output: shape.1, kernel: 4, stride: 2,
        padding: 1, initializer)
    }
  }

  /// The weight of the last layer.
  var outputWeight: Tensor { convolutions[convolutions.count - 1].weight }

  /// [batch, latent] → [batch, channel, 64, 64], without an output nonlinearity.
  func callAsFunction(_ latents: Tensor, _ modulation: Modulation = .none) throws -> Tensor {
    var features = latents
    for (index, layer) in dense.enumerated() {
      features = try modulation(layer(features), layer: index).reluInPlace()
    }
    features = try features.reshaped([-1, 64, 4, 4]).channelsLast()
    for (index, layer) in convolutions.dropLast().enumerated() {
      features = try modulation(layer(features), layer: index + 2).reluInPlace()
    }
    return try convolutions[convolutions.count - 1](features)
  }
}
