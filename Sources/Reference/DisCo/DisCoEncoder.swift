import Torch

/// DisCo's published encoder for 64×64 images (`models/DisCo/encoder.py`).
///
/// Convolutions 64 (k7 s1 p3), 128, 256, 256, 256 (k4 s2 p1), then 256, 256 and the codes; leaky ReLU 0.01 between,
/// He's weights. Sixty times the operations of the study's.
struct DisCoEncoder {
  private static let slope = 0.01

  private let convolutions: [Convolution]
  private let dense: [Linear]

  /// Adds the layers to a scope.
  init(_ scope: ParameterScope, channelCount: Int, codeCount: Int) throws {
    let widths = [channelCount, 64, 128, 256, 256, 256]
    convolutions = try (0..<5).map { index in
      try Convolution(
        scope.scope("conv\(index + 1)"), input: widths[index], output: widths[index + 1],
        kernel: index == 0 ? 7 : 4, stride: index == 0 ? 1 : 2, padding: index == 0 ? 3 : 1,
        .kaimingNormal)
    }
    dense = try [(4096, 256), (256, 256), (256, codeCount)].enumerated().map { index, shape in
      try Linear(
        scope.scope("dense\(index + 1)"), input: shape.0, output: shape.1, .kaimingNormal)
    }
  }

  /// [batch, channel, 64, 64] → [batch, code].
  func callAsFunction(_ images: Tensor) throws -> Tensor {
    var features = images
    for layer in convolutions { features = try layer(features).leakyRelu(slope: Self.slope) }
    features = try features.flattened()
    for layer in dense.dropLast() { features = try layer(features).leakyRelu(slope: Self.slope) }
    return try dense[2](features)
  }
}
