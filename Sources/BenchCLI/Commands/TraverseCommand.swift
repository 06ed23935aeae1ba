import ArgumentParser
import BenchSupport
import Datasets
import Disentanglement
import Experiments
import Reference
import Torch

/// `bench traverse`: what changes when a code moves along a direction.
struct TraverseCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "traverse",
    abstract: "Draw what changes when a code moves along latents, principal axes or a factor.",
    discussion: """
      Without --along, the axes are those on which the model is read: independent components for \
      multi-β models whose own mean nothing, else the latents. \
      Latents go from −2 to 2, principal axes and components to two standard deviations either way, factors and \
      attributes along the difference of their class means at the chosen noise level. With \
      --denoise every code is taken back to β = 0 before it is decoded, all of them with the same \
      noise.

      Examples:
        bench traverse --checkpoint runs/mine --out pictures
        bench traverse --checkpoint runs/mine --sigma 0.5 --denoise --animate --out pictures
        bench traverse --checkpoint runs/mine --along object_hue:0:5 --denoise --out pictures
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var source: CheckpointOptions
  @OptionGroup(title: "Denoising") var sampling: SamplerOptions

  @Option(help: "For models with a β axis: the posterior's deviation at which to traverse.")
  var sigma = 0.3

  @Option(help: "Which observation of the sample to start from.")
  var observation = 0

  @Option(
    help: """
      latents, pca, ica (independent components), or factors and attributes as NAME (from its first to its last value) or \
      NAME:LOW:HIGH, separated by commas.
      """)
  var along: String?

  @Flag(help: "Take every code back to β = 0 with the trained denoiser.")
  var denoise = false

  @Option(help: "noisy (the code plus its noise) or mean (the code alone).")
  var start = DenoisingStart.noisy

  @Flag(help: "Also write the traversals as an animated PNG.")
  var animate = false

  func validate() throws {
    guard sigma > 0, sigma < 1 else {
      throw ValidationError("--sigma is \(sigma); it must lie between 0 and 1.")
    }
    guard (0..<1000).contains(observation) else {
      throw ValidationError("--observation is \(observation); it must be 0 to 999.")
    }
  }

  func execute() async throws {
    let diffusion =
      denoise
      ? try TrainedDiffusion(
        folder: source.checkpoint, device: global.openDevice(),
        usesTunedDecoder: !sampling.originalDecoder) : nil
    let trained =
      try diffusion?.trained
      ?? TrainedModel(folder: source.checkpoint, device: global.openDevice())
    try trained.specification.definition.requireCodes()
    if let diffusion { global.noteUnfinished(diffusion.state) }
    let (dataset, pictures) = try source.pictures(of: trained, global)
    let points = try trained.model.points()
    let nearest = points.min { abs(($0.sigma ?? 0) - sigma) < abs(($1.sigma ?? 0) - sigma) }
    let point = try diffusion?.diffusion.point(sigma: sigma) ?? nearest ?? points[0]
    let measured = try measure(
      trained.model, at: [point], on: pictures.sample, device: trained.model.store.device)[0]
    let reach = trained.model.latentReach
    let along = along ?? usualAxes(of: trained, observationCount: measured.codes.sampleCount)
    let directions = try directions(
      along, measured, reach: reach, pictures.sample.indices, dataset)
    let code = try pictures.code(of: observation, at: point)
    let options = sampling.values(.ofCodes, seed: global.seed)
    try pictures.writeTraversals(
      directions, from: code,
      title: "Traversals" + (Self.titles[along] ?? " along \(along)") + " at \(point.label)"
        + (denoise ? ", denoised" : ""), isAnimated: animate,
      unit: along == "latents"
        ? reach ?? 2 : ["pca", "ica"].contains(along) ? 2 : LatentDirection.reach
    ) { codes in
      guard let diffusion else { return try trained.model.decode(codes, at: point) }
      return try LatentWalk(diffusion, options, start: start)
        .images(ofCodes: codes, at: point, sharesNoise: true)
    }
    let paths = ["traversals.png"] + (animate ? ["traversals.apng"] : [])
    let full = paths.map { "\(source.out)/\($0)" }
    try global.emit(
      ["pictures": .array(full.map { .string($0) })], text: full.joined(separator: "\n"))
  }

  private static let titles = [
    "latents": "", "pca": " along principal axes", "ica": " along independent components",
  ]

  /// The axes on which a model is read; its latents where there are too few observations to find components of them.
  private func usualAxes(of trained: TrainedModel, observationCount: Int) -> String {
    guard case .ica = trained.specification.definition.readout,
      10 * trained.model.latentCount <= observationCount
    else { return "latents" }
    return "ica"
  }

  private func directions(
    _ along: String, _ measured: PointMeasurement, reach: Double?, _ indices: [Int],
    _ dataset: any ImageDataset
  ) throws -> [LatentDirection] {
    switch along {
    case "latents": LatentDirection.latents(measured, reach: reach)
    case "pca": try LatentDirection.axes(.pca, of: measured.codes)
    case "ica": try LatentDirection.axes(.ica(seed: UInt64(global.seed)), of: measured.codes)
    default:
      try along.split(separator: ",").map {
        try LatentDirection.factor(String($0), measured.codes, indices, dataset)
      }
    }
  }
}
