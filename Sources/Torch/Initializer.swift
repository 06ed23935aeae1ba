/// How the elements of a new parameter are drawn, with libtorch's CPU generator.
///
/// The fans of a weight [output, input, k, k] are input·k² and output·k².
public enum Initializer: Sendable {
  /// All elements equal.
  case constant(Double)
  /// Normal with a standard deviation.
  case normal(Double)
  /// The same cut off at two of them, as TensorFlow has it; the deviation of what is left is 0.88 times as large.
  case truncatedNormal(Double)
  /// Uniform on ±√(6/(fan in + fan out)): TensorFlow 1's default (Glorot & Bengio 2010).
  case glorotUniform
  /// Uniform on ±1/√(fan in): PyTorch's default for linear and convolution layers.
  case torchDefault
  /// Normal with standard deviation √(2/fan in) (He et al. 2015).
  case kaimingNormal

  /// Draws a tensor.
  public func tensor(shape: [Int]) throws(TorchError) -> Tensor {
    let tensor = try Tensor.zeros(shape)
    try fill(tensor)
    return tensor
  }

  /// Draws the elements of a tensor anew where it lies, with the generator of its device; gradients must be off.
  public func fill(_ tensor: Tensor) throws(TorchError) {
    let shape = tensor.shape
    let receptiveField = shape.dropFirst(2).reduce(1, *)
    let fanOut = Double((shape.first ?? 1) * receptiveField)
    let fanIn = Double((shape.count > 1 ? shape[1] : 1) * receptiveField)
    switch self {
    case .constant(let value):
      try tensor.copyInPlace(Tensor.full([], value, type: tensor.dataType, device: tensor.device))
    case .normal(let deviation): try tensor.normalInPlace(mean: 0, deviation: deviation)
    case .truncatedNormal(let deviation):
      // The share of a normal distribution within two deviations; erf⁻¹ takes it to ±√2.
      try tensor.uniformInPlace(within: 0.9544997361036416)
      let draws = try tensor.inverseErrorFunction() * (2.0.squareRoot() * deviation)
      try tensor.copyInPlace(draws)
    case .glorotUniform: try tensor.uniformInPlace(within: (6 / (fanIn + fanOut)).squareRoot())
    case .torchDefault: try tensor.uniformInPlace(within: 1 / fanIn.squareRoot())
    case .kaimingNormal:
      try tensor.normalInPlace(mean: 0, deviation: (2 / fanIn).squareRoot())
    }
  }
}

extension Tensor {
  fileprivate func uniformInPlace(within bound: Double) throws(TorchError) {
    try uniformInPlace(from: -bound, to: bound)
  }
}
