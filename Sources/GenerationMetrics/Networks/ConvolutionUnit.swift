import Glibc
import Torch

/// A convolution without bias, batch normalisation and ReLU, folded into one convolution.
struct ConvolutionUnit {
  /// The name of the unit's parameters.
  let name: String
  let inputCount: Int
  let outputCount: Int
  let kernel: [Int]
  var stride = [1, 1]
  var padding = [0, 0]
  var hasReLU = true

  /// Weights and bias with the normalisation folded in.
  typealias Folded = (weight: [Float], bias: [Float])

  var weightShape: [Int] { [outputCount, inputCount] + kernel }

  /// Reads the parameters and folds the normalisation, of epsilon 0.001, into them.
  ///
  /// - Throws: ``WeightError``, also if a variance is negative: within epsilon the root would hide it.
  func folded(_ source: any WeightSource) throws(WeightError) -> Folded {
    var weight = try source.parameter("\(name).conv.weight", shape: weightShape)
    func parameter(_ part: String) throws(WeightError) -> [Float] {
      try source.parameter("\(name).bn.\(part)", shape: [outputCount])
    }
    let gain = try parameter("weight")
    var bias = try parameter("bias")
    let mean = try parameter("running_mean")
    let variance = try parameter("running_var")
    if let index = variance.firstIndex(where: { $0 < 0 }) {
      throw .negativeVariance(
        path: source.name, tensor: "\(name).bn.running_var", index: index, value: variance[index])
    }
    let inputs = inputCount * kernel[0] * kernel[1]
    for output in 0..<outputCount {
      let scale = Double(gain[output]) / sqrt(Double(variance[output]) + 0.001)
      bias[output] = Float(Double(bias[output]) - Double(mean[output]) * scale)
      for index in output * inputs..<(output + 1) * inputs {
        weight[index] = Float(Double(weight[index]) * scale)
      }
    }
    return (weight, bias)
  }
}

/// Builds the convolutions of a network from folded parameters.
struct UnitBuilder {
  let device: Device
  /// The folded parameters of a unit.
  let parameters: (ConvolutionUnit) throws -> ConvolutionUnit.Folded

  /// A unit whose name is that of its block and its place in it.
  func callAsFunction(
    _ name: String, _ inputCount: Int, _ outputCount: Int, _ height: Int, _ width: Int,
    stride: Int = 1, padding: [Int] = [0, 0], hasReLU: Bool = true
  ) throws -> FusedConvolution {
    let unit = ConvolutionUnit(
      name: name, inputCount: inputCount, outputCount: outputCount, kernel: [height, width],
      stride: [stride, stride], padding: padding, hasReLU: hasReLU)
    let folded = try parameters(unit)
    return try FusedConvolution(
      weight: Tensor(folded.weight, shape: unit.weightShape, device: device),
      bias: Tensor(folded.bias, shape: [outputCount], device: device), stride: unit.stride,
      padding: padding, hasReLU: hasReLU)
  }
}
