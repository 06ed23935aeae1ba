import Torch

/// The parameters of a transformer's block.
struct BlockParameters {
  let firstNormalization: LayerNormalization
  /// Queries, keys and values one after another, `[3 · width, width]`.
  let attention: DenseParameters
  let projection: DenseParameters
  let secondNormalization: LayerNormalization
  let expansion: DenseParameters
  let contraction: DenseParameters
  /// What stands between the last two.
  let activation: FusedLinear.Activation
  let headCount: Int
}

/// Attention and a perceptron, each after a normalisation and added to what it is given.
///
/// *An Image is Worth 16x16 Words*, arXiv:2010.11929, equations 2 and 3. Gains on the branches (LayerScale)
/// are part of the layers before them.
struct TransformerBlock: Sendable {
  private let normalization: LayerNormalization
  private let attention: FusedLinear
  private let projection: FusedLinear
  private let perceptron: Perceptron
  private let headCount: Int

  init(_ parameters: BlockParameters, on device: Device) throws(TorchError) {
    normalization = parameters.firstNormalization
    attention = try parameters.attention.layer(on: device)
    projection = try parameters.projection.layer(on: device)
    perceptron = try Perceptron(parameters, on: device)
    headCount = parameters.headCount
  }

  /// `[batch, token, width]` → the same.
  func callAsFunction(_ tokens: Tensor) throws(TorchError) -> Tensor {
    // [batch, token, 3 · width] -> 3 × [batch, head, token, width / head]
    let joint = try attention(normalization(tokens)).heads(parts: 3, count: headCount)
    let attended = try joint[0].attention(key: joint[1], value: joint[2])
    return try perceptron(projection(attended.withoutHeads(), addedTo: tokens))
  }
}

/// The last block of a transformer of which only the first token is wanted: all tokens are looked at, the
/// others are not computed.
struct FirstTokenBlock: Sendable {
  private let normalization: LayerNormalization
  private let query: FusedLinear
  private let keysAndValues: FusedLinear
  private let projection: FusedLinear
  private let perceptron: Perceptron
  private let headCount: Int

  init(_ parameters: BlockParameters, on device: Device) throws(TorchError) {
    let width = parameters.attention.inputCount
    normalization = parameters.firstNormalization
    query = try parameters.attention.outputs(0..<width).layer(on: device)
    keysAndValues = try parameters.attention.outputs(width..<3 * width).layer(on: device)
    projection = try parameters.projection.layer(on: device)
    perceptron = try Perceptron(parameters, on: device)
    headCount = parameters.headCount
  }

  /// `[batch, token, width]` → `[batch, width]`.
  func callAsFunction(_ tokens: Tensor) throws(TorchError) -> Tensor {
    let normalized = try normalization(tokens)
    let first = try normalized.narrowed(1, start: 0, count: 1).contiguous()
    let others = try keysAndValues(normalized).heads(parts: 2, count: headCount)
    let attended = try query(first).heads(parts: 1, count: headCount)[0]
      .attention(key: others[0], value: others[1])
    let token = try tokens.narrowed(1, start: 0, count: 1).contiguous()
    return try perceptron(projection(attended.withoutHeads(), addedTo: token)).squeezed(1)
  }
}

/// The second half of a block.
private struct Perceptron: Sendable {
  private let normalization: LayerNormalization
  private let expansion: FusedLinear
  private let contraction: FusedLinear

  init(_ parameters: BlockParameters, on device: Device) throws(TorchError) {
    normalization = parameters.secondNormalization
    expansion = try parameters.expansion.layer(parameters.activation, on: device)
    contraction = try parameters.contraction.layer(on: device)
  }

  func callAsFunction(_ tokens: Tensor) throws(TorchError) -> Tensor {
    try contraction(expansion(normalization(tokens)), addedTo: tokens)
  }
}

/// Blocks, and the normalised first token of the last one.
struct TransformerTrunk: Sendable {
  private let blocks: [TransformerBlock]
  private let last: FirstTokenBlock
  private let normalization: LayerNormalization

  /// Takes at least one block.
  init(
    _ parameters: [BlockParameters], normalization: LayerNormalization, on device: Device
  ) throws(TorchError) {
    precondition(!parameters.isEmpty, "a transformer without blocks")
    var blocks: [TransformerBlock] = []
    for block in parameters.dropLast() { blocks.append(try TransformerBlock(block, on: device)) }
    self.blocks = blocks
    last = try FirstTokenBlock(parameters[parameters.count - 1], on: device)
    self.normalization = normalization
  }

  /// The normalised first token behind all blocks.
  ///
  /// - Parameters:
  ///   - tokens: What goes into the first block, `[batch, token, width]`.
  ///   - observe: Sees what comes out of each block, of the last one the first token alone.
  /// - Returns: `[batch, width]`.
  /// - Throws: ``TorchError`` if libtorch fails.
  func callAsFunction(
    _ tokens: Tensor, observe: (Tensor) throws(TorchError) -> Void = { _ in }
  ) throws(TorchError) -> Tensor {
    var tokens = tokens
    for block in blocks {
      tokens = try block(tokens)
      try observe(tokens)
    }
    let first = try last(tokens)
    try observe(first)
    return try normalization(first)
  }
}

extension Tensor {
  /// `[batch, token, parts · width]` → per part `[batch, head, token, width / head]`, without copying.
  fileprivate func heads(parts: Int, count: Int) throws(TorchError) -> [Tensor] {
    let shape = self.shape
    let split = try reshaped([shape[0], shape[1], parts, count, shape[2] / (parts * count)])
      .permuted([2, 0, 3, 1, 4])
    var result: [Tensor] = []
    for part in 0..<parts { result.append(try split.selected(0, part)) }
    return result
  }

  /// `[batch, head, token, size]` → `[batch, token, head · size]`.
  fileprivate func withoutHeads() throws(TorchError) -> Tensor {
    let shape = self.shape
    return try permuted([0, 2, 1, 3]).reshaped([shape[0], shape[2], shape[1] * shape[3]])
  }
}
