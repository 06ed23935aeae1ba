public import BenchSupport
import FoundationEssentials
import Glibc

/// The folder of one run: `<root>/<dataset>/<model>/<preset>/seed-<n>/`.
public struct RunDirectory: Sendable, Equatable {
  /// The folder's path.
  public let path: String

  /// The folder of a run under `root`; nothing is created.
  ///
  /// - Throws: ``ResultError/invalidName(_:)`` if a name cannot be part of a path.
  public init(
    root: String, dataset: String, model: String, preset: String, seed: Int
  ) throws(ResultError) {
    for name in [dataset, model, preset] {
      let isPlain = name.allSatisfy { character in
        character.isASCII
          && (character.isLetter || character.isNumber || "._+:=,-".contains(character))
      }
      guard isPlain && !name.isEmpty && !name.hasPrefix(".") else { throw .invalidName(name) }
    }
    path = "\(root.trimmingSuffix { $0 == "/" })/\(dataset)/\(model)/\(preset)/seed-\(seed)"
  }

  /// A run folder that exists.
  public init(path: String) { self.path = path.trimmingSuffix { $0 == "/" } }

  /// The run's configuration.
  public var configPath: String { "\(path)/config.yaml" }
  /// One JSON object per line and training step.
  public var logPath: String { "\(path)/log.jsonl" }
  /// The newest checkpoint.
  public var checkpointPath: String { "\(path)/checkpoint" }
  /// Pictures.
  public var imagesPath: String { "\(path)/images" }
  /// The result; there only when the run is complete.
  public var resultPath: String { "\(path)/result.json" }

  /// What the run has taken so far.
  var usagePath: String { "\(path)/usage.json" }
  /// Whether it is known what the run has taken so far.
  var hasUsage: Bool { FileManager.default.fileExists(atPath: usagePath) }

  /// The code with which the run's command ended when a sweep last tried it; nil if it did not fail.
  var failure: Int? {
    guard let data = FileManager.default.contents(atPath: failurePath) else { return nil }
    return Int(String(decoding: data, as: UTF8.self))
  }

  /// Notes how the run's command failed, or that it has not.
  ///
  /// - Throws: `FileError` if the file cannot be written.
  func setFailure(_ code: Int?) throws(FileError) {
    if let code {
      try AtomicFile.write("\(code)".utf8, to: failurePath)
    } else {
      unlink(failurePath)
    }
  }

  private var failurePath: String { "\(path)/failed" }

  /// Whether the run has a result.
  public var isComplete: Bool { FileManager.default.fileExists(atPath: resultPath) }

  /// Creates the folder and takes it for this process.
  ///
  /// - Returns: A lock; the folder is free again when it goes out of scope or the process ends,
  ///   however it ends.
  /// - Throws: ``ResultError/cannotUse(folder:reason:)`` if the folder cannot be written,
  ///   ``ResultError/busy(folder:owner:)`` if another process has it.
  public func lock() throws(ResultError) -> FileLock {
    try create()
    do throws(FileError) {
      if let lock = try FileLock(ifFree: lockPath) { return lock }
    } catch {
      throw .cannotUse(folder: path, reason: error.reason)
    }
    throw .busy(folder: path, owner: FileLock.owner(of: lockPath))
  }

  /// Removes the folder with all that it holds, unless another process works in it: its lock would go with the folder.
  ///
  /// - Throws: As ``lock()``.
  public func remove() throws(ResultError) {
    guard FileManager.default.fileExists(atPath: path) else { return }
    let held = try self.lock()
    defer { held.release() }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw .cannotUse(folder: path, reason: "what it holds cannot be removed")
    }
  }

  /// Whether a process works in the folder now.
  var isInUse: Bool { FileLock.isTaken(lockPath) }

  private var lockPath: String { "\(path)/.lock" }

  /// Creates the folder.
  func create() throws(ResultError) {
    do {
      try FileManager.default.createDirectory(atPath: imagesPath, withIntermediateDirectories: true)
    } catch {
      throw .cannotUse(folder: path, reason: Self.reason(error))
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? CocoaError else { return "it cannot be created" }
    if let underlying = error.underlying as? POSIXError {
      return String(cString: strerror(underlying.code.rawValue))
    }
    return switch error.code {
    case .fileWriteNoPermission: "permission denied"
    case .fileWriteFileExists: "a file is in the way"
    case .fileWriteVolumeReadOnly: "the file system is read-only"
    case .fileWriteOutOfSpace: "the disk is full"
    default: "it cannot be created (\(error.code.rawValue))"
    }
  }

  /// Every run folder under `root` that has a result, in the order of their paths.
  public static func complete(under root: String) -> [RunDirectory] {
    guard let names = try? FileManager.default.subpathsOfDirectory(atPath: root) else { return [] }
    var folders: [String] = []
    for name in names where name.hasSuffix("/result.json") {
      folders.append("\(root)/\(name.dropLast("/result.json".count))")
    }
    return folders.sorted().map { RunDirectory(path: $0) }
  }
}
