import BenchSupport
import Datasets
import GenerationMetrics
import LinearAlgebra
import TestSupport
import Testing
import Torch

/// The golden files of DINOv2 and CLIP; see scripts/make_transformer_goldens.py.
private enum TransformerGolden {
  static func archive(_ name: String) throws -> NPZArchive {
    try NPZArchive(path: GoldenFile.path("\(name).npz"))
  }

  /// The two pictures, one to enlarge and one to shrink.
  static func pictures() throws -> [RasterImage] {
    let archive = try archive("dinov2")
    return try (0..<2).map { index in
      let array = try archive.array("image\(index)")
      return RasterImage(
        height: array.shape[0], width: array.shape[1], channelCount: 3, pixels: try array.uint8s())
    }
  }

  /// The largest difference in units of the largest expected value; infinite for another count.
  static func difference(_ values: [Float], _ archive: NPZArchive, _ name: String) throws -> Float {
    try difference(values, archive.array(name).floats())
  }

  static func difference(_ values: [Float], _ expected: [Float]) -> Float {
    guard values.count == expected.count else { return .infinity }
    let largest = expected.reduce(0) { max($0, abs($1)) }
    return zip(values, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
  }

  /// Compares planes with every ninth row and column of the reference's, and where `isExact` all of them by
  /// their checksum.
  static func comparePlanes(
    _ planes: [[Float]], side: Int, _ archive: NPZArchive, _ name: String, isExact: Bool
  ) throws {
    let kept = Array(stride(from: 0, to: side, by: 9))
    let sample = planes.flatMap { planes in
      (0..<3).flatMap { channel in
        kept.flatMap { row in kept.map { planes[(channel * side + row) * side + $0] } }
      }
    }
    let error = try difference(sample, archive, "\(name).pixels")
    // Interpolation in single precision, in another order; a step of 8 bits is 4e-3.
    #expect(error < 1e-5, "\(name): \(error)")
    guard isExact else { return }
    let digests = planes.map { planes in
      planes.withUnsafeBytes { bytes in
        var digest = Digest(.sha256)
        digest.update(bytes)
        return digest.hexadecimal()
      }
    }
    #expect(try digests == archive.array("\(name).sha256").texts(), "\(name)")
  }

  /// The class token and the mean token of every stage.
  static func compareStages(_ stages: [Tensor], _ archive: NPZArchive) throws {
    let classes = try archive.array("class").floats()
    let means = try archive.array("mean").floats()
    for (index, stage) in stages.enumerated() {
      let isWhole = stage.shape.count == 3
      let first: [Float] = try
        (isWhole ? stage.narrowed(1, start: 0, count: 1).contiguous() : stage)
        .elements()
      let range = index * first.count..<(index + 1) * first.count
      #expect(range.upperBound <= classes.count)
      let error = difference(first, Array(classes[range]))
      #expect(error < 2e-5, "class token \(index): \(error)")
      guard isWhole else { continue }
      let mean: [Float] = try stage.mean([1]).elements()
      let meanError = difference(mean, Array(means[range]))
      #expect(meanError < 2e-5, "mean token \(index): \(meanError)")
    }
  }
}

/// Parameters of the recipe, one of them changed, or all in half precision.
private struct Changed: WeightSource {
  var parameterName = ""
  var value: Float?
  var isHalf = false
  var name: String { "changed" }

  func parameter(_ name: String, shape: [Int]) -> [Float] {
    let elements = RandomWeights(seed: 1).parameter(name, shape: shape)
    if let value, name == parameterName { return elements.map { _ in value } }
    return isHalf ? elements.map { Float(Float16($0)) } : elements
  }
}

/// Features of two small pictures; an error where they are not finite.
private func extracted(_ network: FeatureExtractor.Network) async throws -> GenerationSide {
  try await FeatureExtractor(network: network).extract(name: "pictures", count: 2) { index in
    RasterImage(
      height: 40, width: 30, channelCount: 3,
      pixels: (0..<3600).map { UInt8(truncatingIfNeeded: $0 &* (7 + index)) })
  }.side
}

@Suite("DINOv2", .enabled(if: hasLibtorch), .sharingTorch) struct DINOv2Tests {
  static let small = Result { try DINOv2Network(.small, weights: RandomWeights(seed: 1)) }
  static let tiny = DINOv2Network.Architecture(
    name: "tiny", width: 16, blockCount: 2, headCount: 2, gridSide: 5)

  @Test("prepares pictures as the references do", arguments: DINOv2Preparation.allCases)
  func preparation(preparation: DINOv2Preparation) throws {
    // torch's interpolations sum in single precision, ours in another order or in double.
    try TransformerGolden.comparePlanes(
      TransformerGolden.pictures().map { preparation.planes($0) },
      side: DINOv2Network.inputSide, TransformerGolden.archive("dinov2"), preparation.rawValue,
      isExact: [.dgm, .dgmClean].contains(preparation))
  }

  @Test("equals the references' features by every protocol", arguments: DINOv2Preparation.allCases)
  func features(preparation: DINOv2Preparation) throws {
    let planes = try TransformerGolden.pictures().flatMap { preparation.planes($0) }
    let features: [Float] = try Self.small.get().features(
      of: Tensor(planes, shape: [2, 3, 224, 224])
    ).elements()
    let error = try TransformerGolden.difference(
      features, TransformerGolden.archive("dinov2"), "\(preparation.rawValue).features")
    #expect(error < 2e-5, "\(error)")
  }

  @Test("equals the hub's network stage by stage")
  func stages() throws {
    let planes = try TransformerGolden.pictures().flatMap { DINOv2Preparation.dgm.planes($0) }
    let stages = try Self.small.get().stages(of: Tensor(planes, shape: [2, 3, 224, 224]))
    #expect(stages.count == 14)
    try TransformerGolden.compareStages(
      Array(stages.dropLast()), TransformerGolden.archive("dinov2"))
  }

  @Test("equals the hub's network at the width of ViT-L")
  func large() throws {
    let network = try DINOv2Network(
      DINOv2Network.Architecture(name: "two blocks", width: 1024, blockCount: 2, headCount: 16),
      weights: RandomWeights(seed: 1))
    let planes = try TransformerGolden.pictures().flatMap { DINOv2Preparation.dgm.planes($0) }
    let features: [Float] = try network.features(of: Tensor(planes, shape: [2, 3, 224, 224]))
      .elements()
    let error = try TransformerGolden.difference(
      features, TransformerGolden.archive("dinov2"), "large.features")
    #expect(error < 2e-5, "\(error)")
  }

  @Test(
    "reads the names of the hub and of transformers",
    arguments: ["naming_dinov2_hub.pth", "naming_dinov2_transformers.safetensors"])
  func naming(file: String) throws {
    let known = try DINOv2Network(Self.tiny, weights: RandomWeights(seed: 1))
    let network = try DINOv2Network(Self.tiny, weights: WeightFile(path: GoldenFile.path(file)))
    #expect(network.checksum == known.checksum)
  }

  @Test("refuses weights of another size, and those with register tokens")
  func refusals() throws {
    let hub = try WeightFile(path: GoldenFile.path("naming_dinov2_hub.pth"))
    let error = #expect(throws: WeightError.self) { try DINOv2Network(.base, weights: hub) }
    #expect(
      error
        == .shapeMismatch(
          path: hub.path, tensor: "cls_token", expected: [1, 1, 768], found: [1, 1, 16]))
    let registers = try WeightFile(path: GoldenFile.path("naming_dinov2_registers.safetensors"))
    let other = #expect(throws: WeightError.self) {
      try DINOv2Network(Self.tiny, weights: registers)
    }
    #expect(other?.description.contains("register tokens") == true)
  }

  @Test(
    "gives no numbers where its weights give none",
    arguments: [
      ("blocks.0.mlp.fc1.weight", .nan), ("blocks.1.attn.qkv.bias", .nan),
      ("blocks.1.ls2.gamma", .infinity), ("blocks.0.mlp.fc1.bias", -.infinity),
    ] as [(String, Float)])
  func notFinite(parameter: String, value: Float) async throws {
    let network = try DINOv2Network(
      Self.tiny, weights: Changed(parameterName: parameter, value: value))
    await #expect(throws: GenerationError.self) { try await extracted(.dinov2(network, .dgm)) }
  }

  @Test("gives the same features whatever the size of a batch")
  func batches() async throws {
    let network = try DINOv2Network(Self.tiny, weights: RandomWeights(seed: 1))
    let extractor = FeatureExtractor(network: .dinov2(network, .dgm))
    func features(_ batchSize: Int) async throws -> [Float] {
      let side = try await extractor.extract(name: "pictures", count: 5, batchSize: batchSize) {
        index in
        RasterImage(
          height: 40, width: 30, channelCount: 3,
          pixels: (0..<3600).map { UInt8(truncatingIfNeeded: $0 &* (7 + index)) })
      }.side
      return try #require(side.features).features.elements
    }
    let whole = try await features(5)
    for size in [1, 2, 3] {
      let difference = TransformerGolden.difference(try await features(size), whole)
      // Other kernels for another number of rows: rounding.
      #expect(difference < 1e-5, "batches of \(size): \(difference)")
    }
  }

  @Test("names its protocol, with which published statistics agree")
  func protocolID() async throws {
    let network = try DINOv2Network(Self.tiny, weights: RandomWeights(seed: 1))
    let extractor = FeatureExtractor(network: .dinov2(network, .edm2), weightsName: "random:1")
    #expect(extractor.protocolID == "edm2/tiny@random:1/cls/224")
    let side = try await extracted(.dinov2(network, .dgm))
    #expect(side.width == 16)
    #expect(side.protocolID == "dgm/tiny@\(network.checksum.prefix(12))/cls/224")
    let statistics = GenerationSide(
      statistics: try side.statistics(),
      protocolID: try #require(
        NamedStatistics.named("edm2-imagenet512-dinov2")?.protocolID))
    try statistics.requireProtocol("edm2/dinov2-vitl14@0123456789ab/cls/224", of: "a")
    for other in [
      "edm2/dinov2-vitl14@random:1/cls/224", "edm2/dinov2-vitb14@0123456789ab/cls/224",
      "dgm/dinov2-vitl14@0123456789ab/cls/224",
    ] {
      #expect(throws: GenerationError.self) { try statistics.requireProtocol(other, of: "a") }
    }
  }
}

@Suite("CLIP", .enabled(if: hasLibtorch), .sharingTorch) struct CLIPTests {
  static let base = Result { try CLIPNetwork(.base32, weights: RandomWeights(seed: 1)) }
  static let tiny = CLIPNetwork.Architecture(
    name: "tiny", width: 16, blockCount: 2, headCount: 2, patchSide: 8, gridSide: 4,
    projectedWidth: 8)

  private func side(_ preparation: CLIPPreparation) -> Int { preparation == .cmmd ? 336 : 224 }

  @Test("prepares pictures as the references do", arguments: CLIPPreparation.allCases)
  func preparation(preparation: CLIPPreparation) throws {
    let side = side(preparation)
    try TransformerGolden.comparePlanes(
      TransformerGolden.pictures().map { preparation.planes($0, side: side) }, side: side,
      TransformerGolden.archive("clip"), preparation.rawValue,
      isExact: preparation != .torchFidelity)
  }

  @Test(
    "equals the references' features by every protocol",
    arguments: [CLIPPreparation.cleanFID, .torchFidelity])
  func features(preparation: CLIPPreparation) throws {
    let planes = try TransformerGolden.pictures().flatMap { preparation.planes($0, side: 224) }
    let images = try Tensor(planes, shape: [2, 3, 224, 224])
    let network = try Self.base.get()
    let archive = try TransformerGolden.archive("clip")
    let features: [Float] = try network.features(of: images, tap: .projected).elements()
    let error = try TransformerGolden.difference(
      features, archive, "\(preparation.rawValue).features")
    #expect(error < 2e-5, "\(error)")
    guard preparation == .cleanFID else { return }
    let tokens: [Float] = try network.features(of: images, tap: .unprojected).elements()
    #expect(try TransformerGolden.difference(tokens, archive, "unprojected") < 2e-5)
  }

  @Test("equals open_clip's network stage by stage")
  func stages() throws {
    let planes = try TransformerGolden.pictures()
      .flatMap { CLIPPreparation.cleanFID.planes($0, side: 224) }
    let stages = try Self.base.get().stages(of: Tensor(planes, shape: [2, 3, 224, 224]))
    #expect(stages.count == 15)
    try TransformerGolden.compareStages(
      Array(stages.dropLast(2)), TransformerGolden.archive("clip"))
  }

  @Test("equals CMMD's embedding at the width of ViT-L/14 and 336 pixels")
  func cmmd() async throws {
    let network = try CLIPNetwork(
      CLIPNetwork.Architecture(
        name: "two blocks", width: 1024, blockCount: 2, headCount: 16, patchSide: 14, gridSide: 24,
        projectedWidth: 768), weights: RandomWeights(seed: 1))
    let pictures = try TransformerGolden.pictures()
    let extractor = FeatureExtractor(
      network: .clip(network, .cmmd, tap: .projected), weightsName: "random:1")
    let side = try await extractor.extract(name: "pictures", count: 2) { pictures[$0] }.side
    #expect(side.protocolID == "cmmd/two blocks@random:1/projected-l2/336")
    let features = try #require(side.features).features.elements
    let error = try TransformerGolden.difference(
      features, TransformerGolden.archive("clip"), "cmmd.features")
    #expect(error < 2e-5, "\(error)")
  }

  @Test(
    "reads the names of OpenAI, with and without the tower's, of timm and of transformers",
    arguments: ["openai", "tower", "timm", "transformers"])
  func naming(publisher: String) throws {
    let known = try CLIPNetwork(Self.tiny, weights: RandomWeights(seed: 1))
    let path = GoldenFile.path("naming_clip_\(publisher).safetensors")
    let network = try CLIPNetwork(Self.tiny, weights: WeightFile(path: path))
    #expect(network.checksum == known.checksum)
  }

  @Test("reads the weights of a TorchScript archive and runs nothing")
  func script() throws {
    let known = try CLIPNetwork(Self.tiny, weights: Changed(isHalf: true))
    let file = try WeightFile(path: GoldenFile.path("naming_clip_script.pt"))
    #expect(file.names.contains("logit_scale"))
    #expect(try CLIPNetwork(Self.tiny, weights: file).checksum == known.checksum)
  }

  @Test("refuses weights of another size")
  func refusals() throws {
    let file = try WeightFile(path: GoldenFile.path("naming_clip_openai.safetensors"))
    let error = #expect(throws: WeightError.self) { try CLIPNetwork(.base32, weights: file) }
    #expect(
      error
        == .shapeMismatch(
          path: file.path, tensor: "visual.class_embedding", expected: [768], found: [16]))
  }

  @Test(
    "gives no numbers where its weights give none",
    arguments: [
      ("visual.transformer.resblocks.0.mlp.c_fc.weight", .nan),
      ("visual.transformer.resblocks.0.mlp.c_fc.bias", -.infinity),
      ("visual.transformer.resblocks.1.attn.in_proj_bias", .nan), ("visual.proj", .infinity),
      // Lengths of 0 have no direction.
      ("visual.proj", 0),
    ] as [(String, Float)])
  func notFinite(parameter: String, value: Float) async throws {
    let network = try CLIPNetwork(
      Self.tiny, weights: Changed(parameterName: parameter, value: value))
    await #expect(throws: GenerationError.self) {
      try await extracted(.clip(network, .cmmd, tap: .projected))
    }
  }
}
