import Torch

/// The discriminator that judges patches of an image (Isola et al., arXiv:1611.07004), as
/// taming-transformers' `NLayerDiscriminator` has it.
///
/// 4×4 convolutions to w, 2w, 4w, 8w and 1 features with strides 2, 2, 2, 1, 1; batch normalisation
/// in the middle ones, leaky ReLU 0.2. Weights N(0, 0.02²), normalisation scales N(1, 0.02²).
struct PatchDiscriminator {
  private let convolutions: [Convolution]
  private let normalizations: [BatchNorm]

  /// Adds the layers to a scope; `width` is 64 in the original.
  init(_ scope: ParameterScope, channelCount: Int, width: Int = 64) throws {
    let widths = [channelCount, width, 2 * width, 4 * width, 8 * width, 1]
    convolutions = try (0..<5).map { index in
      try Convolution(
        scope.scope("conv\(index + 1)"), input: widths[index], output: widths[index + 1],
        kernel: 4, stride: index < 3 ? 2 : 1, padding: 1, .normal(0.02),
        hasBias: index == 0 || index == 4)
    }
    normalizations = try (1...3).map { index in
      try BatchNorm(scope.scope("norm\(index + 1)"), width: widths[index + 1], deviation: 0.02)
    }
  }

  /// Images in [−1, 1], at least 24 pixels wide and high → a logit per patch,
  /// [batch, 1, height′, width′].
  func callAsFunction(_ images: Tensor) throws -> Tensor {
    var features = try convolutions[0](images).leakyRelu(slope: 0.2)
    for (convolution, normalization) in zip(convolutions[1...3], normalizations) {
      features = try normalization(convolution(features), isTraining: true).leakyRelu(slope: 0.2)
    }
    return try convolutions[4](features)
  }
}
