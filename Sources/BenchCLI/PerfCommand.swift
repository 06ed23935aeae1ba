import ArgumentParser
import BenchSupport
import Datasets
import Reference
import Results
import Torch

/// `bench perf`: the speed of the hot paths, as medians over repetitions.
struct PerfCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "perf",
    abstract: "Measure the speed of the hot paths on this machine.",
    discussion: """
      Absolute times say little from one machine to the next; scripts/compare_training.py runs \
      this command and PyTorch in turn and reports the ratio, scripts/compare_datasets.py and \
      Pillow.

      Examples:
        bench perf
        bench perf --only train:beta-vae --repeats 30 --threads 2 --json
        bench perf --dataset celeba:tv --only data:
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "Only the paths whose name begins so.")
  var only = ""

  @Option(help: "Measured repetitions of each path.")
  var repeats = 10

  @Option(help: "Also opening and reading this dataset, which must be on the machine.")
  var dataset: String?

  @Option(help: "float32, or bfloat16 operands in convolutions and matrix products.")
  var precision = PrecisionChoice.float32

  func validate() throws {
    guard (1...10_000).contains(repeats) else {
      throw ValidationError("--repeats is \(repeats); it must be 1 to 10,000.")
    }
  }

  /// One path: its name, the items one repetition handles, and its measurement.
  private struct Path {
    let name: String
    let itemCount: Int
    let measure: () throws -> Timing
  }

  private func paths() throws -> [Path] {
    let training = ModelCatalog.all.map { model in
      Path(name: "train:\(model.name)", itemCount: 64) {
        try timeTrainingStep(
          ModelSpecification(parsing: model.name), batchSize: 64, count: repeats,
          precision: precision.value, device: global.openDevice())
      }
    }
    let rendering = Path(name: "read:scenes3d", itemCount: 1024) {
      let scenes = Scenes3D()
      var start = 0
      return try Timing(count: repeats) {
        _ = try scenes.pixels(at: (0..<1024).map { (start + $0 * 463) % scenes.count })
        start += 1
      }
    }
    let data = try dataset.map { try dataPaths($0) } ?? []
    return (training + [rendering] + data).filter { $0.name.hasPrefix(only) }
  }

  /// Opening a dataset whose cache is there, shuffled batches of 64 out of it, and making its images
  /// from their files.
  private func dataPaths(_ name: String) throws -> [Path] {
    let directory = global.dataRoot
    let dataset = try DatasetCatalog.open(name, dataDirectory: directory)
    let opening = Path(name: "data:open:\(name)", itemCount: 1) {
      try Timing(count: repeats) { _ = try DatasetCatalog.open(name, dataDirectory: directory) }
    }
    let batchCount = 500
    let threadCount = global.threadCount
    let reading = Path(name: "data:batches:\(name)", itemCount: 64 * batchCount) {
      // It begins to read ahead as soon as it is there.
      let loader = BatchLoader(
        dataset: dataset, batchSize: 64, seed: 0, prefetchCount: 2 * threadCount,
        threadCount: threadCount)
      return try Timing(count: repeats) { for _ in 0..<batchCount { _ = try loader.next() } }
    }
    let pictures =
      dataset as? PictureDataset ?? (dataset as? AttributePictureDataset)?.pictures
    guard let pictures else { return [opening, reading] }
    let count = 1000
    let decoding = Path(name: "data:decode:\(name)", itemCount: count) {
      try Timing(count: repeats, warmUp: 1) {
        _ = try Parallel.tryMap(count) {
          try pictures.decoded(at: $0 % pictures.count).pixels.count
        }
      }
    }
    return [opening, reading, decoding]
  }

  func execute() async throws {
    let paths = try paths()
    guard !paths.isEmpty else { throw ValidationError("no path begins with '\(only)'.") }
    var progress = ProgressReporter("perf", total: paths.count, isQuiet: global.quiet)
    let measured = try paths.enumerated().map { index, path in
      progress.update(index, detail: path.name)
      return (path: path, timing: try path.measure())
    }
    var table = ResultTable(header: ["path", "median ms", "spread ms", "items/s"])
    for (path, timing) in measured {
      table.append([
        .init(path.name), .init((1000 * timing.median).fixed(2)),
        .init((1000 * timing.interquartileRange).fixed(2)),
        .init((Double(path.itemCount) / timing.median).fixed(0)),
      ])
    }
    let records = measured.map { path, timing -> JSONValue in
      [
        "name": .string(path.name), "items": .integer(path.itemCount),
        "median_seconds": .number(timing.median), "seconds": .numbers(timing.seconds),
      ]
    }
    try global.emit(
      [
        "paths": .array(records), "threads": .integer(global.threadCount),
        "peak_memory_bytes": .integer(Host.peakMemoryBytes()),
        "host": .string(Host.current().cpu),
      ], text: table.text())
  }
}
