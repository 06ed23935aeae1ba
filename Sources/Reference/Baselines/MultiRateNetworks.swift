import Datasets
import Torch

/// The study's encoder and decoder as the authors of MR-VAE modulate convolutional nets (pomonam/mr-vae).
///
/// Every hidden convolution is followed by batch normalisation, a gate and ReLU, the hidden dense layers by a gate
/// and ReLU; the heads, the decoder's first layer and its last are not gated. A gate scales a feature by a function
/// of the standardised log β (Eq. 7 of arXiv:2212.03905): σ(w·η + b) in the encoder, √(1 − e^(w·η + b)) where that is
/// a number, else 0, in the decoder; w and b start as PyTorch's linear layers do.
///
/// Deviation: the radicand is kept above 1e-6, where its root's slope would not be finite.
struct MultiRateNetworks {
  let latentCount: Int
  private let encoder: [Layer]
  private let encoderDense: Linear
  private let encoderGate: RateGate
  private let mean: Linear
  private let logVariance: Linear
  private let first: Linear
  private let second: Linear
  private let secondGate: RateGate
  private let decoder: [Layer]
  private let last: TransposedConvolution

  /// A convolution of either kind with what follows it.
  private struct Layer {
    let convolution: (Tensor) throws -> Tensor
    let norm: BatchNorm
    let gate: RateGate

    func callAsFunction(_ features: Tensor, _ logBetas: Tensor, isTraining: Bool) throws -> Tensor {
      try gate(norm(convolution(features), isTraining: isTraining), logBetas).reluInPlace()
    }
  }

  /// Adds the networks to a scope.
  init(_ scope: ParameterScope, _ context: ModelContext) throws {
    try context.requireStudyImages()
    latentCount = context.latentCount
    let channelCount = context.imageShape.channelCount
    let shapes = [(channelCount, 32, 4, 1), (32, 32, 4, 1), (32, 64, 2, 0), (64, 64, 2, 0)]
    encoder = try shapes.enumerated().map { index, shape in
      let part = scope.scope("encoder.conv\(index + 1)")
      let convolution = try Convolution(
        part, input: shape.0, output: shape.1, kernel: shape.2, stride: 2, padding: shape.3)
      return Layer(
        convolution: { try convolution($0) },
        norm: try BatchNorm(part.scope("norm"), width: shape.1),
        gate: try RateGate(part.scope("gate"), width: shape.1, .logistic))
    }
    encoderDense = try Linear(scope.scope("encoder.dense"), input: 1024, output: 256)
    encoderGate = try RateGate(scope.scope("encoder.dense.gate"), width: 256, .logistic)
    mean = try Linear(scope.scope("encoder.mean"), input: 256, output: latentCount)
    logVariance = try Linear(scope.scope("encoder.log_variance"), input: 256, output: latentCount)
    first = try Linear(scope.scope("decoder.dense1"), input: latentCount, output: 256)
    second = try Linear(scope.scope("decoder.dense2"), input: 256, output: 1024)
    secondGate = try RateGate(scope.scope("decoder.dense2.gate"), width: 1024, .root)
    decoder = try [(64, 64), (64, 32), (32, 32)].enumerated().map { index, widths in
      let part = scope.scope("decoder.conv\(index + 1)")
      let convolution = try TransposedConvolution(
        part, input: widths.0, output: widths.1, kernel: 4, stride: 2, padding: 1)
      return Layer(
        convolution: { try convolution($0) },
        norm: try BatchNorm(part.scope("norm"), width: widths.1),
        gate: try RateGate(part.scope("gate"), width: widths.1, .root))
    }
    last = try TransposedConvolution(
      scope.scope("decoder.conv4"), input: 32, output: channelCount, kernel: 4, stride: 2,
      padding: 1)
  }

  /// Images in [0, 1] → the posterior's mean and log-variance, [batch, latent] each.
  func encode(
    _ images: Tensor, _ logBetas: Tensor, isTraining: Bool
  ) throws -> (mean: Tensor, logVariance: Tensor) {
    var features = images
    for layer in encoder { features = try layer(features, logBetas, isTraining: isTraining) }
    features = try encoderGate(encoderDense(features.flattened()), logBetas).reluInPlace()
    return (try mean(features), try logVariance(features))
  }

  /// [batch, latent] → logits of pixels.
  func decode(_ latents: Tensor, _ logBetas: Tensor, isTraining: Bool) throws -> Tensor {
    let start = try first(latents).reluInPlace()
    var features = try secondGate(second(start), logBetas).reluInPlace()
      .reshaped([-1, 64, 4, 4]).channelsLast()
    for layer in decoder { features = try layer(features, logBetas, isTraining: isTraining) }
    return try last(features)
  }
}

/// The scales of a layer's features as functions of log β.
private struct RateGate {
  /// Which of the two published functions it is.
  enum Kind {
    /// 1/(1 + e^(−x)).
    case logistic
    /// √max(1 − eˣ, 0).
    case root
  }

  private let kind: Kind
  private let weight: Tensor
  private let bias: Tensor

  /// Adds weight and offset to a scope, uniform on ±1 as PyTorch's for one input.
  init(_ scope: ParameterScope, width: Int, _ kind: Kind) throws {
    self.kind = kind
    weight = try scope.parameter("weight", shape: [width, 1], .torchDefault)
    bias = try scope.parameter(
      "bias", Initializer.torchDefault.tensor(shape: [width, 1]).reshaped([width]), decays: false)
  }

  /// Scales [batch, feature] or [batch, feature, height, width] by gates of log β, [batch, 1].
  func callAsFunction(_ features: Tensor, _ logBetas: Tensor) throws -> Tensor {
    let values = try logBetas.linear(weight, bias: bias)
    let scale =
      switch kind {
      case .logistic: try values.sigmoid()
      case .root: try (1 - values.exp()).clamped(from: 1e-6).squareRoot()
      }
    let shape = features.shape.count == 4 ? [-1, scale.shape[1], 1, 1] : scale.shape
    return try features * scale.reshaped(shape)
  }
}
