import ArgumentParser
import BenchSupport
import FoundationEssentials
import GenerationMetrics
import Torch

/// How features are made from folders of images.
struct ImageFeatureOptions: ParsableArguments {
  /// How pictures become the network's input.
  enum ProtocolChoice: String, ExpressibleByArgument, CaseIterable {
    case pytorchFID = "pytorch-fid"
    case cleanFID = "clean-fid"
    case tf1

    var preparation: ImagePreparation {
      switch self {
      case .pytorchFID: .pytorchFID
      case .cleanFID: .cleanFID
      case .tf1: .tf1
      }
    }
  }

  /// Which network makes the features.
  enum NetworkChoice: String, ExpressibleByArgument, CaseIterable {
    case inception, vgg16
  }

  /// What is done about an unreadable picture.
  enum ErrorChoice: String, ExpressibleByArgument, CaseIterable {
    case stop, skip
  }

  @Option(
    name: .customLong("protocol"),
    help: "How images are resized and scaled: pytorch-fid, clean-fid or tf1 (torch-fidelity, ADM).")
  var choice = ProtocolChoice.pytorchFID

  @Option(help: "The feature network: inception, or vgg16 (fc2 after ReLU, for precision/recall).")
  var network = NetworkChoice.inception

  @Option(help: "Inception features: 64, 192, 768 or 2048.")
  var dims = 2048

  @Option(
    help: "The network's weights: a .pth or .safetensors file, or random:SEED for a test run.",
    completion: .file())
  var weights: String?

  @Option(help: "Images per run of the network.")
  var batchSize = 32

  @Option(help: "An unreadable image: stop, or skip it and name it.")
  var onError = ErrorChoice.stop

  func validate() throws {
    guard InceptionNetwork.Tap(rawValue: "\(dims)") != nil else {
      throw ValidationError("--dims is \(dims); it must be 64, 192, 768 or 2048.")
    }
    guard (1...4096).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); it must be 1 to 4096.")
    }
  }
}

/// Reads sides of a comparison; the network is loaded when the first folder needs it.
struct ImageSideLoader {
  private let options: ImageFeatureOptions
  private let global: GlobalOptions
  private var extractor: FeatureExtractor?
  /// Why pictures were left out, in their order.
  private(set) var skipped: [String] = []

  init(options: ImageFeatureOptions, global: GlobalOptions) {
    self.options = options
    self.global = global
  }

  /// Where the network's weights came from, if one was needed.
  var weightsName: String? { extractor?.weightsName }

  /// What a reader of the result must know.
  var warning: String? {
    guard let weightsName, weightsName.hasPrefix("random:") else { return nil }
    return "made with \(weightsName): these values mean nothing outside tests"
  }

  /// The side behind a path: a folder of pictures or a file of features or statistics.
  mutating func side(_ path: String) async throws -> GenerationSide {
    var isFolder = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder else {
      return try GenerationSide(path: path)
    }
    let folder = try ImageFolder(path: path)
    let extractor = try loadedExtractor()
    let extraction = try await extractor.extract(
      folder, batchSize: options.batchSize, onError: options.onError == .skip ? .skip : .stop,
      isQuiet: global.quiet)
    for failure in extraction.skipped { global.note("left out: \(failure)") }
    skipped += extraction.skipped
    return extraction.side
  }

  private mutating func loadedExtractor() throws -> FeatureExtractor {
    if let extractor { return extractor }
    try Libtorch.setThreadCount(global.threadCount)
    let device = try Device(named: global.device.description)
    let known: KnownWeights = options.network == .inception ? .inception : .vgg16
    let source = try known.source(
      options.weights, environment: ProcessInfo.processInfo.environment,
      cacheRoot: GlobalOptions.cacheRoot)
    let network: FeatureExtractor.Network =
      switch options.network {
      case .inception:
        .inception(
          try InceptionNetwork(weights: source, device: device), options.choice.preparation,
          tap: InceptionNetwork.Tap(rawValue: "\(options.dims)") ?? .pool3)
      case .vgg16:
        .vgg16(try VGG16Network(weights: source, device: device), .tf1, tap: .fc2ReLU)
      }
    let extractor = FeatureExtractor(network: network, weightsName: source.name)
    self.extractor = extractor
    return extractor
  }
}
