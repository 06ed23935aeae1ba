import BenchSupport
public import Datasets
import FoundationEssentials
public import GenerationMetrics
package import MessagePassing
package import Torch

/// How features are made, whatever the command line that says so.
public struct ImageFeatureSettings: Sendable {
  /// What makes the features.
  public enum Network: String, CaseIterable, Sendable {
    /// Inception v3 of 2015, as FID has it.
    case inception
    /// VGG-16's fc2 after ReLU.
    case vgg16
    /// VGG-16's fc2 before ReLU, with Pillow's resizing: youngjung's code.
    case vgg16Youngjung = "vgg16-fc2"
    /// DINOv2's ViT-S/14.
    case dinov2Small = "dinov2-s"
    /// DINOv2's ViT-B/14.
    case dinov2Base = "dinov2-b"
    /// DINOv2's ViT-L/14.
    case dinov2Large = "dinov2-l"
    /// CLIP's ViT-B/32.
    case clipBase32 = "clip-b32"
    /// CLIP's ViT-B/32 before the projection.
    case clipBase32Unprojected = "clip-b32-cls"
    /// CLIP's ViT-L/14.
    case clipLarge14 = "clip-l14"
    /// CLIP's ViT-L/14 before the projection.
    case clipLarge14Unprojected = "clip-l14-cls"
    /// CLIP's ViT-L/14 at 336×336 pixels.
    case clipLarge14At336 = "clip-l14-336"
    /// CLIP's ViT-L/14 at 336×336 pixels before the projection.
    case clipLarge14At336Unprojected = "clip-l14-336-cls"
    /// The suite's own, which need no weights.
    case builtin
  }

  /// What makes the features.
  public var network = Network.inception
  /// How images become features; nil for the network's usual way, see
  /// ``ImageFeatureSettings/Network/protocols``.
  public var featureProtocol: FeatureProtocol?
  /// Which layer of Inception's the features are.
  public var tap = InceptionNetwork.Tap.pool3
  /// The weights' file, or `random:SEED`; nil to look where they usually lie.
  public var weights: String?
  /// Images per run of the network.
  public var batchSize = 32
  /// What black and white are in arrays of floating point samples, which are refused without it.
  public var sampleRange: SampleRange?
  /// What is done about an image that cannot be read.
  public var onError = FeatureExtractor.ErrorPolicy.stop

  /// The usual choices: Inception as pytorch-fid has it.
  public init() {}

  /// Where the features are computed: the built-in ones on the processor, whatever the device.
  package func device(_ environment: RunEnvironment, for group: ProcessGroup = .alone) throws
    -> Device
  {
    network.weights == nil ? .cpu : try environment.openDevice(for: group)
  }

  /// What makes the features, its weights loaded.
  package func extractor(
    _ environment: RunEnvironment, for group: ProcessGroup = .alone
  ) throws -> FeatureExtractor {
    guard let known = network.weights else { return FeatureExtractor(network: .benchFeatures) }
    try requireKnownProtocol()
    let source = try known.source(
      weights, environment: ProcessInfo.processInfo.environment,
      cacheRoot: environment.cacheRoot)
    let loaded = try loaded(known, source, on: device(environment, for: group))
    return FeatureExtractor(network: loaded, weightsName: source.name)
  }

  private func loaded(
    _ known: KnownWeights, _ source: any WeightSource, on device: Device
  ) throws -> FeatureExtractor.Network {
    switch known {
    case .inception:
      return .inception(
        try InceptionNetwork(weights: source, device: device), try preparation { $0.inception },
        tap: tap)
    case .vgg16, .lpips:
      return network == .vgg16Youngjung
        ? .vgg16(try VGG16Network(weights: source, device: device), .pillow, tap: .fc2)
        : .vgg16(try VGG16Network(weights: source, device: device), .tf1, tap: .fc2ReLU)
    case .dinov2Small: return try dinov2(.small, source, on: device)
    case .dinov2Base: return try dinov2(.base, source, on: device)
    case .dinov2Large: return try dinov2(.large, source, on: device)
    case .clipBase32: return try clip(.base32, source, on: device)
    case .clipLarge14: return try clip(.large14, source, on: device)
    case .clipLarge14At336: return try clip(.large14At336, source, on: device)
    }
  }

  private func dinov2(
    _ size: DINOv2Network.Size, _ source: any WeightSource, on device: Device
  ) throws -> FeatureExtractor.Network {
    .dinov2(
      try DINOv2Network(size, weights: source, device: device), try preparation { $0.dinov2 })
  }

  private func clip(
    _ size: CLIPNetwork.Size, _ source: any WeightSource, on device: Device
  ) throws -> FeatureExtractor.Network {
    let tap: CLIPNetwork.Tap =
      switch network {
      case .clipBase32Unprojected, .clipLarge14Unprojected, .clipLarge14At336Unprojected:
        .unprojected
      default: .projected
      }
    return .clip(
      try CLIPNetwork(size, weights: source, device: device), try preparation { $0.clip }, tap: tap)
  }

  /// Refuses a protocol that says nothing of the network.
  ///
  /// - Throws: ``GenerationError/unknownProtocol(name:network:known:)``.
  package func requireKnownProtocol() throws(GenerationError) {
    guard let featureProtocol, !network.protocols.contains(featureProtocol) else { return }
    throw unknown(featureProtocol)
  }

  /// How images become the network's input.
  private func preparation<Preparation>(
    _ meaning: (FeatureProtocol) -> Preparation?
  ) throws(GenerationError) -> Preparation {
    let chosen = featureProtocol ?? network.protocols.first
    guard let preparation = chosen.flatMap(meaning) else { throw unknown(chosen) }
    return preparation
  }

  private func unknown(_ name: FeatureProtocol?) -> GenerationError {
    .unknownProtocol(
      name: name?.rawValue ?? "", network: network.rawValue,
      known: network.protocols.map(\.rawValue))
  }
}

extension ImageFeatureSettings.Network {
  /// The weights it needs; nil if none.
  fileprivate var weights: KnownWeights? {
    switch self {
    case .inception: .inception
    case .vgg16, .vgg16Youngjung: .vgg16
    case .dinov2Small: .dinov2Small
    case .dinov2Base: .dinov2Base
    case .dinov2Large: .dinov2Large
    case .clipBase32, .clipBase32Unprojected: .clipBase32
    case .clipLarge14, .clipLarge14Unprojected: .clipLarge14
    case .clipLarge14At336, .clipLarge14At336Unprojected: .clipLarge14At336
    case .builtin: nil
    }
  }
}
