public import Datasets
public import Torch

/// LPIPS: a learned perceptual distance between images, by VGG-16 and five linear layers.
///
/// *The Unreasonable Effectiveness of Deep Features as a Perceptual Metric*, arXiv:1801.03924,
/// eq. 1, version 0.1: feature maps are scaled to unit length per pixel, squared differences are
/// weighted per channel and averaged over pixels. 0 for equal images, larger is worse.
public struct PerceptualDistance: Sendable {
  private let network: VGG16Network
  /// Weights per channel, `[1, channel, 1, 1]`, one per feature map.
  private let layers: [Tensor]

  /// Takes a network and reads the linear layers, `lin0.model.1.weight` to `lin4.model.1.weight`.
  ///
  /// - Parameters:
  ///   - network: VGG-16; its convolutions suffice.
  ///   - weights: Where the linear layers come from, for instance the authors' `vgg.pth`.
  ///   - device: Where the network runs.
  /// - Throws: ``WeightError`` or ``TorchError``.
  public init(network: VGG16Network, weights: any WeightSource, device: Device = .cpu) throws {
    self.network = network
    layers = try VGG16Network.channelCounts.enumerated().map { index, counts in
      let count = counts[counts.count - 1]
      let elements = try weights.parameter(
        "lin\(index).model.1.weight", shape: [1, count, 1, 1])
      return try Tensor(elements, shape: [1, count, 1, 1], device: device)
    }
  }

  /// The distance of each pair of images.
  ///
  /// - Parameters:
  ///   - first: RGB images of one size, at least 16 pixels wide and high.
  ///   - second: As many images of the same size.
  /// - Returns: One distance per pair.
  /// - Throws: ``TorchError`` if libtorch fails.
  public func callAsFunction(
    _ first: [RasterImage], _ second: [RasterImage]
  ) throws(TorchError) -> [Double] {
    precondition(first.count == second.count, "\(first.count) and \(second.count) pictures")
    guard !first.isEmpty else { return [] }
    return try withoutGradients { () throws(TorchError) in
      let firstMaps = try network.maps(of: Self.batch(first))
      let secondMaps = try network.maps(of: Self.batch(second))
      var totals = [Double](repeating: 0, count: first.count)
      for (index, layer) in layers.enumerated() {
        let difference = try Self.unitLength(firstMaps[index]) - Self.unitLength(secondMaps[index])
        let weighted = try (difference * difference * layer).sum([1]).mean([1, 2])
        for (place, value) in try weighted.elements(as: Float.self).enumerated() {
          totals[place] += Double(value)
        }
      }
      return totals
    }
  }

  private static func unitLength(_ maps: Tensor) throws(TorchError) -> Tensor {
    let length = try (maps * maps).sum([1], keepsDimensions: true).power(0.5) + 1e-10
    return try maps / length
  }

  /// `[batch, 3, height, width]`, −1…1 shifted and scaled as the authors' scaling layer does.
  private static func batch(_ images: [RasterImage]) throws(TorchError) -> Tensor {
    let shift: [Float] = [-0.030, -0.088, -0.188]
    let scale: [Float] = [0.458, 0.448, 0.450]
    let (height, width) = (images[0].height, images[0].width)
    var planes: [Float] = []
    planes.reserveCapacity(images.count * 3 * height * width)
    for image in images {
      precondition(
        image.channelCount == 3 && image.height == height && image.width == width,
        "pictures of different shapes: \(image.shape) and \(images[0].shape)")
      for channel in 0..<3 {
        let centre = (1 + shift[channel]) * 255 / 2
        let factor = 2 / (scale[channel] * 255)
        for place in 0..<height * width {
          planes.append((Float(image.pixels[3 * place + channel]) - centre) * factor)
        }
      }
    }
    return try Tensor(planes, shape: [images.count, 3, height, width])
  }
}
