/// Adam, or AdamW when ``Options/weightDecay`` is set, in one fused call per step.
///
/// Kingma & Ba, arXiv:1412.6980; decoupled decay as in Loshchilov & Hutter, arXiv:1711.05101.
public final class Adam {
  /// Settings of the optimiser.
  public struct Options: Sendable, Equatable, Codable {
    /// The learning rate.
    public var learningRate: Double
    /// The decay rates of the two moments.
    public var betas: [Double]
    /// The number that keeps the quotient finite.
    public var epsilon: Double
    /// The decoupled decay of weights per unit of learning rate; 0 is plain Adam.
    public var weightDecay: Double

    /// The paper's defaults, but for the learning rate.
    public init(
      learningRate: Double, betas: [Double] = [0.9, 0.999], epsilon: Double = 1e-8,
      weightDecay: Double = 0
    ) {
      precondition(betas.count == 2, "Adam has two decay rates, not \(betas.count)")
      self.learningRate = learningRate
      self.betas = betas
      self.epsilon = epsilon
      self.weightDecay = weightDecay
    }
  }

  private enum Op {
    static let adam = Operator("_fused_adam_")
    static let adamW = Operator("_fused_adamw_")
  }

  /// The settings; the learning rate may change between steps.
  public var options: Options
  /// The parameters' tensors, in the order in which ``step(_:)`` takes gradients.
  public let parameters: [Tensor]
  private let names: [String]
  private let decays: [Bool]
  private let firstMoments: [Tensor]
  private let secondMoments: [Tensor]
  private let stepCount: Tensor

  /// An optimiser of the trainable parameters that `includes` accepts by name.
  public init(
    _ store: ParameterStore, _ options: Options, where includes: (String) -> Bool = { _ in true }
  ) throws(TorchError) {
    self.options = options
    let entries = store.entries.filter { $0.isTrainable && includes($0.name) }
    parameters = entries.map(\.tensor)
    names = entries.map(\.name)
    decays = entries.map(\.decays)
    (firstMoments, secondMoments) = try withoutGradients { () throws(TorchError) in
      (try zeros(entries), try zeros(entries))
    }
    stepCount = try Tensor.zeros([], device: store.device)
  }

  /// Moves the parameters.
  ///
  /// - Parameters:
  ///   - gradients: In the order of ``parameters``.
  ///   - isBad: A scalar on their device that is 1 where nothing shall move, else 0; nil for 0. Nobody has to
  ///     wait for it.
  /// - Throws: ``TorchError``.
  public func step(_ gradients: [Tensor], unless isBad: Tensor? = nil) throws(TorchError) {
    precondition(gradients.count == parameters.count, "\(gradients.count) gradients")
    try withoutGradients { () throws(TorchError) in
      if let isBad {
        try stepCount.addInPlace(1 - isBad)
      } else {
        try stepCount.addInPlace(Tensor.ones([], device: stepCount.device))
      }
      if options.weightDecay == 0 {
        try call(Op.adam, Array(parameters.indices), gradients, isBad, weightDecay: 0)
      } else {
        let decaying = parameters.indices.filter { decays[$0] }
        let others = parameters.indices.filter { !decays[$0] }
        try call(Op.adamW, decaying, gradients, isBad, weightDecay: options.weightDecay)
        try call(Op.adamW, others, gradients, isBad, weightDecay: 0)
      }
    }
  }

  /// Forgets the moments, as if no step had been taken.
  ///
  /// - Throws: ``TorchError``.
  public func restart() throws(TorchError) {
    try withoutGradients { () throws(TorchError) in
      for tensor in firstMoments + secondMoments + [stepCount] { try tensor.zeroInPlace() }
    }
  }

  private func call(
    _ operation: Operator, _ indices: [Int], _ gradients: [Tensor], _ isBad: Tensor?,
    weightDecay: Double
  ) throws(TorchError) {
    guard !indices.isEmpty else { return }
    _ = try operation.call([
      .tensors(indices.map { parameters[$0] }), .tensors(indices.map { gradients[$0] }),
      .tensors(indices.map { firstMoments[$0] }), .tensors(indices.map { secondMoments[$0] }),
      .tensors([]), .tensors(indices.map { _ in stepCount }), .number(options.learningRate),
      .number(options.betas[0]), .number(options.betas[1]), .number(weightDecay),
      .number(options.epsilon), .bool(false), .bool(false), .none, .optional(isBad),
    ])
  }

  /// The optimiser's state by name, to be saved and restored with ``restore(_:)``.
  public var state: [NamedTensor] {
    zip(names, firstMoments).map { NamedTensor(name: "first.\($0)", tensor: $1) }
      + zip(names, secondMoments).map { NamedTensor(name: "second.\($0)", tensor: $1) }
      + [NamedTensor(name: "step", tensor: stepCount)]
  }
}

private func zeros(_ entries: [ParameterStore.Entry]) throws(TorchError) -> [Tensor] {
  var tensors: [Tensor] = []
  for entry in entries { tensors.append(try entry.tensor.zerosLike()) }
  return tensors
}

/// The gradients of a loss, limited so that their joint Euclidean norm is at most `maximumNorm`.
///
/// - Returns: Their norm before, a scalar tensor.
@discardableResult
public func clipGradients(_ gradients: [Tensor], maximumNorm: Double) throws(TorchError) -> Tensor {
  try withoutGradients { () throws(TorchError) in
    let norm = try Tensor.stacked(Foreach.norms(gradients)).norm()
    let factor = try (maximumNorm * (norm + 1e-6).reciprocal()).clamped(to: 1)
    try Foreach.scaleInPlace(gradients, by: factor)
    return norm
  }
}

/// Whether a number of a tensor is not finite, at the cost of one pass over them.
///
/// - Parameter tensors: Tensors of one device; at least one.
/// - Returns: A scalar on that device: 1 if there is such a number, else 0.
/// - Throws: ``TorchError``.
public func notFinite(_ tensors: [Tensor]) throws(TorchError) -> Tensor {
  try withoutGradients { () throws(TorchError) in
    try 1 - Tensor.stacked(Foreach.norms(tensors)).isFinite().all().to(.float32)
  }
}
