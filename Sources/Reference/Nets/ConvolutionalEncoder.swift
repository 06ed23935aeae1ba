import Datasets
import Torch

/// The convolutional encoder of the large-scale study of Locatello et al., arXiv:1811.12359.
///
/// 64×64 images → conv 32 k4 s2 → conv 32 k4 s2 → conv 64 k2 s2 → conv 64 k2 s2 → 256 → heads; ReLU
/// between, Glorot-uniform weights. The kernels of size 2 are those of the study's code
/// (disentanglement_lib `architectures.conv_encoder`), not of its paper.
struct ConvolutionalEncoder {
  /// Features of the layers that can be modulated, for one head of `latentCount`.
  static func modulatedWidths(latentCount: Int) -> [Int] { [32, 32, 64, 64, 256, latentCount] }

  private let convolutions: [Convolution]
  private let dense: Linear
  private let heads: [Linear]

  /// Adds the layers to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where the parameters live.
  ///   - channelCount: Channels of the images.
  ///   - latentCount: Width of each head.
  ///   - headCount: 1 for the mean only, 2 for mean and log-variance.
  ///   - initializer: How the weights start.
  ///   - secondHead: How those of the second head start; nil for the same.
  /// - Throws: `TorchError`.
  init(
    _ scope: ParameterScope, channelCount: Int, latentCount: Int, headCount: Int,
    initializer: Initializer = .glorotUniform, secondHead: Initializer? = nil
  ) throws {
    let shapes = [
      (channelCount, 32, 4, 1), (32, 32, 4, 1), (32, 64, 2, 0), (64, 64, 2, 0),
    ]
    convolutions = try shapes.enumerated().map { index, shape in
      try Convolution(
        scope.scope("conv\(index + 1)"), input: shape.0, output: shape.1, kernel: shape.2,
        stride: 2, padding: shape.3, initializer)
    }
    dense = try Linear(scope.scope("dense"), input: 1024, output: 256, initializer)
    heads = try (0..<headCount).map { index in
      try Linear(
        scope.scope(index == 0 ? "mean" : "log_variance"), input: 256, output: latentCount,
        index == 0 ? initializer : secondHead ?? initializer)
    }
  }

  /// [batch, channel, 64, 64] → one [batch, latent] per head, of which the mean can be modulated.
  func callAsFunction(_ images: Tensor, _ modulation: Modulation = .none) throws -> [Tensor] {
    var features = images
    for (index, convolution) in convolutions.enumerated() {
      features = try modulation(convolution(features), layer: index).reluInPlace()
    }
    features = try modulation(dense(features.flattened()), layer: 4).reluInPlace()
    return try heads.enumerated().map { index, head in
      index == 0 ? try modulation(head(features), layer: 5) : try head(features)
    }
  }
}
