public import Torch

/// DINOv2's vision transformers for inference: the normalised class token of images of 224×224 pixels.
///
/// *DINOv2: Learning Robust Visual Features without Supervision*, arXiv:2304.07193; the models of its hub,
/// without register tokens. Parameters have the hub's names. The gains on the branches (LayerScale) are folded
/// into the layers before them, which changes results by rounding alone.
public struct DINOv2Network: Sendable {
  /// The published sizes; patches have 14×14 pixels.
  public enum Size: String, Sendable, CaseIterable {
    /// ViT-S/14, 384 features.
    case small
    /// ViT-B/14, 768 features.
    case base
    /// ViT-L/14, 1024 features: what Fréchet distances of DINOv2 are published with.
    case large

    /// What protocols call the network.
    public var name: String {
      switch self {
      case .small: "dinov2-vits14"
      case .base: "dinov2-vitb14"
      case .large: "dinov2-vitl14"
      }
    }

    package var architecture: Architecture {
      switch self {
      case .small: Architecture(name: name, width: 384, blockCount: 12, headCount: 6)
      case .base: Architecture(name: name, width: 768, blockCount: 12, headCount: 12)
      case .large: Architecture(name: name, width: 1024, blockCount: 24, headCount: 16)
      }
    }
  }

  /// The size of a network's parts.
  package struct Architecture: Sendable {
    package let name: String
    package let width: Int
    package let blockCount: Int
    package let headCount: Int
    /// Patches along the pictures of the training, for which there are positions.
    package var gridSide = 37

    /// Describes a network of any size, for tests.
    package init(name: String, width: Int, blockCount: Int, headCount: Int, gridSide: Int = 37) {
      self.name = name
      self.width = width
      self.blockCount = blockCount
      self.headCount = headCount
      self.gridSide = gridSide
    }
  }

  /// Side of the images that go in, in pixels.
  public static let inputSide = 224
  private static let patchSide = 14

  /// What protocols call the network.
  public let name: String
  /// Features per image.
  public let width: Int
  /// SHA-256 over all parameters: equal for equal weights in whatever file.
  public let checksum: String

  private let patchEmbedding: PatchEmbedding
  /// The class token with its position, `[1, 1, width]`.
  private let classToken: Tensor
  /// The positions of the patches, `[1, patch, width]`.
  private let positions: Tensor
  private let trunk: TransformerTrunk
  private let device: Device

  /// Reads all parameters of a published size.
  ///
  /// - Parameters:
  ///   - size: Which network.
  ///   - weights: Where they come from; files may have the names of the hub, of timm or of transformers.
  ///   - device: Where the network runs.
  /// - Throws: ``WeightError`` if a parameter is missing, damaged or of another shape, ``TorchError``
  ///   if libtorch is missing.
  public init(_ size: Size, weights: any WeightSource, device: Device = .cpu) throws {
    try self.init(size.architecture, weights: weights, device: device)
  }

  /// Reads all parameters of a network of any size.
  package init(
    _ architecture: Architecture, weights: any WeightSource, device: Device = .cpu
  ) throws {
    let source = HashingSource(try DINOv2Naming.renamed(weights))
    let reader = TransformerReader(source: source, device: device, epsilon: 1e-6)
    let width = architecture.width
    let gridSide = Self.inputSide / Self.patchSide
    let classElements = try source.parameter("cls_token", shape: [1, 1, width])
    let places = 1 + architecture.gridSide * architecture.gridSide
    let positions = try source.parameter("pos_embed", shape: [1, places, width])
    patchEmbedding = try reader.patchEmbedding(
      "patch_embed.proj.weight", bias: "patch_embed.proj.bias", width: width,
      patchSide: Self.patchSide, gridSide: gridSide)
    classToken = try Tensor(
      zip(classElements, positions).map { $0 + $1 }, shape: [1, 1, width], device: device)
    self.positions = try Self.resampled(
      Tensor(
        Array(positions[width...]), shape: [1, architecture.gridSide, architecture.gridSide, width]),
      to: gridSide
    ).to(device)
    let blocks = try (0..<architecture.blockCount).map { index in
      try Self.block("blocks.\(index)", architecture, reader)
    }
    trunk = try TransformerTrunk(
      blocks, normalization: reader.normalization("norm", width: width), on: device)
    name = architecture.name
    self.width = width
    checksum = source.checksum
    self.device = device
  }

  /// The positions for another number of patches, as the hub's `interpolate_pos_encoding` resamples them:
  /// by the factor (patches + 0.1) / positions, bicubic, without antialiasing.
  ///
  /// - Parameters:
  ///   - positions: `[1, side, side, width]`.
  ///   - gridSide: Patches along a picture.
  /// - Returns: `[1, patch, width]`.
  /// - Throws: ``TorchError`` if libtorch fails.
  private static func resampled(
    _ positions: Tensor, to gridSide: Int
  ) throws(TorchError) -> Tensor {
    let (side, width) = (positions.shape[1], positions.shape[3])
    guard side != gridSide else { return try positions.reshaped([1, side * side, width]) }
    // 0.1 kept the floor of the size from rounding down, and moves every position with it.
    return try positions.permuted([0, 3, 1, 2])
      .upsampledBicubic(by: (Double(gridSide) + 0.1) / Double(side))
      .permuted([0, 2, 3, 1]).reshaped([1, gridSide * gridSide, width])
  }

  private static func block(
    _ name: String, _ architecture: Architecture, _ reader: TransformerReader
  ) throws -> BlockParameters {
    let width = architecture.width
    let first = try reader.normalization("\(name).norm1", width: width)
    let attention = try reader.dense("\(name).attn.qkv", outputs: 3 * width, inputs: width)
    var projection = try reader.dense("\(name).attn.proj", outputs: width, inputs: width)
    projection.scaleOutputs(by: try reader.source.parameter("\(name).ls1.gamma", shape: [width]))
    let second = try reader.normalization("\(name).norm2", width: width)
    let expansion = try reader.dense("\(name).mlp.fc1", outputs: 4 * width, inputs: width)
    var contraction = try reader.dense("\(name).mlp.fc2", outputs: width, inputs: 4 * width)
    contraction.scaleOutputs(by: try reader.source.parameter("\(name).ls2.gamma", shape: [width]))
    return BlockParameters(
      firstNormalization: first, attention: attention, projection: projection,
      secondNormalization: second, expansion: expansion, contraction: contraction,
      activation: .gelu, headCount: architecture.headCount)
  }

  /// The features of a batch of images.
  ///
  /// - Parameter images: `[batch, 3, 224, 224]`, already normalised; see ``DINOv2Preparation``.
  /// - Returns: The class token after the last normalisation, `[batch, width]`.
  /// - Throws: ``TorchError`` if libtorch fails.
  public func features(of images: Tensor) throws(TorchError) -> Tensor {
    try withoutGradients { () throws(TorchError) in try trunk(tokens(of: images)) }
  }

  /// What goes into the first block, and what comes out of each, for comparison with other implementations.
  ///
  /// - Returns: `[batch, token, width]` each; of the last block, and at last of the normalisation, only the
  ///   class token, `[batch, width]`.
  package func stages(of images: Tensor) throws(TorchError) -> [Tensor] {
    try withoutGradients { () throws(TorchError) in
      var stages = [try tokens(of: images)]
      let features = try trunk(stages[0]) { tokens in stages.append(tokens) }
      return stages + [features]
    }
  }

  private func tokens(of images: Tensor) throws(TorchError) -> Tensor {
    let patches = try patchEmbedding(images.to(device)) + positions
    let classes = try classToken.expanded([patches.shape[0], -1, -1])
    return try Tensor.concatenated([classes, patches], dimension: 1)
  }
}
