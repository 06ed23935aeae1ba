public import ArgumentParser
import Experiments
public import Reference

/// The choices of the second stage, on the command line.
struct DenoiserOptions: ParsableArguments {
  @Option(help: "Stage 2: rate (the mean's velocity, scaled) or paper (Eq. 19's raw difference).")
  var head = DiffusionOptions.Head.rate

  @Option(help: "Stage 2: weights of the loss over t: one, elbo, minsnr or edm.")
  var weighting = DiffusionOptions.Weighting.one

  @Option(help: "Stage 2: continuous positions, or the paper's grid.")
  var times = DiffusionOptions.Times.continuous

  @Option(help: "Stage 2: 1/τ, the distance over which the encoder's mean is differenced.")
  var trainingLevels = 1000

  @Option(help: "Stage 2: noisy states per encoded image.")
  var noisesPerImage = 4

  @Option(
    help: """
      Stage 2: hidden features of the denoiser of vector latents, or channels of the U-Net's first \
      level; default: what suits the latents.
      """)
  var denoiserWidth: Int?

  func validate() throws {
    guard (2...100_000).contains(trainingLevels) else {
      throw ValidationError("--training-levels is \(trainingLevels); it must be 2 to 100,000.")
    }
    guard (1...64).contains(noisesPerImage) else {
      throw ValidationError("--noises-per-image is \(noisesPerImage); it must be 1 to 64.")
    }
    guard denoiserWidth.map({ (8...8192).contains($0) }) ?? true else {
      throw ValidationError("--denoiser-width must be 8 to 8192.")
    }
  }

  /// All choices, with what the preset decides.
  func values(_ preset: Preset, _ learningRate: Double?) -> DiffusionOptions {
    var options = preset.diffusionOptions
    options.head = head
    options.weighting = weighting
    options.times = times
    options.stepCount = trainingLevels
    options.noisesPerImage = noisesPerImage
    options.width = denoiserWidth
    if let learningRate { options.learningRate = learningRate }
    return options
  }
}

/// The choices of the decoder's tuning, on the command line.
struct DecoderOptions: ParsableArguments {
  @Option(help: "Decoder: weight of the adversarial loss relative to the reconstruction.")
  var adversarialWeight = 0.5

  @Option(
    help: "Decoder: steps for the discriminator alone; default: 5,000 or a tenth of all, if less.")
  var warmUp: Int?

  @Option(help: "Decoder: features of the discriminator's first layer.")
  var discriminatorWidth = 64

  func validate() throws {
    guard (0...1000).contains(adversarialWeight) else {
      throw ValidationError("--adversarial-weight must lie between 0 and 1000.")
    }
    guard warmUp.map({ $0 >= 0 }) ?? true else {
      throw ValidationError("--warm-up must not be negative.")
    }
    guard (4...1024).contains(discriminatorWidth) else {
      throw ValidationError("--discriminator-width is \(discriminatorWidth); it must be 4 to 1024.")
    }
  }

  /// All choices.
  var values: DecoderSettings {
    var settings = DecoderSettings()
    settings.adversarialWeight = adversarialWeight
    settings.warmUpStepCount = warmUp
    settings.discriminatorWidth = discriminatorWidth
    return settings
  }
}

extension DiffusionOptions.Head: ExpressibleByArgument {}
extension DiffusionOptions.Weighting: ExpressibleByArgument {}
extension DiffusionOptions.Times: ExpressibleByArgument {}
