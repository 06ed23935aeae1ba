import BenchSupport
import Datasets
import Foundation
import GenerationMetrics
import TestSupport
import Testing
import Torch

/// Whether libtorch is there; suites that need it are skipped where it is not.
let hasLibtorch = (try? Libtorch.version()) != nil

@Suite("Inception network", .enabled(if: hasLibtorch), .sharingTorch) struct InceptionTests {
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
    (.cleanFIDPyTorch, "clean_fid_pytorch_inception"),
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

  /// The recipe's parameters with one of them changed.
  private struct Changed: WeightSource {
    let parameterName: String
    let change: @Sendable (inout [Float]) -> Void
    var name: String { "changed" }

    func parameter(_ name: String, shape: [Int]) -> [Float] {
      var elements = RandomWeights(seed: 1).parameter(name, shape: shape)
      if name == parameterName { change(&elements) }
      return elements
    }
  }

  /// Weights of which the classifier was left out, as some copies have them.
  private struct WithoutClassifier: WeightSource {
    var name: String { "weights.pth" }

    func parameter(_ name: String, shape: [Int]) throws(WeightError) -> [Float] {
      guard !name.hasPrefix("fc.") else {
        throw .missingTensor(path: self.name, tensor: name, network: "this network")
      }
      return RandomWeights(seed: 1).parameter(name, shape: shape)
    }
  }

  @Test("gives its features, and no logits, without the classifier")
  func withoutClassifier() async throws {
    func side(_ weights: any WeightSource) async throws -> GenerationSide {
      let extractor = FeatureExtractor(
        network: .inception(try InceptionNetwork(weights: weights), .pytorchFID, tap: .pool3))
      return try await extractor.extract(name: "pictures", count: 2) { index in
        RasterImage(
          height: 40, width: 40, channelCount: 3,
          pixels: (0..<4800).map { UInt8(truncatingIfNeeded: $0 &* (7 + index)) })
      }.side
    }
    let whole = try await side(RandomWeights(seed: 1))
    let without = try await side(WithoutClassifier())
    #expect(whole.logits != nil && without.logits == nil)
    #expect(whole.features?.features == without.features?.features)
  }

  /// Whatever passes the checks of a file: damage must reach the features, not end in a ReLU.
  @Test(
    "gives no numbers where its weights give none",
    arguments: [
      ("Conv2d_1a_3x3.conv.weight", [.nan]), ("Conv2d_2b_3x3.bn.bias", [.nan]),
      ("Mixed_5d.branch5x5_2.conv.weight", [.infinity, -.infinity]),
      ("Mixed_6c.branch_pool.conv.weight", [.nan]), ("Mixed_7c.branch3x3_2a.bn.weight", [.nan]),
      // Finite, but the sums of the layer after them are not.
      ("Conv2d_2a_3x3.conv.weight", [3e38, -3e38]),
    ] as [(String, [Float])])
  func notFinite(parameter: String, values: [Float]) async throws {
    let weights = Changed(parameterName: parameter) { elements in
      for index in elements.indices { elements[index] = values[index % values.count] }
    }
    let extractor = FeatureExtractor(
      network: .inception(try InceptionNetwork(weights: weights), .pytorchFID, tap: .pool3))
    let error = await #expect(throws: GenerationError.self) {
      try await extractor.extract(name: "pictures", count: 2) { index in
        RasterImage(
          height: 40, width: 40, channelCount: 3,
          pixels: (0..<4800).map { UInt8(truncatingIfNeeded: $0 &* (7 + index)) })
      }
    }
    guard case .notFinite("pictures", _, _, _) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("refuses negative variances, which the folding would hide")
  func negativeVariance() {
    let tensor = "Mixed_6b.branch1x1.bn.running_var"
    let weights = Changed(parameterName: tensor) { $0[5] = -0.0005 }
    #expect(
      throws: WeightError.negativeVariance(
        path: "changed", tensor: tensor, index: 5, value: -0.0005)
    ) { try InceptionNetwork(weights: weights) }
  }

  @Test("gives folders the references' distance, batch by batch")
  func folders() async throws {
    let golden = try GoldenFile.one("end_to_end")
    let archive = try golden.archive()
    let extractor = FeatureExtractor(
      network: .inception(try Self.network.get(), .pytorchFID, tap: .pool1), weightsName: "random:1"
    )
    func side(_ name: String, batchSize: Int) async throws -> GenerationSide {
      let array = try archive.array(name)
      let (height, width) = (array.shape[1], array.shape[2])
      let pixels = try array.uint8s()
      let size = height * width * 3
      return try await extractor.extract(
        name: name, count: array.shape[0], batchSize: batchSize
      ) { index in
        RasterImage(
          height: height, width: width, channelCount: 3,
          pixels: Array(pixels[index * size..<(index + 1) * size]))
      }.side
    }
    let generated = try await side("a", batchSize: 32)
    let reference = try await side("b", batchSize: 32)
    #expect(generated.protocolID == "pytorch-fid/inception-2015-12-05@random:1/64/no-crop")
    #expect(generated.caution?.contains("random weights") == true)
    func distance(_ side: GenerationSide) throws -> Double {
      let evaluation = try GenerationEvaluation(
        reference: reference, generated: side, metrics: [.frechet])
      return try #require(evaluation.values[.frechet]?.value)
    }
    let value = try distance(generated)
    let expected = try golden.number("pytorch_fid_dims64")
    let tolerance = try #require(golden.tolerance["rel"]?.double)
    #expect(abs(value - expected) < tolerance * expected)
    // Another batch size may take other kernels: features move by rounding alone.
    #expect(abs(try distance(await side("a", batchSize: 7)) - value) < 1e-5 * value)
  }

  /// Golden: pytorch-fid 0.3.0's modules with the genuine weights of 2015, normalisation folded in.
  ///
  /// See scripts/make_generation_goldens.py; `$BENCH_INCEPTION_STAGES` names a file with more stages.
  @Test("equals pytorch-fid's stage by stage with the genuine weights")
  func stages() throws {
    let path = ProcessInfo.processInfo.environment["BENCH_INCEPTION_STAGES"]
    let archive = try NPZArchive(path: path ?? GoldenFile.path("inception_stem.npz"))
    let names = InceptionNetwork.stageNames.filter { archive.names.contains("\($0).mean0") }
    let network = try InceptionNetwork(stageCount: names.count) { unit in
      (
        weight: try archive.array("\(unit).weight").floats(),
        bias: try archive.array("\(unit).bias").floats()
      )
    }
    var index = 0
    while archive.names.contains("picture\(index)") {
      let array = try archive.array("picture\(index)")
      let planes = ImagePreparation.pytorchFID.planes(
        RasterImage(
          height: array.shape[0], width: array.shape[1], channelCount: 3,
          pixels: try array.uint8s()))
      let means = try network.stageMeans(of: Tensor(planes, shape: [1, 3, 299, 299]))
      for name in names {
        let expected = try archive.array("\(name).mean\(index)").floats()
        let values: [Float] = try #require(means[name]).elements()
        let largest = expected.reduce(0) { max($0, abs($1)) }
        let error = zip(values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
        // 1e-4 relative is what an implementation may differ by; order of sums takes 1e-6.
        #expect(error <= 1e-5 * largest, "\(name): \(error) of \(largest)")
      }
      index += 1
    }
    #expect(index > 0 && names.count >= 4)
  }
}

@Suite("VGG-16", .enabled(if: hasLibtorch), .sharingTorch) struct VGG16Tests {
  @Test("equals the references' features with the recipe's weights")
  func features() throws {
    let golden = try GoldenFile.one("vgg16_recipe")
    let archive = try golden.archive()
    let network = try VGG16Network(weights: RandomWeights(seed: 1, linearGain: 6))
    let tolerance = try #require(golden.tolerance["rel_to_max"]?.double)
    let cases: [(VGGPreparation, VGG16Network.Tap, String)] = [
      (.tf1, .fc2, "torch_fidelity_fc2"), (.tf1, .fc2ReLU, "torch_fidelity_fc2_relu"),
      (.pillow, .fc2, "youngjung_fc2"),
    ]
    for (preparation, tap, name) in cases {
      let planes = try (0..<2).flatMap { index in
        let array = try archive.array("image\(index)")
        return preparation.planes(
          RasterImage(
            height: array.shape[0], width: array.shape[1], channelCount: 3,
            pixels: try array.uint8s()))
      }
      let values: [Float] = try network.features(
        of: Tensor(planes, shape: [2, 3, 224, 224]), tap: tap
      ).elements()
      let expected = try archive.array(name).floats()
      let largest = expected.reduce(0) { max($0, abs($1)) }
      let error = zip(values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(
        values.count == expected.count && Double(error) <= tolerance * Double(largest), "\(name)")
    }
  }
}
