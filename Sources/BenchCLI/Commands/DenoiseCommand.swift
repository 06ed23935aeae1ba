import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import GenerationMetrics
import Reference
import Results
import Torch

/// `bench denoise`: from the codes of observations at several β back to sharp images.
struct DenoiseCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "denoise",
    abstract: "Encode observations at several β and walk back to β = 0, with figures.",
    discussion: """
      The picture has a column for every noise level and, for every observation, a row decoded as \
      encoded and a row denoised first. The figures compare both over a larger sample.

      Examples:
        bench denoise --checkpoint runs/mine --out pictures
        bench denoise --checkpoint runs/mine --sigmas 0.2,0.5,0.8 --start mean --out pictures
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var source: CheckpointOptions
  @OptionGroup var sampling: SamplerOptions

  @Option(help: "Noise levels σ to start from, separated by commas.")
  var sigmas = "0.1,0.3,0.5,0.7,0.9"

  @Option(help: "noisy (the code plus its noise) or mean (the code alone).")
  var start = DenoisingStart.noisy

  @Option(help: "Observations in the picture.")
  var count = 5

  @Option(help: "Observations for the figures; 0 for none.")
  var measure = 500

  func validate() throws {
    guard (1...200).contains(count) else {
      throw ValidationError("--count is \(count); it must be 1 to 200.")
    }
    guard measure == 0 || (50...10_000).contains(measure) else {
      throw ValidationError("--measure is \(measure); it must be 0 or 50 to 10,000.")
    }
    _ = try levels()
  }

  private func levels() throws -> [Double] {
    try sigmas.split(separator: ",").map { text in
      guard let sigma = Double(text), sigma > 0, sigma < 1 else {
        throw ValidationError("--sigmas has '\(text)'; noise levels lie between 0 and 1.")
      }
      return sigma
    }
  }

  func execute() async throws {
    let opened = try DiffusionSource(source, sampling, global)
    let options = sampling.values(.ofCodes, seed: global.seed)
    let levels = try levels()
    try opened.pictures.writeDenoised(
      LatentWalk(opened.trained, options, start: start), sigmas: levels, count: count)
    guard measure > 0 else {
      let path = "\(source.out)/denoised.png"
      return try global.emit(["pictures": [.string(path)]], text: path)
    }
    var progress = ProgressReporter(
      "denoise", total: levels.count, isQuiet: global.quiet)
    let evaluation = try DenoisingEvaluation(
      opened.trained, opened.pictures.sample, count: measure)
    let rows = try levels.enumerated().map { index, sigma in
      try Interruption.check()
      progress.update(index, detail: "σ = \(sigma.fixed(2))")
      return try evaluation.row(sigma: sigma, start: start, options)
    }
    progress.finish()
    try opened.pictures.write(DenoisingEvaluation.plot(rows), to: "smoothness")
    let pictures = ["denoised.png", "smoothness.svg"].map { "\(source.out)/\($0)" }
    try global.emit(
      [
        "pictures": .array(pictures.map { .string($0) }), "sampling": options.json,
        "start": .string(start.rawValue), "count": .integer(measure),
        "features": .string(BenchFeatures.name),
        "sharpness_of_data": .number(evaluation.dataSharpness),
        "frechet_of_data": .number(evaluation.dataDistance),
        "levels": .array(rows.map(\.json)),
      ],
      text: DenoisingEvaluation.table(rows, evaluation).text() + "\n"
        + pictures.joined(separator: "\n"))
  }
}
