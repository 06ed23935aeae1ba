import ArgumentParser
import BenchSupport
import Experiments
import Reference
import Results
import Torch

/// `bench perf`: the speed of the hot paths, as medians over repetitions.
struct PerfCommand: BenchCommand {
  static let configuration = CommandConfiguration(
    commandName: "perf",
    abstract: "Measure the speed of the hot paths on this machine.",
    discussion: """
      The table has, of every path that multiplies matrices or convolves, the floating-point operations in \
      these per item, their rate, and its share of the rate that a product of two large matrices in \
      single precision reaches in the same run.

      The kinds of paths: machine (plain work of libtorch, OpenBLAS and the processor to compare \
      with), train, encode, decode, sample, metric, generation, inception, dinov2-s, clip-b32, read, and \
      data with --dataset.

      Absolute times say little from one machine to the next; scripts/measure_performance.py runs \
      this command and the reference implementations in turn and reports the ratios, \
      scripts/check_speed.py compares ratios between paths with stated limits.

      Examples:
        bench perf
        bench perf --only machine:,train:beta-vae --repeats 30 --threads 2 --json
        bench perf --dataset celeba:tv --only data:
      """)

  @OptionGroup var global: GlobalOptions

  @Option(help: "Only these paths, or all whose names begin so; separated by commas.")
  var only = ""

  @Option(help: "Measured repetitions of each path.")
  var repeats = 10

  @Option(help: "Also opening and reading this dataset, which must be on the machine.")
  var dataset: String?

  @Option(
    help: "float32, or operands of convolutions and matrix products in tf32 (on CUDA) or bfloat16.")
  var precision = Precision.float32

  func validate() throws {
    guard (1...10_000).contains(repeats) else {
      throw ValidationError("--repeats is \(repeats); it must be 1 to 10,000.")
    }
  }

  private func paths() throws -> (chosen: [PerfPath], yardstick: PerfPath?) {
    let settings = PerfSettings(
      repeats: repeats, precision: precision, openDevice: { try global.openDevice() },
      threadCount: global.threadCount)
    let all = try PerfPath.all(settings, dataRoot: global.dataRoot, dataset: dataset)
    return (chosen(all), all.first { $0.name == PerfPath.matrixProduct })
  }

  private func chosen(_ all: [PerfPath]) -> [PerfPath] {
    let choices = only.split(separator: ",").map { $0.filter { $0 != " " } }
    let names = Set(all.map(\.name))
    return choices.isEmpty
      ? all
      : all.filter { path in
        choices.contains {
          names.contains($0) ? path.name == $0 : path.name.hasPrefix($0)
        }
      }
  }

  func execute() async throws {
    let (paths, yardstick) = try paths()
    guard !paths.isEmpty else {
      throw ValidationError("--only '\(only)': no path is called so or begins so.")
    }
    var progress = ProgressReporter("perf", total: paths.count, isQuiet: global.quiet)
    let records = try paths.enumerated().map { index, path in
      progress.update(index, detail: path.name)
      return try PerfRecord(measuring: path)
    }
    progress.finish()
    let limit = try matrixProductRate(records, yardstick)
    var table = ResultTable(
      header: ["path", "median ms", "spread ms", "items/s", "MFLOP/item", "GFLOP/s", "of limit"])
    for record in records {
      table.append([
        .init(record.path.name), .init((1000 * record.timing.median).fixed(2)),
        .init((1000 * record.timing.interquartileRange).fixed(2)), .init(record.rate.fixed(0)),
        .init(record.operationsPerItem.map { ($0 / 1e6).fixed(1) } ?? ""),
        .init(record.operationsPerSecond.map { ($0 / 1e9).fixed(1) } ?? ""),
        .init(share(of: record, limit).map { "\((100 * $0).fixed(0)) %" } ?? ""),
      ])
    }
    try global.emit(
      [
        "paths": .array(records.map(\.json)),
        "matrix_product_operations_per_second": limit.map { .number($0) } ?? .null,
        "threads": .integer(global.threadCount),
        "peak_memory_bytes": .integer(Host.peakMemoryBytes()),
        "host": .string(Host.current().cpu),
      ], text: table.text())
  }

  /// What this machine reaches at best: the rate of libtorch's product of large matrices in single precision, of
  /// the same run; nil where nothing is compared with it.
  private func matrixProductRate(_ records: [PerfRecord], _ yardstick: PerfPath?) throws -> Double?
  {
    guard records.contains(where: { $0.operationsPerSecond != nil }), let yardstick else {
      return nil
    }
    let own =
      try records.first { $0.path.name == yardstick.name } ?? PerfRecord(measuring: yardstick)
    return own.operationsPerSecond
  }

  private func share(of record: PerfRecord, _ limit: Double?) -> Double? {
    guard let rate = record.operationsPerSecond, let limit else { return nil }
    return rate / limit
  }
}
