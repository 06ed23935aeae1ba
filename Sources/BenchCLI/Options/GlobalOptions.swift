import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import FoundationEssentials
@preconcurrency import Glibc
import MessagePassing
import Torch

/// The options every command has.
struct GlobalOptions: ParsableArguments {
  @Flag(help: "Print one JSON object on standard output and nothing else there.")
  var json = false

  @Flag(name: .shortAndLong, help: "Show no progress and no notes.")
  var quiet = false

  @Option(help: "Threads for everything; default: all cores, or this process's share of them.")
  var threads: Int?

  @Option(help: "auto, cpu or cuda[:INDEX].")
  var device = DeviceChoice.auto

  @Option(help: "Seed of every random choice.")
  var seed = 0

  @Option(
    help: "Folder with datasets; default: $BENCH_DATA, else ~/.cache/bench/data.",
    completion: .directory)
  var dataDir: String?

  @Option(
    help: """
      Folder for decoded pixels; default: beside the data, or $BENCH_CACHE, else ~/.cache/bench, where nothing \
      can be written there.
      """, completion: .directory)
  var cacheDir: String?

  func validate() throws {
    if let threads, !(1...4096).contains(threads) {
      throw ValidationError("--threads is \(threads); it must be 1 to 4096.")
    }
    guard seed >= 0 else { throw ValidationError("--seed is \(seed); it must not be negative.") }
  }

  /// The folder with datasets.
  var dataRoot: String { dataDir ?? Self.environment("BENCH_DATA") ?? "\(Self.cacheRoot)/data" }

  /// The folder for what is fetched or computed once.
  static var cacheRoot: String {
    environment("BENCH_CACHE") ?? "\(environment("HOME") ?? ".")/.cache/bench"
  }

  /// A variable of the environment; nil if it is unset or empty.
  static func environment(_ name: String) -> String? {
    let value = ProcessInfo.processInfo.environment[name]
    return value?.isEmpty == false ? value : nil
  }

  /// How many threads the command may use.
  var threadCount: Int {
    threads
      ?? Launch.current().threadCount(
        allowed: Parallel.availableThreadCount, machine: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  /// Runs `body` with that many threads for all loops in it, and caches where these options put them.
  func withSettings<Value>(_ body: () async throws -> Value) async rethrows -> Value {
    let folders = PixelCacheFolders(chosen: cacheDir, user: Self.cacheRoot)
    return try await PixelCacheFolders.$current.withValue(folders) {
      try await Parallel.$threadCount.withValue(threadCount) { try await body() }
    }
  }

  /// The environment of experiments that these options describe; notes and failures go to standard
  /// error.
  var environment: RunEnvironment {
    RunEnvironment(
      deviceName: "\(device)", threadCount: threadCount, isQuiet: quiet, cacheRoot: Self.cacheRoot,
      hear: { fputs("\($0)\n", stderr) }, hearFailure: { fputs("bench: \($0)\n", stderr) })
  }

  /// Loads libtorch, gives it the threads of this command and opens the device; for processes that
  /// work together, see ``RunEnvironment/openDevice(for:)``.
  func openDevice(for group: ProcessGroup = .alone) throws -> Device {
    try environment.openDevice(for: group)
  }

  /// Prints a note on standard error, unless `--quiet`.
  func note(_ text: String) {
    guard !quiet else { return }
    fputs("\(text)\n", stderr)
  }

  /// Opens a dataset or pictures and passes on what is to be known about them.
  func openDataset(_ name: String) throws -> any ImageDataset {
    let dataset = try DatasetCatalog.open(name, dataDirectory: dataRoot)
    for text in dataset.notes { note(text) }
    return dataset
  }

  /// Prints the result: JSON with `--json`, else text.
  func emit(_ json: @autoclosure () -> JSONValue, text: @autoclosure () -> String) throws {
    print(self.json ? try json().text() : text())
  }
}

/// Where tensors live.
enum DeviceChoice: ExpressibleByArgument, Equatable, CustomStringConvertible {
  /// CUDA where it works, else the processor.
  case auto
  /// The processor.
  case cpu
  /// A graphics processor, counted from 0; without a number the first one, or for each of several processes its own.
  case cuda(index: Int?)

  init?(argument: String) {
    switch argument {
    case "auto": self = .auto
    case "cpu": self = .cpu
    case "cuda": self = .cuda(index: nil)
    default:
      guard argument.hasPrefix("cuda:"), let index = Int(argument.dropFirst(5)), index >= 0 else {
        return nil
      }
      self = .cuda(index: index)
    }
  }

  var description: String {
    switch self {
    case .auto: "auto"
    case .cpu: "cpu"
    case .cuda(let index): index.map { "cuda:\($0)" } ?? "cuda"
    }
  }

  var defaultValueDescription: String { description }
}
