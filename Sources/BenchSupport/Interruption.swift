import Glibc
import Synchronization

/// The wish of the user or the scheduler that the process stops, so that work can be resumed later.
///
/// A command that polls calls ``listen()`` once. The first SIGINT or SIGTERM then only raises a
/// flag; loops ask for it once per batch and stop after saving. A second signal ends the process.
public enum Interruption {
  private static let signalNumber = Atomic<Int32>(0)
  private static let isAnnounced = Atomic(true)

  /// Whether a signal has asked the process to stop.
  public static var isRequested: Bool { signalNumber.load(ordering: .relaxed) != 0 }

  /// Ends a loop that was asked to stop.
  ///
  /// - Throws: ``Interrupted`` if a signal has arrived.
  public static func check() throws(Interrupted) {
    guard !isRequested else { throw Interrupted() }
  }

  /// From now on the first SIGINT or SIGTERM raises the flag instead of ending the process.
  ///
  /// - Parameter announces: Whether the signal is answered on standard error.
  public static func listen(announces: Bool = true) {
    // The handler may only touch what is initialised already.
    signalNumber.store(0, ordering: .relaxed)
    isAnnounced.store(announces, ordering: .relaxed)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { number in
      Interruption.signalNumber.store(number, ordering: .relaxed)
      guard Interruption.isAnnounced.load(ordering: .relaxed) else { return }
      var text: StaticString { "\nbench: stopping after this step; once more to stop at once.\n" }
      _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
    }
    // SA_RESETHAND is the sign bit of a 32-bit flag word.
    action.sa_flags = SA_RESTART | Int32(bitPattern: UInt32(truncatingIfNeeded: SA_RESETHAND))
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
  }
}

/// A loop stopped because a signal asked it to; what it had saved can be resumed.
public struct Interrupted: Error, Equatable, CustomStringConvertible {
  /// Creates the error.
  public init() {}

  /// One sentence.
  public var description: String { "interrupted; start the same command again to resume." }
}
