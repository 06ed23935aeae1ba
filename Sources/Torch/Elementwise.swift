/// Functions of one tensor, element by element.
extension Tensor {
  private enum Op {
    static let exp = Operator("exp")
    static let log = Operator("log")
    static let log1p = Operator("log1p")
    static let squareRoot = Operator("sqrt")
    static let reciprocalSquareRoot = Operator("rsqrt")
    static let squared = Operator("square")
    static let abs = Operator("abs")
    static let sin = Operator("sin")
    static let cos = Operator("cos")
    static let tanh = Operator("tanh")
    static let errorFunction = Operator("erf")
    static let inverseErrorFunction = Operator("erfinv")
    static let sigmoid = Operator("sigmoid")
    static let logSigmoid = Operator("log_sigmoid")
    static let relu = Operator("relu")
    static let silu = Operator("silu")
    static let reciprocal = Operator("reciprocal")
    static let rounded = Operator("round")
    static let floored = Operator("floor")
    static let isFinite = Operator("isfinite")
    static let negated = Operator("neg")
    static let gelu = Operator("gelu")
    static let elu = Operator("elu")
    static let leakyRelu = Operator("leaky_relu")
    static let softplus = Operator("softplus")
    static let clamp = Operator("clamp")
    static let power = Operator("pow", "Tensor_Scalar")
    static let toDevice = Operator("to", "device")
    static let toType = Operator("to", "dtype")
    static let detach = Operator("detach")
    static let clone = Operator("clone")
  }

  /// eˣ, elementwise.
  public func exp() throws(TorchError) -> Tensor { try Op.exp(.tensor(self)) }

  /// Natural logarithm, elementwise.
  public func log() throws(TorchError) -> Tensor { try Op.log(.tensor(self)) }

  /// log(1 + x), elementwise.
  public func log1p() throws(TorchError) -> Tensor { try Op.log1p(.tensor(self)) }

  /// Square root, elementwise.
  public func squareRoot() throws(TorchError) -> Tensor { try Op.squareRoot(.tensor(self)) }

  /// 1/√x, elementwise.
  public func reciprocalSquareRoot() throws(TorchError) -> Tensor {
    try Op.reciprocalSquareRoot(.tensor(self))
  }

  /// x², elementwise.
  public func squared() throws(TorchError) -> Tensor { try Op.squared(.tensor(self)) }

  /// |x|, elementwise.
  public func abs() throws(TorchError) -> Tensor { try Op.abs(.tensor(self)) }

  /// Sine, elementwise.
  public func sin() throws(TorchError) -> Tensor { try Op.sin(.tensor(self)) }

  /// Cosine, elementwise.
  public func cos() throws(TorchError) -> Tensor { try Op.cos(.tensor(self)) }

  /// Hyperbolic tangent, elementwise.
  public func tanh() throws(TorchError) -> Tensor {
    try Op.tanh(.tensor(self))
  }

  /// erf x, elementwise: the probability that a normal number of variance ½ lies within ±x, with the sign of x.
  public func errorFunction() throws(TorchError) -> Tensor { try Op.errorFunction(.tensor(self)) }

  /// The inverse of ``errorFunction()``, elementwise.
  public func inverseErrorFunction() throws(TorchError) -> Tensor {
    try Op.inverseErrorFunction(.tensor(self))
  }

  /// 1/(1 + e⁻ˣ), elementwise.
  public func sigmoid() throws(TorchError) -> Tensor { try Op.sigmoid(.tensor(self)) }

  /// log(1/(1 + e⁻ˣ)), elementwise.
  public func logSigmoid() throws(TorchError) -> Tensor { try Op.logSigmoid(.tensor(self)) }

  /// max(x, 0), elementwise.
  public func relu() throws(TorchError) -> Tensor { try Op.relu(.tensor(self)) }

  /// x·sigmoid(x), elementwise.
  public func silu() throws(TorchError) -> Tensor { try Op.silu(.tensor(self)) }

  /// 1/x, elementwise.
  public func reciprocal() throws(TorchError) -> Tensor { try Op.reciprocal(.tensor(self)) }

  /// The nearest integer, halves to even, elementwise.
  public func rounded() throws(TorchError) -> Tensor { try Op.rounded(.tensor(self)) }

  /// The next integer below, elementwise.
  public func floored() throws(TorchError) -> Tensor { try Op.floored(.tensor(self)) }

  /// Whether each element is neither infinite nor NaN.
  public func isFinite() throws(TorchError) -> Tensor { try Op.isFinite(.tensor(self)) }

  /// −x, elementwise.
  public func negated() throws(TorchError) -> Tensor { try Op.negated(.tensor(self)) }

  /// Gaussian error linear unit, elementwise.
  public func gelu() throws(TorchError) -> Tensor { try Op.gelu(.tensor(self)) }

  /// x for positive x, eˣ − 1 otherwise.
  public func elu() throws(TorchError) -> Tensor { try Op.elu(.tensor(self)) }

  /// x for positive x, `slope`·x otherwise.
  public func leakyRelu(slope: Double) throws(TorchError) -> Tensor {
    try Op.leakyRelu(.tensor(self), .number(slope))
  }

  /// log(1 + eˣ), elementwise, exact for large |x|.
  public func softplus() throws(TorchError) -> Tensor { try Op.softplus(.tensor(self)) }

  /// The elements limited to a range; nil leaves a side open.
  public func clamped(from lower: Double? = nil, to upper: Double? = nil) throws(TorchError)
    -> Tensor
  {
    try Op.clamp(
      .tensor(self), lower.map(Argument.number) ?? .none, upper.map(Argument.number) ?? .none)
  }

  /// xᵖ, elementwise.
  public func power(_ exponent: Double) throws(TorchError) -> Tensor {
    try Op.power(.tensor(self), .number(exponent))
  }

  /// The tensor on a device; itself if it is there.
  public func to(_ device: Device) throws(TorchError) -> Tensor {
    try Op.toDevice(.tensor(self), .text(device.description), .type(dataType))
  }

  /// The tensor with elements of a type; itself if it has them.
  public func to(_ type: DataType) throws(TorchError) -> Tensor {
    try Op.toType(.tensor(self), .type(type))
  }

  /// The same elements, cut off from the graph of the backward pass.
  public func detached() throws(TorchError) -> Tensor { try Op.detach(.tensor(self)) }

  /// A copy with elements of its own.
  public func cloned() throws(TorchError) -> Tensor { try Op.clone(.tensor(self)) }
}
