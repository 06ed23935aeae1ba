public import Torch

/// VGG-16 as torchvision names its parameters, for inference: the feature network of the original
/// precision and recall, and of LPIPS.
///
/// *Very Deep Convolutional Networks for Large-Scale Image Recognition*, arXiv:1409.1556, table 1 D.
public struct VGG16Network: Sendable {
  /// What the network can hand out.
  public enum Tap: String, Sendable, CaseIterable {
    /// The second fully connected layer before its ReLU, 4096 features.
    case fc2
    /// The second fully connected layer after its ReLU, 4096 features.
    case fc2ReLU = "fc2-relu"
  }

  /// Side of the images for the fully connected layers, in pixels.
  public static let inputSide = 224
  /// Features per image.
  public static let width = 4096

  /// SHA-256 over the parameters that were read: equal for equal weights in whatever file.
  public let checksum: String

  private let blocks: [[FusedConvolution]]
  private let fullyConnected: [(weight: Tensor, bias: Tensor)]
  private let device: Device

  /// Number of output channels of the convolutions between two pools.
  static let channelCounts = [
    [64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512],
  ]

  /// Reads the parameters.
  ///
  /// - Parameters:
  ///   - weights: Where they come from.
  ///   - isConvolutional: Reads only the convolutions, all that LPIPS needs.
  ///   - device: Where the network runs.
  /// - Throws: ``WeightError`` if a parameter is missing, damaged or of another shape, ``TorchError``
  ///   if libtorch is missing.
  public init(
    weights: any WeightSource, isConvolutional: Bool = false, device: Device = .cpu
  ) throws {
    let source = HashingSource(weights)
    var blocks: [[FusedConvolution]] = []
    var layer = 0
    var inputs = 3
    for counts in Self.channelCounts {
      var block: [FusedConvolution] = []
      for outputs in counts {
        let shape = [outputs, inputs, 3, 3]
        let weight = try source.parameter("features.\(layer).weight", shape: shape)
        let bias = try source.parameter("features.\(layer).bias", shape: [outputs])
        block.append(
          try FusedConvolution(
            weight: Tensor(weight, shape: shape, device: device),
            bias: Tensor(bias, shape: [outputs], device: device), padding: [1, 1]))
        inputs = outputs
        layer += 2  // A ReLU follows each convolution.
      }
      blocks.append(block)
      layer += 1  // A pool follows each block.
    }
    self.blocks = blocks
    var fullyConnected: [(weight: Tensor, bias: Tensor)] = []
    for (index, inputs) in [(0, 512 * 7 * 7), (3, 4096)] where !isConvolutional {
      let weight = try source.parameter("classifier.\(index).weight", shape: [4096, inputs])
      let bias = try source.parameter("classifier.\(index).bias", shape: [4096])
      fullyConnected.append(
        (
          try Tensor(weight, shape: [4096, inputs], device: device),
          try Tensor(bias, shape: [4096], device: device)
        ))
    }
    self.fullyConnected = fullyConnected
    checksum = source.checksum
    self.device = device
  }

  /// The fully connected features of a batch of images.
  ///
  /// - Parameters:
  ///   - images: `[batch, 3, 224, 224]`, normalised; see ``VGGPreparation``.
  ///   - tap: Before or after the ReLU.
  /// - Returns: `[batch, 4096]`.
  /// - Throws: ``TorchError`` if libtorch fails.
  public func features(of images: Tensor, tap: Tap) throws(TorchError) -> Tensor {
    precondition(fullyConnected.count == 2, "the fully connected layers were not read")
    return try withoutGradients { () throws(TorchError) in
      let maps = try self.maps(of: images)
      let last = try maps[maps.count - 1].maxPool(kernel: 2, stride: 2).contiguous().flattened()
      let first = try last.linear(fullyConnected[0].weight, bias: fullyConnected[0].bias).relu()
      let second = try first.linear(fullyConnected[1].weight, bias: fullyConnected[1].bias)
      return tap == .fc2ReLU ? try second.relu() : second
    }
  }

  /// The feature maps before each pool: `relu1_2`, `relu2_2`, `relu3_3`, `relu4_3`, `relu5_3`.
  func maps(of images: Tensor) throws(TorchError) -> [Tensor] {
    var results: [Tensor] = []
    var maps = try BoundedTensor(measuring: images.to(device).channelsLast())
    for (index, block) in blocks.enumerated() {
      if index > 0 { maps = try maps.maxPool(kernel: 2, stride: 2) }
      for unit in block { maps = try unit(maps) }
      results.append(maps.tensor)
    }
    return results
  }
}
