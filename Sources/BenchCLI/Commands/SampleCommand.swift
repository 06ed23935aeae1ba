import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import MessagePassing
import Reference
import Torch

/// `bench sample`: images from noise.
struct SampleCommand: BenchCommand {
  static let isResumable = true
  static let isJoint = true

  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draw images from noise with a trained model, all its stages.",
    discussion: """
      A sample depends on the seed and its number only, not on how many are drawn.

      Examples:
        bench sample --checkpoint runs/mine --out pictures
        bench sample --checkpoint runs/mine --count 1000 --sampler posterior --sampling-steps 250 \
      --images --out pictures
        mpirun -np 4 bench sample --checkpoint runs/mine --count 50000 --images --out pictures
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
    try await withProcessGroup { group in try execute(group) }
  }

  private func execute(_ group: ProcessGroup) throws {
    let global = global.speaking(in: group)
    let trained = try TrainedModel(
      folder: source.checkpoint, device: global.openDevice(for: group))
    if let error = CommandError(unused: sampling, by: trained.specification) { throw error }
    let options = sampling.values(.fromNoise, seed: global.seed)
    let takesOptions = trained.specification.definition.sampling?.takesOptions == true
    let generator = try ImageGenerator(
      trained, folder: source.checkpoint, options, skipsOptional: sampling.originalDecoder)
    let (dataset, pictures) = try source.pictures(
      of: trained, global)
    let start = ContinuousClock.now
    var shown: [[UInt8]] = []
    let drawing = SampleDrawing(
      generator: generator, shape: dataset.imageShape, isQuiet: global.quiet,
      group: group)
    if images { try createFolder("\(source.out)/images") }
    try drawing.forEachBatch(count: count) { batch, decoded in
      shown += zip(batch, decoded).lazy.filter { $0.0 < 100 }.map(\.1)
      guard images else { return }
      for (index, pixels) in zip(batch, decoded) {
        try PNG.write(
          RasterImage(shape: dataset.imageShape, pixels: pixels),
          to: "\(source.out)/images/\(SampleDrawing.fileName(index))")
      }
    }
    let size = dataset.imageShape.byteCount
    let bytes = try group.gather(shown.flatMap { $0 })
    guard group.isFirst else { return }
    shown = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<$0 + size]) }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    try pictures.writeGrid(shown, to: "samples.png")
    let path = "\(source.out)/samples.png"
    try global.emit(
      [
        "pictures": [.string(path)], "count": .integer(count), "seconds": .number(seconds),
        "images_per_second": .number(Double(count) / seconds),
        "sampling": takesOptions ? options.json : .null,
        "processes": .integer(group.size),
      ],
      text: "\(path)\n\(count) images in \(duration(seconds))")
  }
}
