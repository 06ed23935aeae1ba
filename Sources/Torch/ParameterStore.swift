/// The named parameters and buffers of a model, in the order of their creation.
///
/// Layers are created in a ``ParameterScope`` of a store and keep the tensors they were given; the
/// store is what optimisers, averages and checkpoints work on.
public final class ParameterStore {
  /// One named tensor.
  public struct Entry {
    /// Its path, for instance `encoder.conv1.weight`.
    public let name: String
    /// The tensor itself.
    public let tensor: Tensor
    /// Whether the optimiser changes it; buffers are only saved.
    public let isTrainable: Bool
    /// Whether weight decay applies to it.
    public let decays: Bool
  }

  /// Everything, in the order of creation.
  public private(set) var entries: [Entry] = []
  /// Where the parameters live.
  public let device: Device
  private var names: Set<String> = []

  /// Whether parameters only have shapes; their elements share one zero.
  public let isOutline: Bool

  /// An empty store for parameters on `device`.
  ///
  /// - Parameters:
  ///   - device: Where the parameters live.
  ///   - isOutline: Gives parameters no memory, to count those of models that would not fit.
  public init(device: Device, isOutline: Bool = false) {
    self.device = device
    self.isOutline = isOutline
  }

  /// The outermost scope.
  public var root: ParameterScope { ParameterScope(store: self, prefix: "") }

  /// The tensors an optimiser changes.
  public var trainable: [Tensor] { entries.filter(\.isTrainable).map(\.tensor) }

  /// Number of trainable numbers.
  public var parameterCount: Int { trainable.reduce(0) { $0 + $1.count } }

  func add(_ name: String, _ value: Tensor, isTrainable: Bool, decays: Bool) throws(TorchError)
    -> Tensor
  {
    precondition(names.insert(name).inserted, "two parameters named \(name)")
    let tensor = try value.to(device)
    if isTrainable { try tensor.setRequiresGradient(true) }
    entries.append(Entry(name: name, tensor: tensor, isTrainable: isTrainable, decays: decays))
    return tensor
  }
}

/// A place in the tree of parameter names.
public struct ParameterScope {
  let store: ParameterStore
  let prefix: String

  /// Where the parameters live.
  public var device: Device { store.device }

  /// The scope of a part, for instance a layer.
  public func scope(_ name: String) -> ParameterScope {
    ParameterScope(store: store, prefix: "\(prefix)\(name).")
  }

  /// Adds a parameter with drawn or constant elements.
  public func parameter(
    _ name: String, shape: [Int], _ initializer: Initializer, decays: Bool = true
  ) throws(TorchError) -> Tensor {
    try parameter(name, drawn(shape, initializer), decays: decays)
  }

  /// Draws the elements of a parameter, unless the store is an outline.
  func drawn(_ shape: [Int], _ initializer: Initializer) throws(TorchError) -> Tensor {
    try store.isOutline ? Tensor.zeros([1]).expanded(shape) : initializer.tensor(shape: shape)
  }

  /// Adds a convolution's weight, stored channels-last.
  func convolutionWeight(_ shape: [Int], _ initializer: Initializer) throws(TorchError) -> Tensor {
    let drawn = try drawn(shape, initializer)
    return try parameter("weight", store.isOutline ? drawn : drawn.channelsLast())
  }

  /// Adds a parameter with given elements.
  public func parameter(_ name: String, _ value: Tensor, decays: Bool = true) throws(TorchError)
    -> Tensor
  {
    try store.add(prefix + name, value, isTrainable: true, decays: decays)
  }

  /// Adds a tensor that is saved but not trained.
  public func buffer(_ name: String, _ value: Tensor) throws(TorchError) -> Tensor {
    try store.add(prefix + name, value, isTrainable: false, decays: false)
  }
}
