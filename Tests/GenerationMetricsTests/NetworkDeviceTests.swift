import BenchSupport
import Datasets
import GenerationMetrics
import TestSupport
import Testing
import Torch

/// Networks on a stand-in for a graphics processor: nothing mixes devices, and one copy of the features is all
/// that is read.
@Suite("On another device, feature networks", .enabled(if: hasLibtorch), .sharingTorch)
struct NetworkDeviceTests {
  private static let images: [RasterImage] = (0..<2).map { index in
    var random = Philox(seed: UInt64(index))
    return RasterImage(
      height: 40, width: 48, channelCount: 3,
      pixels: (0..<40 * 48 * 3).map { _ in UInt8(truncatingIfNeeded: random.next()) })
  }

  private static func difference(_ found: [Float], _ expected: [Float]) -> Float {
    let size = expected.map(\.magnitude).max() ?? 0
    let worst = zip(found, expected).map { ($0 - $1).magnitude }.max() ?? .infinity
    return found.count == expected.count ? worst / size : .infinity
  }

  @Test("Inception")
  func inception() throws {
    let standIn = try StandInDevice.shared()
    let network = try InceptionNetwork(weights: RandomWeights(seed: 1), device: standIn.device)
    let planes = Self.images.flatMap { ImagePreparation.tf1.planes($0) }
    let side = InceptionNetwork.inputSide
    let input = try Tensor(planes, shape: [2, 3, side, side])
    var found: [Float] = []
    let traffic = try standIn.traffic {
      found = try #require(network.features(of: input)[.pool3]).elements()
    }
    #expect(traffic == .init(reads: 1, uploads: 1))
    let expected = try InceptionTests.network.get().features(of: input)[.pool3]?.elements() ?? []
    #expect(Self.difference(found, expected) < 1e-4)
  }

  /// Two blocks of each: the others are the same.
  @Test("DINOv2 and CLIP")
  func transformers() throws {
    let standIn = try StandInDevice.shared()
    let weights = RandomWeights(seed: 1)
    let side = DINOv2Network.inputSide
    let images = try Tensor(
      Self.images.flatMap { DINOv2Preparation.dgm.planes($0) }, shape: [2, 3, side, side])
    let features = try [standIn.device, .cpu].map { device in
      try DINOv2Network(DINOv2Tests.tiny, weights: weights, device: device).features(of: images)
    }
    #expect(features[0].device == standIn.device)
    #expect(Self.difference(try features[0].elements(), try features[1].elements()) < 1e-4)
    for tap in CLIPNetwork.Tap.allCases {
      let networks = try [standIn.device, .cpu].map {
        try CLIPNetwork(CLIPTests.tiny, weights: weights, device: $0)
      }
      let side = networks[0].inputSide
      let images = try Tensor(
        Self.images.flatMap { CLIPPreparation.cmmd.planes($0, side: side) },
        shape: [2, 3, side, side])
      let features = try networks.map { try $0.features(of: images, tap: tap) }
      #expect(Self.difference(try features[0].elements(), try features[1].elements()) < 1e-4)
    }
  }

  @Test("VGG-16 and LPIPS")
  func vgg() throws {
    let standIn = try StandInDevice.shared()
    let weights = RandomWeights(seed: 1)
    let networks = try [standIn.device, .cpu].map {
      try VGG16Network(weights: weights, isConvolutional: true, device: $0)
    }
    let distances = try zip(networks, [standIn.device, .cpu]).map { network, device in
      try PerceptualDistance(network: network, weights: weights, device: device)(
        [Self.images[0]], [Self.images[1]])[0]
    }
    #expect(abs(distances[0] / distances[1] - 1) < 1e-4)
  }
}
