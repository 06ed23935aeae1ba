import ArgumentParser
import BenchSupport
import Datasets
import FoundationEssentials
import GenerationMetrics
import Results

/// `bench stats`: published reference statistics by name.
struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Lists and fetches published reference statistics, which 'bench fid' takes by name.",
    discussion: """
      A file of your own that lies in the cache's folder 'statistics' as NAME.npz has a name too.

      Examples:
        bench stats list
        bench stats info adm-imagenet256
        bench stats fetch edm-cifar10
        bench fid edm-cifar10 generated.npz
      """,
    subcommands: [List.self, Info.self, Fetch.self])
}

extension NamedStatistics {
  /// What is known of them, and where they lie on this machine.
  fileprivate var json: JSONValue {
    let path = path(cacheRoot: GlobalOptions.cacheRoot)
    return [
      "name": .string(name), "summary": .string(summary),
      "urls": .array(file.urls.map { .string($0) }), "size": .string(size),
      "bytes": file.byteCount.map { .integer($0) } ?? .null,
      "checksum": checksum.map { .string($0) } ?? .null, "protocol": .string(protocolID),
      "images": count.map { .integer($0) } ?? .null, "licence": .string(licence),
      "note": .string(note),
      "path": FileManager.default.fileExists(atPath: path) ? .string(path) : .null,
    ]
  }

  fileprivate var checksum: String? {
    switch file.checksum {
    case .md5(let digits): "md5:\(digits)"
    case .sha256(let digits): "sha256:\(digits)"
    case nil: nil
    }
  }
}

extension StatsCommand {
  /// `bench stats list`.
  struct List: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Lists the statistics that have a name, and where they lie on this machine.",
      discussion: """
        Examples:
          bench stats list
          bench stats list --json
        """)

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let own = NamedStatistics.own(cacheRoot: GlobalOptions.cacheRoot)
      var table = ResultTable(header: ["name", "images", "of", "protocol", "size", "here"])
      for item in NamedStatistics.all {
        let path = item.path(cacheRoot: GlobalOptions.cacheRoot)
        table.append([
          .init(item.name), .init(item.count.map { "\($0)" } ?? ""), .init(item.summary),
          .init(item.protocolID), .init(item.size),
          .init(FileManager.default.fileExists(atPath: path) ? path : ""),
        ])
      }
      for (name, path) in own { table.append([.init(name), "", "your own", "", "", .init(path)]) }
      try global.emit(
        [
          "statistics": .array(
            NamedStatistics.all.map(\.json)
              + own.map { ["name": .string($0.name), "path": .string($0.path)] })
        ], text: table.text())
    }
  }

  /// `bench stats info NAME`.
  struct Info: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Says what statistics are of, how they were made, where from, and on what terms.",
      discussion: """
        Examples:
          bench stats info adm-imagenet256
        """)

    @Argument(help: "Which; 'bench stats list' names them.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let item = try NamedStatistics.known(name)
      let path = item.path(cacheRoot: GlobalOptions.cacheRoot)
      let isHere = FileManager.default.fileExists(atPath: path)
      try global.emit(
        item.json,
        text: """
          \(item.name): \(item.summary), \(item.note)
          images    \(item.count.map { "\($0)" } ?? "not stated by the publisher")
          protocol  \(item.protocolID)
          from      \(item.file.urls[0]) (\(item.size))
          checksum  \(item.checksum ?? "none is published")
          licence   \(item.licence)
          here      \(isHere ? path : "no; 'bench stats fetch \(item.name)' gets it")
          """)
    }
  }

  /// `bench stats fetch NAME`.
  struct Fetch: BenchCommand {
    static let configuration = CommandConfiguration(
      abstract: "Downloads statistics, or copies them, and verifies what is known of them.",
      discussion: """
        A download that is interrupted goes on where it stopped when started again. Of a pickle (EDM2's), \
        arrays alone are read, and nothing in it is run.

        Examples:
          bench stats fetch edm-cifar10
          bench stats fetch adm-imagenet256 --from /media/references
        """)

    @Argument(help: "Which; 'bench stats list' names them.")
    var name: String

    @OptionGroup var fetching: FetchOptions

    @OptionGroup var global: GlobalOptions

    func execute() async throws {
      let item = try NamedStatistics.known(name)
      let result = try item.fetch(
        cacheRoot: GlobalOptions.cacheRoot, from: fetching.mirror(),
        options: fetching.download(isQuiet: global.quiet))
      let outcome =
        result.wasPresent
        ? "already there"
        : item.checksum == nil
          ? "fetched; no checksum is published, its SHA-256 is \(try Digest.ofFile(result.path))"
          : "fetched, checksum as published"
      try global.emit(
        [
          "name": .string(item.name), "path": .string(result.path),
          "was_present": .bool(result.wasPresent),
        ], text: "\(result.path): \(outcome)")
    }
  }
}
