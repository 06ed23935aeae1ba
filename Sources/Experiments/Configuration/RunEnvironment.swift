import BenchSupport
public import MessagePassing
import Reference
public import Torch

/// Where experiments compute, with whom, and who hears of it.
public struct RunEnvironment: Sendable {
  /// `auto`, `cpu` or `cuda[:INDEX]`.
  public var deviceName: String
  /// Threads for everything.
  public var threadCount: Int
  /// Shows no progress and passes on no notes.
  public var isQuiet: Bool
  /// The folder for what is fetched or computed once.
  public var cacheRoot: String
  /// Takes notes, one line each, on what happens.
  public var hear: @Sendable (String) -> Void
  /// Takes what went wrong with one of several runs while the others go on.
  public var hearFailure: @Sendable (String) -> Void

  /// An environment that is quiet and lets failures pass unless told otherwise.
  ///
  /// - Parameters:
  ///   - deviceName: `auto`, `cpu` or `cuda[:INDEX]`.
  ///   - threadCount: Threads for everything; nil for all that this process may use.
  ///   - isQuiet: Shows no progress and passes on no notes.
  ///   - cacheRoot: The folder for what is fetched or computed once.
  ///   - hear: Takes notes.
  ///   - hearFailure: Takes failures of single runs.
  public init(
    deviceName: String = "auto", threadCount: Int? = nil, isQuiet: Bool = true,
    cacheRoot: String = ".bench-cache", hear: @escaping @Sendable (String) -> Void = { _ in },
    hearFailure: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.deviceName = deviceName
    self.threadCount = threadCount ?? Parallel.availableThreadCount
    self.isQuiet = isQuiet
    self.cacheRoot = cacheRoot
    self.hear = hear
    self.hearFailure = hearFailure
  }

  /// Passes on a note, unless quiet.
  package func note(_ text: String) {
    if !isQuiet { hear(text) }
  }

  /// Loads libtorch, gives it the threads and opens the device.
  ///
  /// - Throws: `TorchError`.
  public func openDevice() throws -> Device {
    let device = try Device(named: deviceName)
    try Libtorch.setThreadCount(threadCount)
    return device
  }

  /// The same for processes that work together: on processors, unless `cuda` gives each a graphics processor of its
  /// own, that of its number on its machine.
  ///
  /// - Throws: `TorchError`, and ``TrainingError/severalProcesses(onDevice:)``.
  public func openDevice(for group: ProcessGroup) throws -> Device {
    guard group.isJoint else { return try openDevice() }
    guard !deviceName.hasPrefix("cuda:") else {
      throw TrainingError.severalProcesses(onDevice: deviceName)
    }
    try Libtorch.setThreadCount(threadCount)
    guard deviceName == "cuda" else { return .cpu }
    return try Device(named: "cuda:\(Launch.current().localRank)")
  }

  /// Whether an error means that a signal stopped the work, which can be resumed.
  public static func isInterruption(_ error: any Error) -> Bool {
    if case .interrupted? = error as? TrainingError { return true }
    return error is Interrupted
  }
}
