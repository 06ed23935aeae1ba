public import ArgumentParser
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

  @Option(help: "Stage 2: hidden features of the denoiser of vector latents.")
  var denoiserWidth = 512

  func validate() throws {
    guard (2...100_000).contains(trainingLevels) else {
      throw ValidationError("--training-levels is \(trainingLevels); it must be 2 to 100,000.")
    }
    guard (1...64).contains(noisesPerImage) else {
      throw ValidationError("--noises-per-image is \(noisesPerImage); it must be 1 to 64.")
    }
    guard (8...8192).contains(denoiserWidth) else {
      throw ValidationError("--denoiser-width is \(denoiserWidth); it must be 8 to 8192.")
    }
  }

  /// All choices, with what the preset decides.
  func values(_ preset: Preset, _ learningRate: Double?) -> DiffusionOptions {
    var options = DiffusionOptions()
    options.head = head
    options.weighting = weighting
    options.times = times
    options.stepCount = trainingLevels
    options.noisesPerImage = noisesPerImage
    options.width = denoiserWidth
    options.learningRate = learningRate ?? preset.learningRate
    options.averageDecay = preset == .quick ? 0.999 : 0.9999
    return options
  }
}

extension DiffusionOptions.Head: ExpressibleByArgument {}
extension DiffusionOptions.Weighting: ExpressibleByArgument {}
extension DiffusionOptions.Times: ExpressibleByArgument {}
