public import ArgumentParser
import Experiments
public import Reference

/// The choices of DisCo, on the command line.
struct DisCoOptions: ParsableArguments {
  @Option(
    help: """
      DisCo: the study's encoder, or the paper's, sixty times dearer; default: the paper's with --preset paper, else the \
      study's.
      """)
  var discoEncoder: DisCo.Options.Encoder?

  @Option(help: "DisCo: numbers that its encoder gives.")
  var discoCodes = 64

  @Option(help: "DisCo: deviation of the shifts along directions.")
  var discoShift = 2.0

  @Flag(
    help: """
      DisCo on a multi-β VAE: start from what its denoiser makes of noise (stage 2), not from codes of images.
      """)
  var discoFromSamples = false

  @Flag(
    help: "DisCo: enlarge small negative shifts too, as its code means to and does not.")
  var discoBothSigns = false

  func validate() throws {
    guard (2...4096).contains(discoCodes) else {
      throw ValidationError("--disco-codes is \(discoCodes); it must be 2 to 4096.")
    }
    guard discoShift > 0, discoShift < 1000 else {
      throw ValidationError("--disco-shift must lie between 0 and 1000.")
    }
  }

  /// All choices, with what the preset decides.
  func values(_ preset: Preset, _ learningRate: Double?) -> DisCo.Options {
    var options = DisCo.Options()
    options.encoder = discoEncoder ?? (preset == .paper ? .paper : .study)
    options.codeCount = discoCodes
    options.shiftScale = discoShift
    options.startsFromSamples = discoFromSamples
    options.enlargesNegativeShifts = discoBothSigns
    options.learningRate = learningRate ?? preset.learningRate
    return options
  }
}

extension DisCo.Options.Encoder: ExpressibleByArgument {}
