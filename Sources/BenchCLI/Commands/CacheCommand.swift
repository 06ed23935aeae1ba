import ArgumentParser
import BenchSupport
import Experiments
import Results

/// `bench cache`: features that were computed before.
struct CacheCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Lists and removes features of pictures that 'bench fid' computed before.",
    discussion: """
      They lie in the folder 'features' of $BENCH_CACHE, else ~/.cache/bench, and take at most \
      \(FeatureCache.limit >> 30) GiB: those that were not used for longest go first. 'bench fid --no-cache' \
      neither reads nor writes them.

      Examples:
        bench cache list
        bench cache clear
      """,
    subcommands: [List.self, Clear.self])
}

extension CacheCommand {
  private static var cache: FeatureCache { FeatureCache(cacheRoot: GlobalOptions.cacheRoot) }

  /// `bench cache list`.
  struct List: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists what is kept, what was used last first.",
      discussion: """
        Examples:
          bench cache list
          bench cache list --json
        """)

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let entries = CacheCommand.cache.entries()
      var table = ResultTable(header: ["MB", "pictures", "protocol"])
      for entry in entries {
        table.append([
          .init((Double(entry.byteCount) / 1e6).fixed(1)), .init(entry.source),
          .init(entry.protocolID),
        ])
      }
      try global.emit(
        [
          "features": .array(
            entries.map {
              [
                "source": .string($0.source), "protocol": .string($0.protocolID),
                "path": .string($0.path), "bytes": .integer($0.byteCount),
              ]
            })
        ], text: entries.isEmpty ? "nothing is kept" : table.text())
    }
  }

  /// `bench cache clear`.
  struct Clear: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Removes everything that is kept.",
      discussion: """
        Examples:
          bench cache clear
        """)

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let entries = CacheCommand.cache.entries()
      try CacheCommand.cache.clear()
      let bytes = entries.reduce(0) { $0 + $1.byteCount }
      try global.emit(
        ["removed": .integer(entries.count), "bytes": .integer(bytes)],
        text: "\(entries.count) sets of features removed, \((Double(bytes) / 1e6).fixed(1)) MB")
    }
  }
}
