/// Functions of two tensors, element by element with broadcasting, and products.
extension Tensor {
  private enum Op {
    static let add = Operator("add", "Tensor")
    static let addScalar = Operator("add", "Scalar")
    static let subtract = Operator("sub", "Tensor")
    static let subtractScalar = Operator("sub", "Scalar")
    static let reverseSubtractScalar = Operator("rsub", "Scalar")
    static let multiply = Operator("mul", "Tensor")
    static let multiplyScalar = Operator("mul", "Scalar")
    static let divide = Operator("div", "Tensor")
    static let divideScalar = Operator("div", "Scalar")
    static let maximum = Operator("maximum")
    static let minimum = Operator("minimum")
    static let matmul = Operator("matmul")
    static let whereSelf = Operator("where", "self")
    static let equal = Operator("eq", "Tensor")
    static let greaterScalar = Operator("gt", "Scalar")
    static let lessScalar = Operator("lt", "Scalar")
    static let lerp = Operator("lerp", "Tensor")
  }

  /// Sum, elementwise.
  public static func + (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try Op.add(.tensor(left), .tensor(right))
  }

  /// Difference, elementwise.
  public static func - (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try Op.subtract(.tensor(left), .tensor(right))
  }

  /// Product, elementwise.
  public static func * (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try Op.multiply(.tensor(left), .tensor(right))
  }

  /// Quotient, elementwise.
  public static func / (left: Tensor, right: Tensor) throws(TorchError) -> Tensor {
    try Op.divide(.tensor(left), .tensor(right))
  }

  /// Adds a number to every element.
  public static func + (left: Tensor, right: Double) throws(TorchError) -> Tensor {
    try Op.addScalar(.tensor(left), .number(right))
  }

  /// Adds a number to every element.
  public static func + (left: Double, right: Tensor) throws(TorchError) -> Tensor {
    try right + left
  }

  /// Subtracts a number from every element.
  public static func - (left: Tensor, right: Double) throws(TorchError) -> Tensor {
    try Op.subtractScalar(.tensor(left), .number(right))
  }

  /// Subtracts every element from a number.
  public static func - (left: Double, right: Tensor) throws(TorchError) -> Tensor {
    try Op.reverseSubtractScalar(.tensor(right), .number(left))
  }

  /// Multiplies every element by a number.
  public static func * (left: Tensor, right: Double) throws(TorchError) -> Tensor {
    try Op.multiplyScalar(.tensor(left), .number(right))
  }

  /// Multiplies every element by a number.
  public static func * (left: Double, right: Tensor) throws(TorchError) -> Tensor {
    try right * left
  }

  /// Divides every element by a number.
  public static func / (left: Tensor, right: Double) throws(TorchError) -> Tensor {
    try Op.divideScalar(.tensor(left), .number(right))
  }

  /// −x, elementwise.
  public static prefix func - (operand: Tensor) throws(TorchError) -> Tensor {
    try operand.negated()
  }

  /// The larger of two elements.
  public func maximum(_ other: Tensor) throws(TorchError) -> Tensor {
    try Op.maximum(.tensor(self), .tensor(other))
  }

  /// The smaller of two elements.
  public func minimum(_ other: Tensor) throws(TorchError) -> Tensor {
    try Op.minimum(.tensor(self), .tensor(other))
  }

  /// The matrix product, batched over leading dimensions.
  public func matmul(_ other: Tensor) throws(TorchError) -> Tensor {
    try Op.matmul(.tensor(self), .tensor(other))
  }

  /// Elements of `first` where this tensor of truth values holds, of `second` elsewhere.
  public func select(_ first: Tensor, otherwise second: Tensor) throws(TorchError) -> Tensor {
    try Op.whereSelf(.tensor(self), .tensor(first), .tensor(second))
  }

  /// Whether elements are equal.
  public func isEqual(to other: Tensor) throws(TorchError) -> Tensor {
    try Op.equal(.tensor(self), .tensor(other))
  }

  /// Whether elements exceed a number.
  public func isGreater(than bound: Double) throws(TorchError) -> Tensor {
    try Op.greaterScalar(.tensor(self), .number(bound))
  }

  /// Whether elements lie below a number.
  public func isLess(than bound: Double) throws(TorchError) -> Tensor {
    try Op.lessScalar(.tensor(self), .number(bound))
  }

  /// self + weight·(other − self), elementwise.
  public func interpolated(to other: Tensor, weight: Tensor) throws(TorchError) -> Tensor {
    try Op.lerp(.tensor(self), .tensor(other), .tensor(weight))
  }
}
