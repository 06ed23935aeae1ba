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
