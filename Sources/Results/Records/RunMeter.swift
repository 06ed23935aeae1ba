import BenchSupport

/// What a run has taken so far, over all its sessions.
public struct RunUsage: Sendable, Equatable {
  /// Seconds that processes worked on it.
  public var wallSeconds: Double
  /// The most memory that one of them had resident meanwhile, in bytes; nil if that is not known of all.
  public var peakMemoryBytes: Int?

  /// States what a run has taken.
  public init(wallSeconds: Double, peakMemoryBytes: Int?) {
    self.wallSeconds = wallSeconds
    self.peakMemoryBytes = peakMemoryBytes
  }

  private var json: JSONValue {
    [
      "wall_seconds": .number(wallSeconds),
      "peak_memory_bytes": peakMemoryBytes.map { .integer($0) } ?? .null,
    ]
  }

  /// Reads `usage.json`.
  ///
  /// - Throws: `FileError` or ``ResultError``.
  fileprivate init(path: String) throws {
    let reader = try FieldReader(readJSON(path), path: path)
    let seconds = try reader.number("wall_seconds")
    guard seconds >= 0 else {
      throw reader.invalid("wall_seconds", expected: "a number of at least 0")
    }
    self.init(
      wallSeconds: seconds, peakMemoryBytes: try reader.optionalInteger("peak_memory_bytes"))
  }

  fileprivate func write(to path: String) throws {
    try AtomicFile.write(Array((json.text() + "\n").utf8), to: path)
  }
}

/// Measures a session of a run and adds it to those before, in `usage.json` of the run's folder.
///
/// A process that is killed leaves what the file said last: at most ten seconds less than it took, as
/// long as ``update()`` is called that often.
public final class RunMeter {
  private let path: String
  private let earlier: RunUsage
  private let memory = PeakMemory()
  private let start = ContinuousClock.now
  private var lastWrite = ContinuousClock.now

  /// Begins a session in a folder that exists and whose lock is held.
  ///
  /// - Parameters:
  ///   - folder: The run's folder.
  ///   - untracked: Seconds that the run is known to have taken where the folder has no such file
  ///     because an older version began it.
  /// - Throws: `FileError` or ``ResultError`` if the file cannot be read or written.
  public init(_ folder: RunDirectory, untracked: () throws -> Double) throws {
    path = folder.usagePath
    if folder.hasUsage {
      earlier = try RunUsage(path: path)
    } else {
      let seconds = try untracked()
      earlier = RunUsage(wallSeconds: seconds, peakMemoryBytes: seconds > 0 ? nil : 0)
    }
    try save()
  }

  /// What the run has taken so far, this session included.
  public var usage: RunUsage {
    let peak: Int? =
      if let before = earlier.peakMemoryBytes, let now = memory.bytes { max(before, now) } else {
        nil
      }
    return RunUsage(
      wallSeconds: earlier.wallSeconds + (ContinuousClock.now - start) / .seconds(1),
      peakMemoryBytes: peak)
  }

  /// Writes the file if ten seconds have passed since the last time.
  ///
  /// - Throws: `FileError`.
  public func update() throws {
    guard ContinuousClock.now - lastWrite >= .seconds(10) else { return }
    try save()
  }

  /// Writes the file.
  ///
  /// - Returns: What it says.
  /// - Throws: `FileError`.
  @discardableResult
  public func save() throws -> RunUsage {
    lastWrite = .now
    let usage = usage
    try usage.write(to: path)
    return usage
  }
}
