import ArgumentParser
import BenchSupport
import Experiments
import Reference

/// `bench reconstruct`: observations beside their reconstructions.
struct ReconstructCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconstruct",
    abstract:
      "Draw observations beside their reconstructions, at several β where the model has them.",
    discussion: """
      Printed are PSNR, SSIM and, where its weights are, LPIPS of the observations drawn; for whole \
      sets of files there is 'bench fid --paired'.

      Examples:
        bench reconstruct --checkpoint runs/mine --out pictures
        bench reconstruct --checkpoint runs/mine --count 16 --out pictures
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var source: CheckpointOptions

  @Option(help: "Number of observations.")
  var count = 8

  func validate() throws {
    guard (1...1000).contains(count) else {
      throw ValidationError("--count is \(count); it must be 1 to 1000.")
    }
  }

  func execute() async throws {
    let (trained, pictures) = try source.open(global)
    try trained.specification.definition.requireCodes()
    let learned = try LearnedDistance(weights: nil, environment: global.environment)
    let qualities = try pictures.writeReconstructions(
      trained.model.points(), count: count, distance: learned.network)
    if case .missing(let reason) = learned { global.note("without LPIPS: \(reason)") }
    let path = "\(source.out)/reconstructions.png"
    try global.emit(
      [
        "pictures": [.string(path)],
        "reconstructions": .array(
          qualities.map { quality in
            [
              "point": .string(quality.point), "count": .integer(count),
              "psnr": quality.psnr.isFinite ? .number(quality.psnr) : .null,
              "ssim": quality.ssim.map { .number($0) } ?? .null,
              "lpips": quality.lpips.map { .number($0) } ?? .null,
              "lpips_protocol": learned.protocolID.map { .string($0) } ?? .null,
            ]
          }),
      ],
      text: qualities.map { quality in
        "\(quality.point): PSNR \(quality.psnr.fixed(2)) dB"
          + (quality.ssim.map { ", SSIM \($0.fixed(4))" } ?? "")
          + (quality.lpips.map { ", LPIPS \($0.fixed(4))" } ?? "")
      }.joined(separator: "\n") + "\n" + path)
  }
}
