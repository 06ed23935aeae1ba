import Torch

/// The parameters of a fully connected layer, before they become tensors.
struct DenseParameters {
  /// `[output, input]`, row-major.
  var weight: [Float]
  /// `[output]`; nil for a layer without.
  var bias: [Float]?
  let inputCount: Int

  var outputCount: Int { weight.count / inputCount }

  /// Multiplies every output by a number of its own.
  mutating func scaleOutputs(by gains: [Float]) {
    precondition(gains.count == outputCount, "\(gains.count) gains for \(outputCount) outputs")
    for output in gains.indices {
      for index in output * inputCount..<(output + 1) * inputCount {
        weight[index] *= gains[output]
      }
      bias?[output] *= gains[output]
    }
  }

  /// Some of the outputs.
  func outputs(_ range: Range<Int>) -> DenseParameters {
    DenseParameters(
      weight: Array(weight[range.lowerBound * inputCount..<range.upperBound * inputCount]),
      bias: bias.map { Array($0[range]) }, inputCount: inputCount)
  }

  /// The layer on a device.
  func layer(
    _ activation: FusedLinear.Activation = .none, on device: Device
  ) throws(TorchError) -> FusedLinear {
    FusedLinear(
      weight: try Tensor(weight, shape: [outputCount, inputCount], device: device),
      bias: try bias.map { bias throws(TorchError) in
        try Tensor(bias, shape: [outputCount], device: device)
      }, activation: activation)
  }
}

/// Reads the parameters of a transformer's parts.
struct TransformerReader {
  let source: any WeightSource
  let device: Device
  /// What is added to variances under the root.
  let epsilon: Double

  /// A fully connected layer, of `name.weight` and `name.bias`.
  func dense(
    _ name: String, outputs: Int, inputs: Int
  ) throws(WeightError) -> DenseParameters {
    try dense("\(name).weight", "\(name).bias", outputs: outputs, inputs: inputs)
  }

  /// A fully connected layer of given parameters.
  func dense(
    _ weight: String, _ bias: String?, outputs: Int, inputs: Int
  ) throws(WeightError) -> DenseParameters {
    DenseParameters(
      weight: try source.parameter(weight, shape: [outputs, inputs]),
      bias: try bias.map { name throws(WeightError) in
        try source.parameter(name, shape: [outputs])
      }, inputCount: inputs)
  }

  /// A normalisation over a token's features.
  func normalization(_ name: String, width: Int) throws -> LayerNormalization {
    LayerNormalization(
      gain: try Tensor(
        source.parameter("\(name).weight", shape: [width]), shape: [width], device: device),
      offset: try Tensor(
        source.parameter("\(name).bias", shape: [width]), shape: [width], device: device),
      epsilon: epsilon)
  }

  /// The layer that turns square patches of a picture into tokens.
  func patchEmbedding(
    _ weight: String, bias: String?, width: Int, patchSide: Int, gridSide: Int
  ) throws -> PatchEmbedding {
    let inputs = 3 * patchSide * patchSide
    let parameters = DenseParameters(
      weight: try source.parameter(weight, shape: [width, 3, patchSide, patchSide]),
      bias: try bias.map { name throws(WeightError) in
        try source.parameter(name, shape: [width])
      }, inputCount: inputs)
    return PatchEmbedding(
      layer: try parameters.layer(on: device), patchSide: patchSide, gridSide: gridSide)
  }
}

/// Normalisation of every token to mean 0 and variance 1, then a gain and an offset per feature.
struct LayerNormalization: Sendable {
  let gain: Tensor
  let offset: Tensor
  let epsilon: Double

  func callAsFunction(_ tokens: Tensor) throws(TorchError) -> Tensor {
    try tokens.layerNorm(shape: gain.shape, weight: gain, bias: offset, epsilon: epsilon)
  }
}

/// The convolution that turns patches into tokens, as the matrix product that it is: patches do not overlap.
struct PatchEmbedding: Sendable {
  let layer: FusedLinear
  /// Pixels along a patch, and patches along a picture.
  let patchSide: Int
  let gridSide: Int

  /// `[batch, 3, side, side]` → `[batch, patch, width]`, patches row by row.
  func callAsFunction(_ images: Tensor) throws(TorchError) -> Tensor {
    let batch = images.shape[0]
    let patches = try images.reshaped([batch, 3, gridSide, patchSide, gridSide, patchSide])
      .permuted([0, 2, 4, 1, 3, 5])
    return try layer(
      patches.reshaped([batch, gridSide * gridSide, 3 * patchSide * patchSide]))
  }
}
