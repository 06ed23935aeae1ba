import Torch

/// Batch normalisation of [batch, feature, ...], with a scale and a shift per feature.
///
/// Ioffe & Szegedy, arXiv:1502.03167; the running moments move by a tenth per batch, as in PyTorch.
struct BatchNorm {
  private let weight: Tensor
  private let bias: Tensor
  private let mean: Tensor
  private let variance: Tensor

  /// Adds scale, shift and running moments to a scope.
  ///
  /// - Parameters:
  ///   - scope: Where they live.
  ///   - width: Number of features.
  ///   - deviation: Of the initial scales around 1.
  /// - Throws: `TorchError`.
  init(_ scope: ParameterScope, width: Int, deviation: Double = 0) throws {
    let drawn = try Initializer.normal(deviation).tensor(shape: [width]) + 1
    weight = try scope.parameter("weight", drawn, decays: false)
    bias = try scope.parameter("bias", shape: [width], .constant(0), decays: false)
    mean = try scope.buffer("mean", Tensor.zeros([width]))
    variance = try scope.buffer("variance", Tensor.ones([width]))
  }

  /// Gives scales and shifts their first values again; running moments stay.
  func restart() throws {
    try Initializer.constant(1).fill(weight)
    try bias.zeroInPlace()
  }

  /// By the batch's moments, which the running ones follow, or by the running ones.
  func callAsFunction(_ features: Tensor, isTraining: Bool) throws -> Tensor {
    try features.batchNorm(
      weight: weight, bias: bias, runningMean: mean, runningVariance: variance,
      isTraining: isTraining)
  }
}
