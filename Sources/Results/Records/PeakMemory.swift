import BenchSupport
import Glibc

/// The most memory this process has resident from a moment on.
///
/// The system keeps one such mark per process: a new measurement ends the one before.
public struct PeakMemory: Sendable {
  private let isMeasured: Bool

  /// Begins a measurement.
  ///
  /// Memory that is free by then is given back to the system, so as not to count.
  public init() {
    ProcessSettings.releaseFreeMemory()
    // See proc_pid_clear_refs(5).
    let descriptor = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC)
    isMeasured = descriptor >= 0 && write(descriptor, "5", 1) == 1
    if descriptor >= 0 { close(descriptor) }
  }

  /// The most so far, in bytes; nil where the system keeps the mark of the whole process only.
  public var bytes: Int? { isMeasured ? Host.peakMemoryBytes() : nil }
}
