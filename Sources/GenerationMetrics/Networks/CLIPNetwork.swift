public import Torch

/// The visual towers of OpenAI's CLIP for inference.
///
/// *Learning Transferable Visual Models From Natural Language Supervision*, arXiv:2103.00020; parameters have
/// the names of its code, which open_clip keeps. The activation is QuickGELU, x·σ(1.702 x), as in OpenAI's
/// models and not in most of those that others trained. Its factor is folded into the layers around it, which
/// changes results by rounding alone.
public struct CLIPNetwork: Sendable {
  /// The published vision transformers that metrics use.
  public enum Size: String, Sendable, CaseIterable {
    /// ViT-B/32 at 224×224 pixels.
    case base32
    /// ViT-L/14 at 224×224 pixels.
    case large14
    /// ViT-L/14 at 336×336 pixels.
    case large14At336

    /// What protocols call the network.
    public var name: String {
      switch self {
      case .base32: "clip-vit-b-32"
      case .large14: "clip-vit-l-14"
      case .large14At336: "clip-vit-l-14-336"
      }
    }

    package var architecture: Architecture {
      switch self {
      case .base32:
        Architecture(
          name: name, width: 768, blockCount: 12, headCount: 12, patchSide: 32, gridSide: 7,
          projectedWidth: 512)
      case .large14:
        Architecture(
          name: name, width: 1024, blockCount: 24, headCount: 16, patchSide: 14, gridSide: 16,
          projectedWidth: 768)
      case .large14At336:
        Architecture(
          name: name, width: 1024, blockCount: 24, headCount: 16, patchSide: 14, gridSide: 24,
          projectedWidth: 768)
      }
    }
  }

  /// What the network can hand out.
  public enum Tap: String, Sendable, CaseIterable {
    /// The embedding that is compared with texts: the class token after the last normalisation and the
    /// projection.
    case projected
    /// The class token after the last normalisation.
    case unprojected = "cls"
  }

  /// The size of a network's parts.
  package struct Architecture: Sendable {
    package let name: String
    package let width: Int
    package let blockCount: Int
    package let headCount: Int
    /// Pixels along a patch, and patches along a picture.
    package let patchSide: Int
    package let gridSide: Int
    package let projectedWidth: Int

    /// Describes a network of any size, for tests.
    package init(
      name: String, width: Int, blockCount: Int, headCount: Int, patchSide: Int, gridSide: Int,
      projectedWidth: Int
    ) {
      self.name = name
      self.width = width
      self.blockCount = blockCount
      self.headCount = headCount
      self.patchSide = patchSide
      self.gridSide = gridSide
      self.projectedWidth = projectedWidth
    }
  }

  /// What protocols call the network.
  public let name: String
  /// Side of the images that go in, in pixels.
  public let inputSide: Int
  /// SHA-256 over all parameters: equal for equal weights in whatever file.
  public let checksum: String

  private let architecture: Architecture
  private let patchEmbedding: PatchEmbedding
  /// The class token with its position, `[1, 1, width]`.
  private let classToken: Tensor
  /// The positions of the patches, `[1, patch, width]`.
  private let positions: Tensor
  private let firstNormalization: LayerNormalization
  private let trunk: TransformerTrunk
  /// `[projected, width]`.
  private let projection: FusedLinear
  private let device: Device

  /// Reads all parameters of a published size.
  ///
  /// - Parameters:
  ///   - size: Which network.
  ///   - weights: Where they come from; files may have the names of OpenAI and open_clip, of timm or of
  ///     transformers.
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
    let source = HashingSource(CLIPNaming.renamed(weights))
    let reader = TransformerReader(source: source, device: device, epsilon: 1e-5)
    let width = architecture.width
    let patchCount = architecture.gridSide * architecture.gridSide
    let classElements = try source.parameter("visual.class_embedding", shape: [width])
    let positions = try source.parameter(
      "visual.positional_embedding", shape: [1 + patchCount, width])
    patchEmbedding = try reader.patchEmbedding(
      "visual.conv1.weight", bias: nil, width: width, patchSide: architecture.patchSide,
      gridSide: architecture.gridSide)
    classToken = try Tensor(
      zip(classElements, positions).map { $0 + $1 }, shape: [1, 1, width], device: device)
    self.positions = try Tensor(
      Array(positions[width...]), shape: [1, patchCount, width], device: device)
    firstNormalization = try reader.normalization("visual.ln_pre", width: width)
    let blocks = try (0..<architecture.blockCount).map { index in
      try Self.block("visual.transformer.resblocks.\(index)", architecture, reader)
    }
    trunk = try TransformerTrunk(
      blocks, normalization: reader.normalization("visual.ln_post", width: width), on: device)
    let shape = [width, architecture.projectedWidth]
    let projection = try Tensor(
      source.parameter("visual.proj", shape: shape), shape: shape, device: device)
    self.projection = FusedLinear(
      weight: try projection.transposed(0, 1).contiguous(), bias: nil)
    name = architecture.name
    inputSide = architecture.patchSide * architecture.gridSide
    checksum = source.checksum
    self.architecture = architecture
    self.device = device
  }

  private static func block(
    _ name: String, _ architecture: Architecture, _ reader: TransformerReader
  ) throws -> BlockParameters {
    let width = architecture.width
    let first = try reader.normalization("\(name).ln_1", width: width)
    let attention = try reader.dense(
      "\(name).attn.in_proj_weight", "\(name).attn.in_proj_bias", outputs: 3 * width,
      inputs: width)
    let projection = try reader.dense("\(name).attn.out_proj", outputs: width, inputs: width)
    let second = try reader.normalization("\(name).ln_2", width: width)
    var expansion = try reader.dense("\(name).mlp.c_fc", outputs: 4 * width, inputs: width)
    var contraction = try reader.dense("\(name).mlp.c_proj", outputs: width, inputs: 4 * width)
    // x·σ(1.702 x) = silu(1.702 x) / 1.702
    expansion.scaleOutputs(by: Array(repeating: 1.702, count: 4 * width))
    contraction.weight = contraction.weight.map { $0 / 1.702 }
    return BlockParameters(
      firstNormalization: first, attention: attention, projection: projection,
      secondNormalization: second, expansion: expansion, contraction: contraction,
      activation: .silu, headCount: architecture.headCount)
  }

  /// Features per image.
  public func width(_ tap: Tap) -> Int {
    tap == .projected ? architecture.projectedWidth : architecture.width
  }

  /// The features of a batch of images.
  ///
  /// - Parameters:
  ///   - images: `[batch, 3, side, side]` of ``inputSide``, already normalised; see ``CLIPPreparation``.
  ///   - tap: With or without the projection.
  /// - Returns: `[batch, width]`, not normalised.
  /// - Throws: ``TorchError`` if libtorch fails.
  public func features(of images: Tensor, tap: Tap) throws(TorchError) -> Tensor {
    try withoutGradients { () throws(TorchError) in
      let token = try trunk(tokens(of: images))
      return tap == .projected ? try projection(token) : token
    }
  }

  /// What goes into the first block, and what comes out of each, for comparison with other implementations.
  ///
  /// - Returns: `[batch, token, width]` each; of the last block, of the normalisation and of the projection
  ///   only the class token, `[batch, width]`.
  package func stages(of images: Tensor) throws(TorchError) -> [Tensor] {
    try withoutGradients { () throws(TorchError) in
      var stages = [try tokens(of: images)]
      let token = try trunk(stages[0]) { tokens in stages.append(tokens) }
      return stages + [token, try projection(token)]
    }
  }

  private func tokens(of images: Tensor) throws(TorchError) -> Tensor {
    let patches = try patchEmbedding(images.to(device)) + positions
    let classes = try classToken.expanded([patches.shape[0], -1, -1])
    return try firstNormalization(Tensor.concatenated([classes, patches], dimension: 1))
  }
}
