import BenchSupport
import Datasets
import Foundation
import GenerationMetrics
import Testing
import Torch

/// Whether libtorch is there; suites that need it are skipped where it is not.
let hasLibtorch = (try? Libtorch.version()) != nil

@Suite("Inception network", .enabled(if: hasLibtorch), .serialized) struct InceptionTests {
  /// The network of the golden values, built once.
  static let network = Result { try InceptionNetwork(weights: RandomWeights(seed: 1)) }

  @Test("has the recipe's parameters")
  func recipe() throws {
    let golden = try GoldenFile.one("inception_recipe")
    let weights = RandomWeights(seed: 1)
    let shapes = [
      "Conv2d_1a_3x3.conv.weight": [32, 3, 3, 3], "Conv2d_1a_3x3.bn.weight": [32],
      "Conv2d_1a_3x3.bn.running_var": [32],
      "Mixed_6c.branch7x7dbl_4.conv.weight": [160, 160, 7, 1],
      "Mixed_7c.branch_pool.bn.running_mean": [192], "fc.weight": [1008, 2048], "fc.bias": [1008],
    ]
    for (name, shape) in shapes {
      let elements = weights.parameter(name, shape: shape)
      let digest = elements.withUnsafeBytes { bytes in
        var digest = Digest(.sha256)
        digest.update(bytes)
        return digest.hexadecimal()
      }
      #expect(digest == golden.params["sha256"]?[name]?.string, "\(name)")
    }
  }

  static let preparations: [(ImagePreparation, String)] = [
    (.pytorchFID, "pytorch_fid"), (.tf1, "torch_fidelity"), (.cleanFID, "clean_fid_clean"),
  ]

  @Test("equals the references' features with the recipe's weights", arguments: preparations)
  func features(preparation: ImagePreparation, name: String) throws {
    let golden = try GoldenFile.one("inception_recipe")
    let archive = try golden.archive()
    let tolerance = try #require(golden.tolerance["rel_to_max"]?.double)
    let planes = try (0..<4).flatMap { index in
      let array = try archive.array("image\(index)")
      return preparation.planes(
        RasterImage(
          height: array.shape[0], width: array.shape[1], channelCount: 3,
          pixels: try array.uint8s()))
    }
    let taps: [(InceptionNetwork.Tap, String)] = [
      (.pool1, "64"), (.pool2, "192"), (.preLogits, "768"), (.pool3, "2048"),
      (.logits, "logits_unbiased"), (.biasedLogits, "logits"),
    ]
    let known = taps.filter { archive.names.contains("\(name)_\($0.1)") }
    #expect(!known.isEmpty)
    let outputs = try Self.network.get().features(
      of: Tensor(planes, shape: [4, 3, 299, 299]), taps: Set(known.map(\.0)))
    for (tap, suffix) in known {
      let expected = try archive.array("\(name)_\(suffix)").floats()
      let values: [Float] = try #require(outputs[tap]).elements()
      #expect(values.count == expected.count && values.count == 4 * tap.width)
      let largest = expected.reduce(0) { max($0, abs($1)) }
      let error = zip(values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(Double(error) <= tolerance * Double(largest), "\(suffix)")
    }
  }

  @Test("gives one checksum for one set of weights")
  func checksum() throws {
    let network = try Self.network.get()
    #expect(network.checksum.count == 64)
    #expect(try InceptionNetwork(weights: RandomWeights(seed: 2)).checksum != network.checksum)
  }

  @Test("refuses weights of another network and names the tensor")
  func wrongWeights() throws {
    let file = try WeightFile(path: GoldenFile.path("state_zip.pth"))
    #expect(
      throws: WeightError.shapeMismatch(
        path: file.path, tensor: "Conv2d_1a_3x3.conv.weight", expected: [32, 3, 3, 3],
        found: [4, 3, 3, 3])
    ) { try InceptionNetwork(weights: file) }
    let other = try WeightFile(path: GoldenFile.path("strided_zip.pth"))
    #expect(throws: WeightError.self) { try InceptionNetwork(weights: other) }
  }
}
