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
    /// The suite's own, which need no weights.
    case builtin
  }

  /// What makes the features.
  public var network = Network.inception
  /// How images become the network's input.
  public var preparation = ImagePreparation.pytorchFID
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
    let source = try known.source(
      weights, environment: ProcessInfo.processInfo.environment,
      cacheRoot: environment.cacheRoot)
    let device = try device(environment, for: group)
    let loaded: FeatureExtractor.Network =
      switch known {
      case .inception:
        .inception(try InceptionNetwork(weights: source, device: device), preparation, tap: tap)
      case .vgg16, .lpips:
        network == .vgg16Youngjung
          ? .vgg16(try VGG16Network(weights: source, device: device), .pillow, tap: .fc2)
          : .vgg16(try VGG16Network(weights: source, device: device), .tf1, tap: .fc2ReLU)
      }
    return FeatureExtractor(network: loaded, weightsName: source.name)
  }
}

extension ImageFeatureSettings.Network {
  /// The weights it needs; nil if none.
  fileprivate var weights: KnownWeights? {
    switch self {
    case .inception: .inception
    case .vgg16, .vgg16Youngjung: .vgg16
    case .builtin: nil
    }
  }
}
