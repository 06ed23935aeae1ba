import BenchSupport
import FoundationEssentials
import Glibc

/// The machine a run was made on.
public struct Host: Sendable, Equatable {
  /// The processor's model name.
  public var cpu: String
  /// The processors this process may use.
  public var coreCount: Int
  /// The machine's memory, in bytes.
  public var memoryBytes: Int
  /// The graphics processor that was used; nil without one.
  public var gpu: String?
  /// The operating system's name and version.
  public var system: String

  /// Creates a description.
  public init(
    cpu: String, coreCount: Int, memoryBytes: Int, gpu: String? = nil, system: String
  ) {
    self.cpu = cpu
    self.coreCount = coreCount
    self.memoryBytes = memoryBytes
    self.gpu = gpu
    self.system = system
  }

  /// The machine this process runs on.
  ///
  /// - Parameter gpu: The graphics processor that is used, if any.
  /// - Returns: The description.
  public static func current(gpu: String? = nil) -> Host {
    let pageSize = sysconf(Int32(_SC_PAGESIZE))
    return Host(
      cpu: value(of: "model name", in: "/proc/cpuinfo", separator: ":") ?? "unknown",
      coreCount: Parallel.availableThreadCount,
      memoryBytes: sysconf(Int32(_SC_PHYS_PAGES)) * pageSize,
      gpu: gpu,
      system: value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=") ?? "Linux")
  }

  /// The most memory this process has had resident so far, in bytes.
  ///
  /// From `/proc`, because what `getrusage` reports begins with the memory of the program that
  /// started this one.
  public static func peakMemoryBytes() -> Int {
    if let kilobytes = value(of: "VmHWM", in: "/proc/self/status", separator: ":")?
      .split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    {
      return kilobytes * 1024
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_maxrss * 1024
  }

  private static func value(of key: String, in path: String, separator: Character) -> String? {
    // Files under /proc have no size, so they are read as text line by line.
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      guard let place = line.firstIndex(of: separator) else { continue }
      let value = line[line.index(after: place)...].drop { $0 == " " || $0 == "\"" }
      return String(value).trimmingSuffix { $0 == " " || $0 == "\"" }
    }
    return nil
  }
}

/// Which sources this program was built from.
public enum SourceCommit {
  /// The commit: `$BENCH_COMMIT` if set, else what the file `COMMIT` of an installed program holds, else
  /// what `git describe` says of the checkout the program was built in (a hash, with `-dirty`
  /// after uncommitted changes), else `unknown`.
  ///
  /// It is looked up when the program runs, because a file generated for each build would make
  /// every build compile and link anew. The price: after checking out another commit without
  /// building, the hash is that of the checkout.
  public static func current() -> String { lookedUp }

  private static let lookedUp: String = {
    if let commit = ProcessInfo.processInfo.environment["BENCH_COMMIT"], !commit.isEmpty {
      return commit
    }
    if let text = noted(in: ProgramLocation.share) { return text }
    guard !ProgramLocation.folder.isEmpty else { return "unknown" }
    var folder = URL(filePath: ProgramLocation.folder)
    while folder.path != "/" {
      let manifest = folder.appendingPathComponent("Package.swift").path
      if FileManager.default.fileExists(atPath: manifest) {
        let command = ["git", "-C", folder.path, "describe", "--always", "--dirty", "--abbrev=40"]
        let output = ChildProcess.output(of: command + ["--exclude=*"])
        return output?.trimmingSuffix { $0.isNewline } ?? "unknown"
      }
      folder.deleteLastPathComponent()
    }
    return "unknown"
  }()

  private static func noted(in folder: String) -> String? {
    let text = try? String(contentsOfFile: "\(folder)/COMMIT", encoding: .utf8)
    return text?.trimmingSuffix { $0.isNewline }
  }
}
