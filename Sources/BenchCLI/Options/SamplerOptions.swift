public import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import FoundationEssentials
import MessagePassing
public import Reference
import Torch

/// How a command samples latents.
struct SamplerOptions: ParsableArguments {
  @Option(
    help: """
      ddim, ddim-ETA, posterior (optimal variance), posterior-lower, posterior-upper, ode-heun, \
      alg2-fixed or alg2-literal; default: posterior-lower from noise, ddim from codes.
      """)
  var sampler: Sampler?

  @Option(help: "Number of steps from noise to image (default: 100).")
  var samplingSteps: Int?

  @Option(
    help: "Spacing of the steps: uniform (in t, the default), log-sigma, edm or rate.")
  var grid: SamplingGrid?

  @Flag(help: "Decode with the first stage's own decoder even where a tuned one is there.")
  var originalDecoder = false

  func validate() throws {
    if let samplingSteps, !(1...100_000).contains(samplingSteps) {
      throw ValidationError("--sampling-steps is \(samplingSteps); it must be 1 to 100,000.")
    }
  }

  /// The choices with the command's seed.
  ///
  /// - Parameters:
  ///   - usual: The sampler where none is chosen, ``Sampler/fromNoise`` or ``Sampler/ofCodes``.
  ///   - seed: The seed of all noise.
  /// - Returns: How to sample.
  func values(_ usual: Sampler, seed: Int) -> SamplingOptions {
    SamplingOptions(
      sampler: sampler ?? usual, stepCount: samplingSteps ?? 100, grid: grid ?? .uniform,
      seed: UInt64(seed))
  }

  /// The first of the options that was given, of which only a sampler makes use.
  var firstGiven: String? {
    if sampler != nil { return "--sampler" }
    if samplingSteps != nil { return "--sampling-steps" }
    return grid == nil ? nil : "--grid"
  }
}

extension SamplingGrid: ExpressibleByArgument {}
extension DenoisingStart: ExpressibleByArgument {}

extension Sampler: ExpressibleByArgument {
  /// Reads a name; `nil` for an unknown one.
  public init?(argument: String) { self.init(name: argument) }

  /// The name in the help.
  public var defaultValueDescription: String { name }
}

/// A run folder with both stages, and the pictures of its dataset.
struct DiffusionSource {
  let trained: TrainedDiffusion
  let pictures: RunPictures
  let dataset: any ImageDataset

  /// Opens what `--checkpoint` names and creates the folder for pictures.
  init(
    _ source: CheckpointOptions, _ sampling: SamplerOptions, _ global: GlobalOptions,
    for group: ProcessGroup = .alone
  ) throws {
    trained = try TrainedDiffusion(
      folder: source.checkpoint, device: global.openDevice(for: group),
      usesTunedDecoder: !sampling.originalDecoder)
    global.noteUnfinished(trained.state)
    (dataset, pictures) = try source.pictures(of: trained.trained, global)
  }
}
