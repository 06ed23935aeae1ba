import ArgumentParser
import Datasets
import Experiments
import GenerationMetrics
import Reference
import Torch

/// How samples are counted and scored, on the command line.
struct ScoringOptions: ParsableArguments {
  @Option(help: "Number of samples instead of the preset's.")
  var samples: Int?

  @Option(help: "Images of the dataset in the reference set, at most, instead of the preset's.")
  var referenceCount: Int?

  @Option(
    help: """
      Inception's weights, for FID; without, features are \(BenchFeatures.name), the suite's own, \
      which need none, and the distance is called \(GenerationMetric.otherFrechet).
      """, completion: .file())
  var weights: String?

  @Option(
    name: .customLong("protocol"),
    help: "With --weights, how images are resized and scaled: pytorch-fid, clean-fid or tf1.")
  var featureProtocol = FeatureProtocol.pytorchFID

  @Option(
    help: """
      Pictures (as in 'bench fid') or a .npz file of features or statistics in the place of the \
      dataset's images.
      """, completion: .file())
  var reference: String?

  @OptionGroup var range: SampleRangeOption

  func validate() throws {
    guard samples.map({ (10...10_000_000).contains($0) }) ?? true else {
      throw ValidationError("--samples is \(samples ?? 0); it must be 10 to 10,000,000.")
    }
    guard ImageFeatureSettings.Network.inception.protocols.contains(featureProtocol) else {
      throw ValidationError(
        "--protocol \(featureProtocol.rawValue) is not one of Inception's; use 'bench fid' on the samples."
      )
    }
    guard referenceCount.map({ $0 >= 10 }) ?? true else {
      throw ValidationError("--reference-count is \(referenceCount ?? 0); it must be at least 10.")
    }
  }

  /// All choices.
  var values: SampleSettings {
    var features = ImageFeatureSettings()
    features.network = weights == nil ? .builtin : .inception
    features.featureProtocol = weights == nil ? nil : featureProtocol
    features.weights = weights
    features.sampleRange = range.range
    return SampleSettings(
      features: features, referenceCount: referenceCount, reference: reference,
      sampleCount: samples)
  }
}
