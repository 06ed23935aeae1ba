/// Functions that rearrange elements.
extension Tensor {
  private enum Op {
    static let reshape = Operator("reshape")
    static let permute = Operator("permute")
    static let transpose = Operator("transpose", "int")
    static let flatten = Operator("flatten", "using_ints")
    static let unsqueeze = Operator("unsqueeze")
    static let squeeze = Operator("squeeze", "dim")
    static let expand = Operator("expand")
    static let narrow = Operator("narrow")
    static let select = Operator("select", "int")
    static let indexSelect = Operator("index_select")
    static let gather = Operator("gather")
    static let cat = Operator("cat")
    static let stack = Operator("stack")
    static let contiguous = Operator("contiguous")
    static let roll = Operator("roll")
    static let diagonal = Operator("diagonal")
    static let triangleAbove = Operator("triu")
  }

  /// The elements in row-major order under another shape; one size may be −1.
  public func reshaped(_ shape: [Int]) throws(TorchError) -> Tensor {
    try Op.reshape(.tensor(self), .integers(shape))
  }

  /// The dimensions in another order.
  public func permuted(_ order: [Int]) throws(TorchError) -> Tensor {
    try Op.permute(.tensor(self), .integers(order))
  }

  /// Two dimensions exchanged.
  public func transposed(_ first: Int, _ second: Int) throws(TorchError) -> Tensor {
    try Op.transpose(.tensor(self), .integer(first), .integer(second))
  }

  /// The dimensions from `first` on as one.
  public func flattened(from first: Int = 1) throws(TorchError) -> Tensor {
    try Op.flatten(.tensor(self), .integer(first), .integer(-1))
  }

  /// A dimension of size 1 inserted.
  public func unsqueezed(_ dimension: Int) throws(TorchError) -> Tensor {
    try Op.unsqueeze(.tensor(self), .integer(dimension))
  }

  /// A dimension of size 1 removed.
  public func squeezed(_ dimension: Int) throws(TorchError) -> Tensor {
    try Op.squeeze(.tensor(self), .integer(dimension))
  }

  /// Dimensions of size 1 repeated without copying; −1 keeps a size.
  public func expanded(_ shape: [Int]) throws(TorchError) -> Tensor {
    try Op.expand(.tensor(self), .integers(shape))
  }

  /// `count` slices of a dimension from `start` on, without copying.
  public func narrowed(_ dimension: Int, start: Int, count: Int) throws(TorchError) -> Tensor {
    try Op.narrow(.tensor(self), .integer(dimension), .integer(start), .integer(count))
  }

  /// One slice of a dimension, which disappears.
  public func selected(_ dimension: Int, _ index: Int) throws(TorchError) -> Tensor {
    try Op.select(.tensor(self), .integer(dimension), .integer(index))
  }

  /// The slices of a dimension at 64-bit integer indices.
  public func selected(_ dimension: Int, indices: Tensor) throws(TorchError) -> Tensor {
    try Op.indexSelect(.tensor(self), .integer(dimension), .tensor(indices))
  }

  /// Along a dimension, the element at each of `indices`, which have this tensor's dimensions.
  public func gathered(_ dimension: Int, indices: Tensor) throws(TorchError) -> Tensor {
    try Op.gather(.tensor(self), .integer(dimension), .tensor(indices))
  }

  /// Tensors joined along a dimension they have.
  public static func concatenated(_ tensors: [Tensor], dimension: Int = 0) throws(TorchError)
    -> Tensor
  {
    try Op.cat(.tensors(tensors), .integer(dimension))
  }

  /// Tensors joined along a new dimension.
  public static func stacked(_ tensors: [Tensor], dimension: Int = 0) throws(TorchError) -> Tensor {
    try Op.stack(.tensors(tensors), .integer(dimension))
  }

  /// The tensor with its elements in the order of its dimensions; itself if they are.
  public func contiguous() throws(TorchError) -> Tensor { try Op.contiguous(.tensor(self)) }

  /// The [batch, channel, height, width] tensor with the channels of a pixel side by side in memory,
  /// the layout in which convolutions are fastest; itself if it is so.
  public func channelsLast() throws(TorchError) -> Tensor {
    try Op.contiguous(.tensor(self), .integer(2))
  }

  /// The elements of a dimension shifted cyclically.
  public func rolled(_ dimension: Int, by shift: Int) throws(TorchError) -> Tensor {
    try Op.roll(.tensor(self), .integers([shift]), .integers([dimension]))
  }

  /// The diagonal of a matrix.
  public func diagonal() throws(TorchError) -> Tensor { try Op.diagonal(.tensor(self)) }

  /// The elements on and above a diagonal, zeros below.
  public func upperTriangle(from diagonal: Int = 0) throws(TorchError) -> Tensor {
    try Op.triangleAbove(.tensor(self), .integer(diagonal))
  }
}
