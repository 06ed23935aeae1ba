/// The operators that layers and losses are made of.
extension Tensor {
  private enum Op {
    static let linear = Operator("linear")
    static let convolution = Operator("conv2d")
    static let transposedConvolution = Operator("conv_transpose2d", "input")
    static let groupNorm = Operator("group_norm")
    static let layerNorm = Operator("layer_norm")
    static let batchNorm = Operator("batch_norm")
    static let dropout = Operator("dropout")
    static let averagePool = Operator("avg_pool2d")
    static let maxPool = Operator("max_pool2d")
    static let adaptiveAveragePool = Operator("adaptive_avg_pool2d")
    static let upsampleNearest = Operator("upsample_nearest2d", "vec")
    static let upsampleBilinear = Operator("upsample_bilinear2d", "vec")
    static let upsampleBicubic = Operator("upsample_bicubic2d", "vec")
    static let attention = Operator("scaled_dot_product_attention")
    static let crossEntropyWithLogits = Operator("binary_cross_entropy_with_logits")
    static let meanSquaredError = Operator("mse_loss")
    static let crossEntropy = Operator("cross_entropy_loss")
  }

  /// x·Wᵀ + b of [..., input] with W of shape [output, input].
  public func linear(_ weight: Tensor, bias: Tensor?) throws(TorchError) -> Tensor {
    try Op.linear(.tensor(self), .tensor(weight), .optional(bias))
  }

  /// The 2-d convolution of [batch, input, height, width] with weights [output, input, k, k].
  public func convolution(
    _ weight: Tensor, bias: Tensor?, stride: [Int] = [1, 1], padding: [Int] = [0, 0]
  ) throws(TorchError) -> Tensor {
    try Op.convolution(
      .tensor(self), .tensor(weight), .optional(bias), .integers(stride), .integers(padding))
  }

  /// The transposed 2-d convolution of [batch, input, height, width] with [input, output, k, k].
  public func transposedConvolution(
    _ weight: Tensor, bias: Tensor?, stride: [Int] = [1, 1], padding: [Int] = [0, 0]
  ) throws(TorchError) -> Tensor {
    try Op.transposedConvolution(
      .tensor(self), .tensor(weight), .optional(bias), .integers(stride), .integers(padding))
  }

  /// Group normalisation over channels (dimension 1).
  public func groupNorm(groups: Int, weight: Tensor?, bias: Tensor?, epsilon: Double = 1e-5)
    throws(TorchError) -> Tensor
  {
    try Op.groupNorm(
      .tensor(self), .integer(groups), .optional(weight), .optional(bias), .number(epsilon))
  }

  /// Layer normalisation over the last dimensions, of sizes `shape`.
  public func layerNorm(shape: [Int], weight: Tensor?, bias: Tensor?, epsilon: Double = 1e-5)
    throws(TorchError) -> Tensor
  {
    try Op.layerNorm(
      .tensor(self), .integers(shape), .optional(weight), .optional(bias), .number(epsilon))
  }

  /// Batch normalisation over channels (dimension 1); updates the running moments when training.
  public func batchNorm(
    weight: Tensor?, bias: Tensor?, runningMean: Tensor?, runningVariance: Tensor?,
    isTraining: Bool, momentum: Double = 0.1, epsilon: Double = 1e-5
  ) throws(TorchError) -> Tensor {
    try Op.batchNorm(
      .tensor(self), .optional(weight), .optional(bias), .optional(runningMean),
      .optional(runningVariance), .bool(isTraining), .number(momentum), .number(epsilon),
      .bool(true))
  }

  /// Zeros in the place of a random share of the elements, and the others divided by 1 − share.
  public func dropout(_ share: Double) throws(TorchError) -> Tensor {
    try Op.dropout(.tensor(self), .number(share), .bool(true))
  }

  /// Average pooling.
  public func averagePool(
    kernel: Int, stride: Int, padding: Int = 0, countsPadding: Bool = true
  ) throws(TorchError) -> Tensor {
    try Op.averagePool(
      .tensor(self), .integers([kernel, kernel]), .integers([stride, stride]),
      .integers([padding, padding]), .bool(false), .bool(countsPadding))
  }

  /// Maximum pooling.
  public func maxPool(kernel: Int, stride: Int, padding: Int = 0) throws(TorchError) -> Tensor {
    try Op.maxPool(
      .tensor(self), .integers([kernel, kernel]), .integers([stride, stride]),
      .integers([padding, padding]))
  }

  /// Average pooling to a given size.
  public func averagePool(toSize size: [Int]) throws(TorchError) -> Tensor {
    try Op.adaptiveAveragePool(.tensor(self), .integers(size))
  }

  /// Each pixel repeated to the given size.
  public func upsampledNearest(to size: [Int]) throws(TorchError) -> Tensor {
    try Op.upsampleNearest(.tensor(self), .integers(size), .none)
  }

  /// Bilinear resampling to the given size, without antialiasing.
  public func upsampledBilinear(to size: [Int], alignsCorners: Bool = false) throws(TorchError)
    -> Tensor
  {
    try Op.upsampleBilinear(.tensor(self), .integers(size), .bool(alignsCorners), .none)
  }

  /// Bicubic resampling by a factor, without antialiasing; the result has ⌊size·factor⌋ pixels, which lie
  /// 1/factor apart.
  public func upsampledBicubic(by factor: Double) throws(TorchError) -> Tensor {
    try Op.upsampleBicubic(.tensor(self), .none, .bool(false), .numbers([factor, factor]))
  }

  /// softmax(q·kᵀ/√d)·v of [batch, head, token, d]; this tensor is q.
  public func attention(key: Tensor, value: Tensor) throws(TorchError) -> Tensor {
    try Op.attention(.tensor(self), .tensor(key), .tensor(value))
  }

  /// The sum over elements of the Bernoulli cross-entropy between targets in [0, 1] and logits.
  public func sumOfCrossEntropy(targets: Tensor) throws(TorchError) -> Tensor {
    try Op.crossEntropyWithLogits(.tensor(self), .tensor(targets), .none, .none, .integer(2))
  }

  /// Squared differences, elementwise.
  public func squaredError(_ target: Tensor) throws(TorchError) -> Tensor {
    try Op.meanSquaredError(.tensor(self), .tensor(target), .integer(0))
  }

  /// The mean over the batch of −log softmax at the class indices `targets`.
  public func crossEntropy(classes targets: Tensor) throws(TorchError) -> Tensor {
    try Op.crossEntropy(.tensor(self), .tensor(targets))
  }
}
