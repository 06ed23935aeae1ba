import BenchSupport
import Experiments
@preconcurrency import Glibc
import MessagePassing

/// Runs `body` together with the other processes of this launch, if there are any.
///
/// An error of one process ends all of them: the others would wait for it for ever.
///
/// - Parameters:
///   - stopsTogether: Whether an interruption is something that all agree on, as in training; else
///     that of one process ends all of them too.
///   - body: The work.
/// - Throws: What `body` throws, and ``ProcessGroupError``.
func withProcessGroup(
  stopsTogether: Bool = false, _ body: (ProcessGroup) async throws -> Void
) async throws {
  let group = try ProcessGroup.join()
  do {
    try await body(group)
  } catch  where group.isJoint && !(stopsTogether && RunEnvironment.isInterruption(error)) {
    letFirstProcessSpeak()
    fputs("bench: process \(group.rank) of \(group.size): \(error)\n", stderr)
    group.abort(code: RunEnvironment.isInterruption(error) ? 130 : 2)
  } catch {
    try group.leave()
    throw error
  }
  try group.leave()
}

extension GlobalOptions {
  /// The options for one of several processes: only the first speaks.
  func speaking(in group: ProcessGroup) -> GlobalOptions {
    var options = self
    options.quiet = quiet || !group.isFirst
    return options
  }
}

/// Of several processes that end with the same error only the first is heard: the others wait until
/// its end has ended them, of which mpirun tells them with a signal.
func letFirstProcessSpeak() {
  guard Launch.current().rank > 0 else { return }
  sleep(1)
  if Interruption.isRequested { exit(2) }
}
