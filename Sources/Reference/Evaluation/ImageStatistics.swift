import BenchSupport
public import LinearAlgebra
public import Torch

/// Numbers of images that need no trained network.
public enum ImageStatistics {
  /// The sharpness of each image in [0, 1]: the variance over pixels of the Laplacian (4-neighbour
  /// differences) of the mean over channels.
  public static func laplacianVariances(_ images: Tensor) throws -> [Double] {
    let grey = try images.mean([1], keepsDimensions: true)
    let kernel = try Tensor([0, 1, 0, 1, -4, 1, 0, 1, 0] as [Float], shape: [1, 1, 3, 3])
    let edges = try grey.convolution(kernel.to(images.device), bias: nil)
    return try edges.variance([1, 2, 3]).elements(as: Double.self)
  }

  /// The mean over images of ``laplacianVariances(_:)``.
  public static func sharpness(_ images: Tensor) throws -> Double {
    let values = try laplacianVariances(images)
    return values.reduce(0, +) / Double(values.count)
  }
}

/// A fixed feature space for comparing sets of images where no trained network is at hand.
///
/// Three convolutions (32, 64, 16 channels, 4×4, stride 2) with He-normal weights drawn once from a
/// Philox generator, ReLU after each, then averages over a 4×4 grid: 256 features. Distances in it
/// order images as blur, colour and layout do; they are not those of Inception and are never
/// called FID.
public struct RandomFeatures {
  /// Names the space in results.
  public static let name = "random-conv-256:v1"

  private let weights: [Tensor]

  /// Draws the weights; they are the same everywhere.
  public init(channelCount: Int, device: Device) throws {
    var generator = Philox(seed: 2026, stream: 7)
    weights = try [(channelCount, 32), (32, 64), (64, 16)].map { input, output in
      let deviation = (2 / Double(input * 16)).squareRoot()
      let values = (0..<output * input * 16).map { _ in Float(deviation * generator.normal()) }
      return try Tensor(values, shape: [output, input, 4, 4], device: device).channelsLast()
    }
  }

  /// The features of images in [0, 1], one row per image.
  public func callAsFunction(_ images: Tensor) throws -> Matrix<Float> {
    try withoutGradients {
      var features = try images * 2 - 1
      for weight in weights {
        features = try features.convolution(weight, bias: nil, stride: [2, 2], padding: [1, 1])
          .relu()
      }
      let pooled = try features.averagePool(toSize: [4, 4]).flattened()
      return Matrix(
        rowCount: pooled.shape[0], columnCount: pooled.shape[1], elements: try pooled.elements())
    }
  }
}
