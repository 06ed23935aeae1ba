import BenchSupport
import Datasets
import GenerationMetrics
import LinearAlgebra
import Reference
import Torch

/// The generation metrics on random features, and the networks with random weights.
struct PerfGenerationPaths {
  let settings: PerfSettings

  /// More samples than features, as in practice: the covariances have full rank.
  private static let sampleCount = 2500
  private static let width = 2048
  private static let imageCount = 8

  var paths: [PerfPath] {
    var options = GenerationOptions()
    options.kernelSubsetCount = 10
    let metrics: [GenerationMetric] = [.frechet, .kernel, .precision, .realism, .inceptionScore]
    let scores = metrics.map { [options] metric in
      PerfPath(name: "generation:\(metric.name)", itemCount: Self.sampleCount) {
        let (first, second) = (try Self.side(seed: 1), try Self.side(seed: 2))
        return try settings.timing(counting: .matrices) {
          try GenerationEvaluation(
            reference: first, generated: second, metrics: [metric], options: options
          ).requireValues()
        }
      }
    }
    let preparations = ImagePreparation.allCases.map { preparation in
      PerfPath(name: "inception:prepare:\(preparation.rawValue)", itemCount: Self.imageCount) {
        let image = Self.image()
        return try settings.timing {
          _ = Parallel.map(Self.imageCount) { _ in preparation.planes(image).count }
        }
      }
    }
    let network = PerfPath(
      name: "inception:network", itemCount: Self.imageCount, measure: inception)
    let transformers = [
      PerfPath(name: "dinov2-s:network", itemCount: Self.imageCount, measure: dinov2),
      PerfPath(name: "clip-b32:network", itemCount: Self.imageCount, measure: clip),
    ]
    return scores + preparations + [network] + transformers
  }

  private static func side(seed: UInt64) throws -> GenerationSide {
    var random = Philox(seed: seed)
    // Non-negative as Inception's features are.
    let elements = random.normals(sampleCount * width).map { max(0, $0 + 0.3) }
    let logits = random.normals(sampleCount * 1008).map { 2 * $0 }
    return GenerationSide(
      features: try FeatureSet(
        name: "random:\(seed)",
        features: Matrix(rowCount: sampleCount, columnCount: width, elements: elements)),
      logits: Matrix(rowCount: sampleCount, columnCount: 1008, elements: logits))
  }

  private static func image() -> RasterImage {
    var random = Philox(seed: 3)
    let pixels = (0..<256 * 256 * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return RasterImage(height: 256, width: 256, channelCount: 3, pixels: pixels)
  }

  private func inception() throws -> Timing {
    let network = try InceptionNetwork(
      weights: RandomWeights(seed: 1), device: settings.openDevice())
    let side = InceptionNetwork.inputSide
    let images = try Tensor.uniform(
      [Self.imageCount, 3, side, side], device: settings.openDevice())
    return try settings.timing(counting: .tensors) {
      _ = try network.features(of: images)[.pool3]?.elements()
    }
  }

  private func dinov2() throws -> Timing {
    let device = try settings.openDevice()
    let network = try DINOv2Network(.small, weights: RandomWeights(seed: 1), device: device)
    let side = DINOv2Network.inputSide
    let images = try Tensor.uniform([Self.imageCount, 3, side, side], device: device)
    return try settings.timing(counting: .tensors) {
      _ = try network.features(of: images).elements()
    }
  }

  private func clip() throws -> Timing {
    let device = try settings.openDevice()
    let network = try CLIPNetwork(.base32, weights: RandomWeights(seed: 1), device: device)
    let side = network.inputSide
    let images = try Tensor.uniform([Self.imageCount, 3, side, side], device: device)
    return try settings.timing(counting: .tensors) {
      _ = try network.features(of: images, tap: .projected).elements()
    }
  }
}
