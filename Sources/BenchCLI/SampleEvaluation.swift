import Datasets
import GenerationMetrics
import LinearAlgebra
import Reference
import Torch

/// How samples compare with a dataset's images in a fixed feature space.
struct SampleEvaluation {
  /// The neighbour whose distance is a neighbourhood's radius.
  static let neighbourCount = 3

  private let features: RandomFeatures
  private let reference: FeatureSet
  private let operand: FrechetOperand

  /// Figures of one set of samples.
  struct Figures {
    let frechet: Double
    let precision: Double
    let recall: Double
    let sharpness: Double
  }

  /// Takes observations as the reference set; `others` are compared with them as samples are.
  init(reference images: Tensor) throws {
    features = try RandomFeatures(channelCount: images.shape[1], device: images.device)
    reference = try FeatureSet(name: "data", features: features(images))
    operand = try FrechetOperand(reference.features, name: "data")
  }

  /// The figures of images in [0, 1].
  func figures(_ images: Tensor) throws -> Figures {
    let set = try FeatureSet(name: "samples", features: features(images))
    let manifold = try PrecisionRecall(
      reference: reference, generated: set, neighbourCount: Self.neighbourCount)
    return Figures(
      frechet: try FrechetDistance(operand, FrechetOperand(set.features, name: "samples")).value,
      precision: manifold.precision, recall: manifold.recall,
      sharpness: try ImageStatistics.sharpness(images))
  }
}
