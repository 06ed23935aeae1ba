import ArgumentParser
import BenchSupport
import Datasets
import Reference
import Torch

/// `bench sample`: images from noise.
struct SampleCommand: BenchCommand {
  static let isResumable = true

  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw images from noise with a trained denoiser.",
    discussion: """
      A sample depends on the seed and its number only, not on how many are drawn.

      Examples:
        bench sample --checkpoint runs/mine --out pictures
        bench sample --checkpoint runs/mine --count 1000 --sampler posterior --sampling-steps 250 \
      --images --out pictures
      """)

  @OptionGroup var global: GlobalOptions
  @OptionGroup var source: CheckpointOptions
  @OptionGroup var sampling: SamplerOptions

  @Option(help: "Number of images.")
  var count = 64

  @Flag(help: "Also write every image as a file of its own, under images/.")
  var images = false

  func validate() throws {
    guard (1...1_000_000).contains(count) else {
      throw ValidationError("--count is \(count); it must be 1 to 1,000,000.")
    }
  }

  func execute() async throws {
    let opened = try DiffusionSource(source, sampling, global)
    let (trained, pictures) = (opened.trained, opened.pictures)
    let options = sampling.values(seed: global.seed)
    let start = ContinuousClock.now
    var progress = ProgressReporter("sample", total: count, isQuiet: global.quiet)
    var shown: [[UInt8]] = []
    if images { try createFolder("\(source.out)/images") }
    for first in stride(from: 0, to: count, by: options.batchSize) {
      let part = first..<min(first + options.batchSize, count)
      let latents = try trained.diffusion.generate(part, options) { done, total in
        try Interruption.check()
        progress.update(first + part.count * done / total)
      }
      let decoded = try pictures.pixels(withoutGradients { try trained.decode(latents) })
      shown += decoded.prefix(max(0, 100 - shown.count))
      if images {
        for (index, pixels) in zip(part, decoded) {
          try PNG.write(
            RasterImage(shape: opened.dataset.imageShape, pixels: pixels),
            to: "\(source.out)/images/\(Self.fileName(index))")
        }
      }
    }
    progress.finish()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let columns = min(10, shown.count)
    let rows = stride(from: 0, to: shown.count, by: columns).map {
      Array(shown[$0..<min($0 + columns, shown.count)])
    }
    try pictures.write(rows, columnLabels: [], to: "samples.png")
    let path = "\(source.out)/samples.png"
    try global.emit(
      [
        "pictures": [.string(path)], "count": .integer(count), "seconds": .number(seconds),
        "images_per_second": .number(Double(count) / seconds), "sampling": sampling.json,
      ],
      text: "\(path)\n\(count) images in \(duration(seconds))")
  }

  private static func fileName(_ index: Int) -> String {
    let digits = "\(index)"
    return String(repeating: "0", count: max(0, 6 - digits.count)) + digits + ".png"
  }
}
