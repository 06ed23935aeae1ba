import ArgumentParser
import BenchSupport
import FoundationEssentials
import GenerationMetrics
import MessagePassing
import Torch

/// How features are made from folders of images.
struct ImageFeatureOptions: ParsableArguments {
  /// How pictures become the network's input.
  enum ProtocolChoice: String, ExpressibleByArgument, CaseIterable {
    case pytorchFID = "pytorch-fid"
    case cleanFID = "clean-fid"
    case cleanFIDPyTorch = "clean-fid-pytorch"
    case tf1

    var preparation: ImagePreparation {
      switch self {
      case .pytorchFID: .pytorchFID
      case .cleanFID: .cleanFID
      case .cleanFIDPyTorch: .cleanFIDPyTorch
      case .tf1: .tf1
      }
    }
  }

  /// What makes the features.
  enum NetworkChoice: String, ExpressibleByArgument, CaseIterable {
    case inception, vgg16
    case vgg16Youngjung = "vgg16-fc2"
    case builtin
  }

  /// What is done about an unreadable picture.
  enum ErrorChoice: String, ExpressibleByArgument, CaseIterable {
    case stop, skip
  }

  @Option(
    name: .customLong("protocol"),
    help:
      "How images are resized and scaled: pytorch-fid, clean-fid, clean-fid-pytorch (its pixels for pytorch-fid's network) or tf1 (torch-fidelity, ADM)."
  )
  var choice = ProtocolChoice.pytorchFID

  @Option(
    name: [.customLong("features"), .customLong("network")],
    help:
      "What makes the features: inception; vgg16 (fc2 after ReLU, for precision and recall); vgg16-fc2 (before ReLU, Pillow's resizing: youngjung's code); or builtin (\(BenchFeatures.name), needs no weights, comparable with nothing published)."
  )
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

  private var tap: InceptionNetwork.Tap? { InceptionNetwork.Tap(rawValue: "\(dims)") }

  func validate() throws {
    guard tap != nil else {
      throw ValidationError("--dims is \(dims); it must be 64, 192, 768 or 2048.")
    }
    guard (1...4096).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); it must be 1 to 4096.")
    }
    guard network != .builtin || weights == nil else {
      throw ValidationError("--features builtin has no weights; leave --weights out.")
    }
  }
}

extension ImageFeatureOptions {
  /// The choices.
  var values: ImageFeatureSettings {
    guard let tap else { preconditionFailure("\(dims) features passed validate()") }
    var settings = ImageFeatureSettings()
    settings.network = network
    settings.preparation = choice.preparation
    settings.tap = tap
    settings.weights = weights
    settings.batchSize = batchSize
    settings.onError = onError == .skip ? .skip : .stop
    return settings
  }
}

/// How features are made, whatever the command line that says so.
struct ImageFeatureSettings {
  var network = ImageFeatureOptions.NetworkChoice.inception
  var preparation = ImagePreparation.pytorchFID
  var tap = InceptionNetwork.Tap.pool3
  var weights: String?
  var batchSize = 32
  var onError = FeatureExtractor.ErrorPolicy.stop

  /// Where the features are computed: the built-in ones on the processor, whatever the device.
  func device(_ global: GlobalOptions, for group: ProcessGroup = .alone) throws -> Device {
    network.weights == nil ? .cpu : try global.openDevice(for: group)
  }

  /// What makes the features, its weights loaded.
  func extractor(
    _ global: GlobalOptions, for group: ProcessGroup = .alone
  ) throws -> FeatureExtractor {
    guard let known = network.weights else { return FeatureExtractor(network: .benchFeatures) }
    let source = try known.source(
      weights, environment: ProcessInfo.processInfo.environment,
      cacheRoot: GlobalOptions.cacheRoot)
    let device = try device(global, for: group)
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

/// Reads the sides of a comparison; a network is loaded only if a side is a folder.
struct ImageSideLoader {
  /// The sides and what was noticed on the way.
  struct Sides {
    /// One per path, in their order.
    var sides: [GenerationSide] = []
    /// Why pictures were left out, in their order.
    var skipped: [String] = []
    /// Where the network's weights came from, if one was needed.
    var weightsName: String?
    /// Seconds spent on reading pictures and computing their features, and how many there were.
    var extractionSeconds = 0.0
    var imageCount = 0
  }

  let settings: ImageFeatureSettings
  let global: GlobalOptions
  /// Processes that share each folder's pictures.
  var group = ProcessGroup.alone

  private enum Source {
    case folder(ImageFolder)
    case side(GenerationSide)
  }

  /// The sides behind paths: folders of pictures, files of features or statistics.
  ///
  /// Files are read first, so that what is wrong with them shows before minutes go into folders.
  ///
  /// - Parameters:
  ///   - paths: The sides.
  ///   - loaded: What makes the features, where it is loaded already.
  /// - Returns: The sides in their order; only the first process gets those of folders.
  /// - Throws: Errors of files, weights and libtorch.
  func sides(_ paths: [String], with loaded: FeatureExtractor? = nil) async throws -> Sides {
    let sources = try paths.map { path -> Source in
      var isFolder = false
      let exists = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      return exists && isFolder
        ? .folder(try ImageFolder(path: path)) : .side(try GenerationSide(path: path))
    }
    var result = Sides()
    var extractor = loaded
    for case .folder in sources where extractor == nil {
      extractor = try settings.extractor(global, for: group)
    }
    if let extractor {
      for case .side(let side) in sources {
        try side.requireProtocol(extractor.protocolID, of: "this run")
      }
      result.weightsName = extractor.weightsName
    }
    for source in sources {
      switch source {
      case .side(let side): result.sides.append(side)
      case .folder(let folder):
        guard let extractor else { continue }
        try await extract(folder, extractor, into: &result)
      }
    }
    return result
  }

  private func extract(
    _ folder: ImageFolder, _ extractor: FeatureExtractor, into result: inout Sides
  ) async throws {
    let start = ContinuousClock.now
    guard
      let extraction = try await extractor.extract(
        folder, batchSize: settings.batchSize, onError: settings.onError,
        isQuiet: global.quiet, group: group)
    else { return }
    result.extractionSeconds += (ContinuousClock.now - start) / .seconds(1)
    result.imageCount += extraction.side.count ?? 0
    for failure in extraction.skipped { global.note("left out: \(failure)") }
    result.skipped += extraction.skipped
    result.sides.append(extraction.side)
  }
}

extension ImageFeatureOptions.NetworkChoice {
  /// The weights it needs; nil if none.
  fileprivate var weights: KnownWeights? {
    switch self {
    case .inception: .inception
    case .vgg16, .vgg16Youngjung: .vgg16
    case .builtin: nil
    }
  }
}
