public import ArgumentParser
import BenchSupport
import Datasets
import Experiments
import FoundationEssentials
public import GenerationMetrics

/// `bench weights`: the networks that generation metrics need, and how to get them.
struct WeightsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weights",
    abstract: "Lists and fetches the weights of the networks that generation metrics need.",
    discussion: """
      Examples:
        bench weights list
        bench weights fetch inception
        bench weights fetch inception --from ~/Downloads
      """,
    subcommands: [List.self, Fetch.self])
}

extension KnownWeights: ExpressibleByArgument {}

extension WeightsCommand {
  /// `bench weights list`.
  struct List: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the weights and where they lie on this machine.",
      discussion: """
        Looked for in this order: $BENCH_WEIGHTS (a file or a folder), torch's cache, and the folder
        that 'bench weights fetch' fills.

        Examples:
          bench weights list
          bench weights list --json
        """)

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let rows = KnownWeights.allCases.map { weights in
        (
          weights,
          weights.presentPath(
            environment: ProcessInfo.processInfo.environment, cacheRoot: GlobalOptions.cacheRoot)
        )
      }
      try global.emit(
        [
          "weights": .array(
            rows.map { weights, path in
              [
                "name": .string(weights.rawValue), "network": .string(weights.networkName),
                "purpose": .string(weights.purpose), "size": .string(weights.size),
                "urls": .array(weights.file.urls.map { .string($0) }),
                "sha256": weights.file.checksum.map { .string($0.digits) } ?? .null,
                "path": path.map { .string($0) } ?? .null,
              ]
            })
        ],
        text: rows.map { weights, path in
          "\(weights.rawValue.padded(to: 12)) \(weights.size.padded(to: 8)) "
            + "\(weights.networkName.padded(to: 26)) \(path ?? "missing")"
        }
        .joined(separator: "\n"))
    }
  }

  /// `bench weights fetch NAME`.
  struct Fetch: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract:
        "Downloads weights, or copies them, and verifies their SHA-256 where it is published.",
      discussion: """
        A download that is interrupted goes on where it stopped when started again.

        Examples:
          bench weights fetch inception
          bench weights fetch vgg16 --from /media/models
          bench weights fetch dinov2-s
        """)

    @Argument(help: "Which: \(KnownWeights.allCases.map(\.rawValue).joined(separator: ", ")).")
    var name: KnownWeights

    @OptionGroup var fetching: FetchOptions

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let result = try name.fetch(
        cacheRoot: GlobalOptions.cacheRoot, from: fetching.mirror(),
        options: fetching.download(isQuiet: global.quiet))
      let words = try said(of: result)
      try global.emit(
        [
          "name": .string(name.rawValue), "path": .string(result.path),
          "was_present": .bool(result.wasPresent),
        ],
        text: "\(result.path): \(words)")
    }

    private func said(of result: (path: String, wasPresent: Bool)) throws -> String {
      guard !result.wasPresent else { return "already there" }
      guard name.file.checksum == nil else { return "fetched, checksum as published" }
      return "fetched; no checksum is published, its SHA-256 is \(try Digest.ofFile(result.path))"
    }
  }
}
