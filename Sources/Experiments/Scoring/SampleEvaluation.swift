import BenchSupport
import Datasets
package import GenerationMetrics
package import LinearAlgebra
import Reference
package import Torch

extension BenchFeatures {
  /// The features of images in [0, 1], [image, channel, height, width], rounded to bytes first; one
  /// row per image.
  package static func matrix(_ images: Tensor) throws -> Matrix<Float> {
    let shape = images.shape
    let colours = shape[1] == 3 ? images : try images.expanded([-1, 3, -1, -1])
    let pictures = try colours.imageBytes()
    let rows = Parallel.map(pictures.count) { index in
      features(
        of: RasterImage(
          height: shape[2], width: shape[3], channelCount: 3, pixels: pictures[index]))
    }
    return Matrix(rowCount: shape[0], columnCount: width, elements: rows.flatMap { $0 })
  }
}

/// How samples compare with a dataset's images in a fixed feature space.
package struct SampleEvaluation {
  /// The neighbour whose distance is a neighbourhood's radius.
  package static let neighbourCount = 3

  private let reference: FeatureSet
  private let operand: FrechetOperand

  /// Figures of one set of samples.
  package struct Figures {
    package let frechet: Double
    package let precision: Double
    package let recall: Double
    package let sharpness: Double
  }

  /// Takes observations in [0, 1] as the reference set.
  package init(reference images: Tensor) throws {
    reference = try FeatureSet(name: "data", features: BenchFeatures.matrix(images))
    operand = try FrechetOperand(reference.features, name: "data")
  }

  /// The figures of images in [0, 1].
  package func figures(_ images: Tensor) throws -> Figures {
    let set = try FeatureSet(name: "samples", features: BenchFeatures.matrix(images))
    let manifold = try PrecisionRecall(
      reference: reference, generated: set, neighbourCount: Self.neighbourCount)
    return Figures(
      frechet: try FrechetDistance(operand, FrechetOperand(set.features, name: "samples")).value,
      precision: manifold.precision, recall: manifold.recall,
      sharpness: try ImageStatistics.sharpness(images))
  }
}
