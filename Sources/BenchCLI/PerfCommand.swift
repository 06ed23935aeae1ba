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
      this command and PyTorch in turn and reports the ratio.

      Examples:
        bench perf
        bench perf --only train:beta-vae --repeats 30 --threads 2 --json
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "Only the paths whose name begins so.")
  var only = ""

  @Option(help: "Measured repetitions of each path.")
  var repeats = 10

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
    return (training + [rendering]).filter { $0.name.hasPrefix(only) }
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
        "host": .string(Host.current().cpu),
      ], text: table.text())
  }
}
