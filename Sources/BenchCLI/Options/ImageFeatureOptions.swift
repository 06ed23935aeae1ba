import ArgumentParser
import Datasets
import Experiments
import GenerationMetrics

/// How features are made from images.
struct ImageFeatureOptions: ParsableArguments {
  @Option(
    name: .customLong("protocol"),
    help: ArgumentHelp(
      """
      How images are resized and scaled. Inception: pytorch-fid (default), clean-fid, clean-fid-pytorch (its \
      pixels for pytorch-fid's network), tf1 or torch-fidelity (the same; ADM's too). DINOv2: dgm (default), \
      dgm-clean, edm2, torch-fidelity. CLIP: clean-fid-clip, cmmd (default at 336 pixels), torch-fidelity. \
      Or adm: tf1 with the metrics and parameters of ADM's evaluator.
      """, valueName: "name"))
  var choice: ImageProtocol?

  @Option(
    name: [.customLong("features"), .customLong("network")],
    help: ArgumentHelp(
      """
      What makes the features: inception; vgg16 (fc2 after ReLU, for precision and recall); vgg16-fc2 (before \
      ReLU, Pillow's resizing: youngjung's code); dinov2-s, dinov2-b, dinov2-l (class token); clip-b32, \
      clip-l14, clip-l14-336 (projected; before the projection with -cls); or builtin (\(BenchFeatures.name), \
      needs no weights, comparable with nothing published).
      """, valueName: "name"))
  var network = ImageFeatureSettings.Network.inception

  @Option(help: "Inception features: 64, 192, 768 or 2048.")
  var dims = 2048

  @Option(
    help: "The network's weights: a .pth or .safetensors file, or random:SEED for a test run.",
    completion: .file())
  var weights: String?

  @Option(help: "Images per run of the network.")
  var batchSize = 32

  @OptionGroup var range: SampleRangeOption

  @Option(help: "An unreadable image: stop, or skip it and name it.")
  var onError = FeatureExtractor.ErrorPolicy.stop

  private var tap: InceptionNetwork.Tap? { InceptionNetwork.Tap(rawValue: "\(dims)") }

  func validate() throws {
    guard tap != nil else {
      throw ValidationError("--dims is \(dims); it must be 64, 192, 768 or 2048.")
    }
    guard (1...4096).contains(batchSize) else {
      throw ValidationError("--batch-size is \(batchSize); it must be 1 to 4096.")
    }
    guard choice != .adm || (network == .inception && tap == .pool3) else {
      throw ValidationError(
        "--protocol adm is of Inception's 2048 features; leave out --features and --dims.")
    }
    guard network != .builtin || weights == nil else {
      throw ValidationError("--features builtin has no weights; leave --weights out.")
    }
    guard network == .inception || dims == 2048 else {
      throw ValidationError(
        "--dims chooses among Inception's layers; leave it out with --features \(network.rawValue)."
      )
    }
    do { try values.requireKnownProtocol() } catch { throw ValidationError("\(error)") }
  }
}

/// What the samples of floating point arrays mean.
struct SampleRangeOption: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help:
      "Black and white in .npz and .npy images of floating point samples, for instance 0,1 or -1,1; there is no default."
  )
  var range: SampleRange?
}

extension ImageFeatureOptions {
  /// The choices.
  var values: ImageFeatureSettings {
    guard let tap else { preconditionFailure("\(dims) features passed validate()") }
    var settings = ImageFeatureSettings()
    settings.network = network
    settings.featureProtocol = choice?.features
    settings.tap = tap
    settings.weights = weights
    settings.batchSize = batchSize
    settings.onError = onError
    settings.sampleRange = range.range
    return settings
  }
}
