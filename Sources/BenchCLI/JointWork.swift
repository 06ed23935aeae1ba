import BenchSupport
@preconcurrency import Glibc
import MessagePassing

/// Runs `body` together with the other processes of this launch, if there are any.
///
/// An error of one process ends all of them: the others would wait for it for ever. An interruption
/// is something all have agreed on.
func withProcessGroup(_ body: (ProcessGroup) async throws -> Void) async throws {
  let group = try ProcessGroup.join()
  do {
    try await body(group)
  } catch  where group.isJoint && !Bench.isInterruption(error) {
    letFirstProcessSpeak()
    fputs("bench: process \(group.rank) of \(group.size): \(error)\n", stderr)
    group.abort(code: 2)
  } catch {
    try group.leave()
    throw error
  }
  try group.leave()
}

/// Of several processes that end with the same error only the first is heard: the others wait until
/// its end has ended them, of which mpirun tells them with a signal.
func letFirstProcessSpeak() {
  guard Launch.current().rank > 0 else { return }
  sleep(1)
  if Interruption.isRequested { exit(2) }
}
