/// Functions that take several elements to one.
extension Tensor {
  private enum Op {
    static let sumAll = Operator("sum")
    static let sum = Operator("sum", "dim_IntList")
    static let meanAll = Operator("mean")
    static let mean = Operator("mean", "dim")
    static let variance = Operator("var", "correction")
    static let logSumExp = Operator("logsumexp")
    static let maximum = Operator("amax")
    static let minimum = Operator("amin")
    static let argmax = Operator("argmax")
    static let all = Operator("all")
    static let softmax = Operator("softmax", "int")
    static let logSoftmax = Operator("log_softmax", "int")
    static let cumulativeSum = Operator("cumsum")
    static let norm = Operator("linalg_vector_norm")
  }

  /// The sum of all elements.
  public func sum() throws(TorchError) -> Tensor { try Op.sumAll(.tensor(self)) }

  /// Sums over dimensions.
  public func sum(_ dimensions: [Int], keepsDimensions: Bool = false) throws(TorchError) -> Tensor {
    try Op.sum(.tensor(self), .integers(dimensions), .bool(keepsDimensions))
  }

  /// The mean of all elements.
  public func mean() throws(TorchError) -> Tensor { try Op.meanAll(.tensor(self)) }

  /// Means over dimensions.
  public func mean(_ dimensions: [Int], keepsDimensions: Bool = false) throws(TorchError) -> Tensor
  {
    try Op.mean(.tensor(self), .integers(dimensions), .bool(keepsDimensions))
  }

  /// Variances over dimensions; the divisor is the number of elements minus `correction`.
  public func variance(_ dimensions: [Int], correction: Int = 0, keepsDimensions: Bool = false)
    throws(TorchError) -> Tensor
  {
    try Op.variance(
      .tensor(self), .integers(dimensions), .integer(correction), .bool(keepsDimensions))
  }

  /// log Σ eˣ over dimensions, without overflow.
  public func logSumExp(_ dimensions: [Int], keepsDimensions: Bool = false) throws(TorchError)
    -> Tensor
  {
    try Op.logSumExp(.tensor(self), .integers(dimensions), .bool(keepsDimensions))
  }

  /// Largest elements over dimensions; over all of them if the list is empty.
  public func maximum(_ dimensions: [Int] = [], keepsDimensions: Bool = false) throws(TorchError)
    -> Tensor
  {
    try Op.maximum(.tensor(self), .integers(dimensions), .bool(keepsDimensions))
  }

  /// Smallest elements over dimensions; over all of them if the list is empty.
  public func minimum(_ dimensions: [Int] = [], keepsDimensions: Bool = false) throws(TorchError)
    -> Tensor
  {
    try Op.minimum(.tensor(self), .integers(dimensions), .bool(keepsDimensions))
  }

  /// The index of the largest element along a dimension.
  public func argmax(_ dimension: Int) throws(TorchError) -> Tensor {
    try Op.argmax(.tensor(self), .integer(dimension))
  }

  /// Whether all elements are true.
  public func all() throws(TorchError) -> Tensor { try Op.all(.tensor(self)) }

  /// eˣ / Σ eˣ along a dimension.
  public func softmax(_ dimension: Int) throws(TorchError) -> Tensor {
    try Op.softmax(.tensor(self), .integer(dimension))
  }

  /// log(eˣ / Σ eˣ) along a dimension.
  public func logSoftmax(_ dimension: Int) throws(TorchError) -> Tensor {
    try Op.logSoftmax(.tensor(self), .integer(dimension))
  }

  /// Running sums along a dimension.
  public func cumulativeSum(_ dimension: Int) throws(TorchError) -> Tensor {
    try Op.cumulativeSum(.tensor(self), .integer(dimension))
  }

  /// The Euclidean norm of all elements.
  public func norm() throws(TorchError) -> Tensor { try Op.norm(.tensor(self)) }

  /// Euclidean norms over dimensions; the gradient at 0 is 0.
  public func norm(_ dimensions: [Int], keepsDimensions: Bool = false) throws(TorchError) -> Tensor
  {
    try Op.norm(.tensor(self), .number(2), .integers(dimensions), .bool(keepsDimensions))
  }
}
