public import BenchSupport
import FoundationEssentials

/// Where a result comes from: everything needed to make it again and to judge its cost.
public struct Provenance: Sendable, Equatable {
  /// The commit of this project.
  public var commit: String
  /// Versions by name: `bench`, `swift`, and of the libraries used, `libtorch` and `openblas`.
  public var versions: [String: String]
  /// The machine.
  public var host: Host
  /// The threads the run was allowed to use.
  public var threadCount: Int
  /// Seconds from start to end, over all sessions of a resumed run.
  public var wallSeconds: Double
  /// The most memory a process had resident during the run, in bytes; nil where it is not known.
  public var peakMemoryBytes: Int?
  /// When the run ended, in ISO 8601 with the time zone.
  public var date: String
  /// The command line, program name first.
  public var commandLine: [String]
  /// The configuration the run used.
  public var config: JSONValue

  /// Creates a record.
  public init(
    commit: String, versions: [String: String], host: Host, threadCount: Int, wallSeconds: Double,
    peakMemoryBytes: Int?, date: String, commandLine: [String], config: JSONValue = .object([:])
  ) {
    self.commit = commit
    self.versions = versions
    self.host = host
    self.threadCount = threadCount
    self.wallSeconds = wallSeconds
    self.peakMemoryBytes = peakMemoryBytes
    self.date = date
    self.commandLine = commandLine
    self.config = config
  }

  /// The record of a run of this process that ends now.
  ///
  /// - Parameters:
  ///   - versions: Versions of the libraries used, for instance `["libtorch": "2.11.0"]`; those of
  ///     bench and Swift are added.
  ///   - gpu: The graphics processor used; nil for none, which the caller has to know.
  ///   - wallSeconds: How long the run took.
  ///   - peakMemoryBytes: The most memory during the run; by default, that since the process began.
  ///   - config: The configuration used.
  /// - Returns: The record.
  public static func now(
    versions: [String: String] = [:], gpu: String?, wallSeconds: Double,
    peakMemoryBytes: Int? = Host.peakMemoryBytes(), config: JSONValue = .object([:])
  ) -> Provenance {
    Provenance(
      commit: SourceCommit.current(),
      versions: versions.merging(["bench": benchVersion, "swift": swiftVersion]) { given, _ in
        given
      },
      host: .current(gpu: gpu),
      threadCount: Parallel.threadCount,
      wallSeconds: wallSeconds,
      peakMemoryBytes: peakMemoryBytes,
      date: Date.now.formatted(.iso8601),
      // Where the program lay says nothing about the result, and references are published.
      commandLine: ["bench"] + CommandLine.arguments.dropFirst(),
      config: config)
  }
}

/// The version of this project.
public let benchVersion = "0.1.0"

/// The major and minor version of Swift's standard library, for instance `6.3`.
public let swiftVersion = "\(_SwiftStdlibVersion.current)".split(separator: ".").prefix(2)
  .joined(separator: ".")

extension Provenance {
  /// The record as JSON.
  public var json: JSONValue {
    [
      "commit": .string(commit),
      "versions": .object(versions.mapValues { .string($0) }),
      "host": [
        "cpu": .string(host.cpu), "cores": .integer(host.coreCount),
        "memory_bytes": .integer(host.memoryBytes), "gpu": host.gpu.map { .string($0) } ?? .null,
        "system": .string(host.system),
      ],
      "threads": .integer(threadCount),
      "wall_seconds": .number(wallSeconds),
      "peak_memory_bytes": peakMemoryBytes.map { .integer($0) } ?? .null,
      "date": .string(date),
      "command_line": .array(commandLine.map { .string($0) }),
      "config": config,
    ]
  }

  /// Reads a record.
  ///
  /// - Parameters:
  ///   - value: The JSON object.
  ///   - path: The file it comes from, for messages.
  /// - Throws: ``ResultError`` that names the field.
  public init(_ value: JSONValue, path: String) throws(ResultError) {
    let reader = try FieldReader(value, path: path, prefix: "provenance")
    let host = try reader.object("host")
    let date = try reader.string("date")
    guard (try? Date(date, strategy: .iso8601)) != nil else {
      throw reader.invalid("date", expected: "a date such as 2026-01-31T12:00:00Z")
    }
    self.init(
      commit: try reader.string("commit"),
      versions: try reader.texts("versions"),
      host: Host(
        cpu: try host.string("cpu"), coreCount: try host.integer("cores", minimum: 1),
        memoryBytes: try host.integer("memory_bytes"), gpu: try host.optionalString("gpu"),
        system: try host.string("system")),
      threadCount: try reader.integer("threads", minimum: 1),
      wallSeconds: try reader.number("wall_seconds"),
      peakMemoryBytes: try reader.optionalInteger("peak_memory_bytes"),
      date: date,
      commandLine: try reader.strings("command_line"),
      config: reader.optional("config") ?? .object([:]))
  }
}
