import ArgumentParser
import BenchSupport
import Datasets
import Disentanglement
import Experiments
import Reference

/// `bench encode`: codes of observations into a file that `bench score` and numpy read.
struct EncodeCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Write the codes of observations, with their factors, for bench score and numpy.",
    discussion: """
      The observations are those that bench disentangle scores: 10,000 drawn from the dataset and, where \
      it has factors, 5,000 to test on (2,000 and 1,000 in the smoke preset). FILE holds 'codes' [sample, \
      latent] at one point of the model's β axis, 'factors' or 'attributes' with their names, \
      'test_codes', 'test_factors', the images' 'indices' in the dataset, and 'points', 'rates', 't' and \
      'sigma' of all points, where the model has them; with --spectrum also the codes of all points.

      Examples:
        bench encode --checkpoint runs/mine --out codes.npz && bench score codes.npz
        bench encode --checkpoint runs/mine --point 12 --out codes.npz
        bench encode --checkpoint runs/mine --spectrum --out spectrum.npz
        bench encode --checkpoint runs/mine --dataset ./flowers@64 --out codes.npz
        bench train --stage disco --out runs/mine && bench encode --checkpoint runs/mine --codes disco-axes --out codes.npz
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "A run folder, or a checkpoint folder itself.", completion: .directory)
  var checkpoint: String

  @Option(help: "The .npz file to write.", completion: .file(extensions: ["npz"]))
  var out: String

  @Option(help: "Another dataset, or a folder of images, instead of the model's own.")
  var dataset: String?

  @Option(help: "Observations to encode; half as many more to test on, where there are factors.")
  var count = 10_000

  @Option(
    help: "The point on the β axis, its number from 0 or its label; default: picked without labels."
  )
  var point: String?

  @Option(
    help: """
      Codes of a later stage instead of the model's own: disco (those of DisCo's encoder) or disco-axes (the \
      model's own along DisCo's directions).
      """)
  var codes: String?

  @Flag(help: "Also write the codes of all points: 'spectrum' [point, sample, latent].")
  var spectrum = false

  func validate() throws {
    guard (2...10_000_000).contains(count) else {
      throw ValidationError("--count is \(count); it must be 2 to 10,000,000.")
    }
  }

  func execute() async throws {
    let device = try global.openDevice()
    let trained = try TrainedModel(folder: checkpoint, device: device)
    if codes == nil { try trained.specification.definition.requireCodes() }
    let encoder = try codes.map { try trained.reading(named: $0, folder: checkpoint) }
    global.noteUnfinished(trained.state)
    let source = try global.openDataset(dataset ?? trained.context.dataset)
    guard source.imageShape == trained.context.imageShape else {
      throw ExperimentError.unsuitableDataset(
        name: source.name,
        reason: "its images are \(source.imageShape), the model's \(trained.context.imageShape)")
    }
    let sample = try ObservationSample(source, count: count, seed: UInt64(global.seed))
    var progress = ProgressReporter(
      "encode", total: sample.indices.count + sample.testIndices.count, isQuiet: global.quiet)
    let encoded = try EncodedSample(
      encoder ?? trained.model, sample, on: device, point: point
    ) { done in
      try Interruption.check()
      progress.update(done)
    }
    progress.finish()
    try encoded.write(to: out, withSpectrum: spectrum)
    let written = encoded.measurements[encoded.chosen].codes
    let label = encoded.measurements[encoded.chosen].point.label
    try global.emit(
      ["file": .string(out), "model": .string(trained.label), "codes": encoded.json],
      text: "\(out): \(written.sampleCount) codes of \(written.latentCount) latents at \(label)")
  }
}
